import { assertNever } from '../assert-never.ts'
import type {
  Axis,
  CommandPart,
  Definition,
  Expression,
  ExpressionOf,
  From,
  Prefix,
  Property,
  Segment,
  Select,
  StatementBody,
  Statement,
  Step,
} from './ast.ts'

/**
 * The tree as text, in one spelling: keywords in capitals, formulas without quotes, strings in double quotes. Reading it
 * again gives the same tree, and printing that the same text.
 */
export const printStatements = (statements: readonly Statement[]): string =>
  statements.map(({ body }) => printStatement(body)).join(';\n')

const EXPRESSION: { readonly [K in Expression['kind']]: (expression: ExpressionOf<K>) => string } = {
  path: ({ segments }) => printPath(segments),
  access: ({ base, steps }) => printExpression(base) + steps.map(printStep).join(''),
  call: ({ name, args }) => `${name.map(({ text }) => text).join('!')}(${printList(args)})`,
  string: ({ value }) => `"${value.replaceAll('"', '""')}"`,
  number: ({ raw }) => raw,
  null: () => 'NULL',
  parameter: ({ name }) => `@${name}`,
  set: ({ elements }) => `{${printList(elements)}}`,
  tuple: ({ elements }) => `(${printList(elements)})`,
  operation: ({ operands, operators }) =>
    operands.map((operand, i) => (i === 0 ? '' : ` ${operators[i - 1] ?? ''} `) + printExpression(operand)).join(''),
  prefix: ({ operator, operand }) => printPrefix(operator, printExpression(operand)),
  case: ({ subject, branches, otherwise }) =>
    [
      'CASE',
      ...(subject === null ? [] : [printExpression(subject)]),
      ...branches.map(({ when, result }) => `WHEN ${printExpression(when)} THEN ${printExpression(result)}`),
      ...(otherwise === null ? [] : [`ELSE ${printExpression(otherwise)}`]),
      'END',
    ].join(' '),
  alias: ({ expression, name }) => `${printExpression(expression)} AS ${name.text}`,
  empty: () => '',
}

export function printExpression<K extends Expression['kind']>(expression: ExpressionOf<K>): string {
  const print: (expression: ExpressionOf<K>) => string = EXPRESSION[expression.kind]
  return print(expression)
}

/** Two minus signs in a row would begin a comment. */
const printPrefix = (operator: Prefix, operand: string): string =>
  (operator === '-' || operator === '+') && !/^[-+]/.test(operand) ? operator + operand : `${operator} ${operand}`

const printList = (expressions: readonly Expression[]): string => expressions.map((e) => printExpression(e)).join(', ')

const printPath = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('.')

function printStep(step: Step): string {
  switch (step.kind) {
    case 'property':
      return `.${step.name.text}`
    case 'method':
      return `.${step.name.text}(${printList(step.args)})`
    case 'item':
      return `.(${printList(step.args)})`
    default:
      return assertNever(step)
  }
}

const STATEMENT: { readonly [K in StatementBody['kind']]: (body: Extract<StatementBody, { kind: K }>) => string } = {
  select: printSelect,
  drillthrough: ({ maxRows, firstRowset, select, returns }) =>
    joined(
      'DRILLTHROUGH',
      maxRows && `MAXROWS ${printExpression(maxRows)}`,
      firstRowset && `FIRSTROWSET ${printExpression(firstRowset)}`,
      printSelect(select),
      returns.length > 0 && `RETURN ${printList(returns)}`,
    ),
  explain: ({ statement }) => `EXPLAIN PLAN FOR ${printStatement(statement)}`,
  dmv: ({ rowset, columns, restrictions, where, order }) =>
    joined(
      `SELECT ${columns.join(' ')} FROM`,
      restrictions.length > 0
        ? `SYSTEMRESTRICTSCHEMA(${printExpression(rowset)}, ${printList(restrictions)})`
        : printExpression(rowset),
      where && `WHERE ${printExpression(where)}`,
      order.length > 0 && `ORDER BY ${order.join(' ')}`,
    ),
  create: ({ scope, definition }) => joined('CREATE', ...scope, printDefinition(definition)),
  update: ({ cube, assignments }) =>
    `UPDATE CUBE ${printExpression(cube)} SET ${assignments
      .map(({ cell, value, allocation, weight }) =>
        joined(
          `${printExpression(cell)} = ${printExpression(value)}`,
          allocation?.text,
          weight && `BY ${printExpression(weight)}`,
        ),
      )
      .join(', ')}`,
  procedure: ({ expression }) => `CALL ${printExpression(expression)}`,
  command: ({ words, parts }) => joined(...words, ...parts.map(printPart)),
}

function printStatement<K extends StatementBody['kind']>(body: Extract<StatementBody, { kind: K }>): string {
  const print: (body: Extract<StatementBody, { kind: K }>) => string = STATEMENT[body.kind]
  return print(body)
}

const printPart = (part: CommandPart): string => (part.kind === 'sign' ? part.text : printExpression(part))

function printSelect(select: Select): string {
  return joined(
    select.definitions.length > 0 && `WITH ${select.definitions.map(printDefinition).join(' ')}`,
    'SELECT',
    select.axes.map(printAxis).join(', '),
    `FROM ${printFrom(select.from)}`,
    select.slicer && `WHERE ${printExpression(select.slicer)}`,
    select.sapVariables.length > 0 &&
      `SAP VARIABLES ${select.sapVariables
        .map(({ name, excluding, value }) =>
          joined(printExpression(name), excluding ? 'EXCLUDING' : 'INCLUDING', printExpression(value)),
        )
        .join(', ')}`,
    select.cellProperties.length > 0 && `CELL PROPERTIES ${printList(select.cellProperties)}`,
  )
}

const printAxis = ({ nonEmpty, set, having, dimensionProperties, number }: Axis): string =>
  joined(
    nonEmpty && 'NON EMPTY',
    printExpression(set),
    having && `HAVING ${printExpression(having)}`,
    dimensionProperties.length > 0 && `DIMENSION PROPERTIES ${printList(dimensionProperties)}`,
    `ON ${number}`,
  )

const printFrom = (from: From): string =>
  from.kind === 'cube'
    ? printExpression(from.name)
    : `${from.nonVisual ? 'NON VISUAL ' : ''}(${printSelect(from.select)})`

function printDefinition(definition: Definition): string {
  const words = { member: 'MEMBER', set: 'SET', 'cell-calculation': 'CELL CALCULATION' }[definition.kind]
  return joined(
    words,
    printExpression(definition.name),
    definition.kind === 'cell-calculation' && `FOR ${printExpression(definition.scope)}`,
    `AS ${printExpression(definition.formula)}${definition.properties.map(printProperty).join('')}`,
  )
}

const printProperty = ({ name, value }: Property): string => `, ${name.text} = ${printExpression(value)}`

const joined = (...parts: readonly (string | false | null | undefined)[]): string =>
  parts.filter((part) => part !== false && part !== null && part !== undefined && part !== '').join(' ')
