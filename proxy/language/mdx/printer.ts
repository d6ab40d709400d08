import { assertNever } from '../assert-never.ts'
import type {
  Axis,
  CommandPart,
  Definition,
  Expression,
  ExpressionOf,
  From,
  Path,
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
  parameter: ({ name }) => printParameter(name),
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

/** What is no name stands in a template, as it came. */
function printParameter(name: string): string {
  if (/^[\p{L}_][\p{L}\d_]*$/u.test(name)) return `@${name}`
  if (name.startsWith('<')) return name
  return name.includes(']') ? `\${${name}}` : `$[${name}]`
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
  create: ({ scope, definitions }) => joined('CREATE', ...scope, definitions.map(printDefinition).join(', ')),
  subcube: ({ cube, select }) => `CREATE SUBCUBE ${printExpression(cube)} AS ${printSelect(select)}`,
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
    select.filterBy && `FILTERBY ${printExpression(select.filterBy)}`,
    select.sapVariables.length > 0 &&
      `SAP VARIABLES ${select.sapVariables
        .map(({ name, excluding, operator, value }) =>
          joined(printExpression(name), excluding ? 'EXCLUDING' : 'INCLUDING', operator, printExpression(value)),
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
  if (definition.kind === 'measure') return printMeasure(definition.name, definition.formula.elements)
  return joined(
    DEFINITION_WORDS[definition.kind],
    printExpression(definition.name) + (definition.kind === 'function' ? '()' : ''),
    definition.kind === 'cell-calculation' && `FOR ${printExpression(definition.scope)}`,
    `AS ${printExpression(definition.formula)}${definition.properties.map(printProperty).join('')}`,
  )
}

const DEFINITION_WORDS = {
  member: 'MEMBER',
  set: 'SET',
  function: 'FUNCTION',
  'cell-calculation': 'CELL CALCULATION',
} as const

/** Of the formula in DAX there are only the names and strings it holds. */
const printMeasure = (name: Path, elements: readonly Expression[]): string =>
  joined('MEASURE', name.segments.at(-1)?.text, '=', elements.map(printDax).join(' + '))

function printDax(expression: Expression): string {
  if (expression.kind !== 'path') return printExpression(expression)
  const [first, second] = expression.segments
  if (first === undefined || second === undefined) return printExpression(expression)
  const table = first.text.slice(1, -1).replaceAll(']]', ']').replaceAll("'", "''")
  return `'${table}'${second.text}`
}

const printProperty = ({ name, value }: Property): string => `, ${name.text} = ${printExpression(value)}`

const joined = (...parts: readonly (string | false | null | undefined)[]): string =>
  parts.filter((part) => part !== false && part !== null && part !== undefined && part !== '').join(' ')
