import type { Definition, Expression, ExpressionOf, From, Select, StatementBody, Step } from './ast.ts'

/** For each kind of expression its parts, in the order of the text. A new kind does not compile until it stands here. */
const PARTS: { readonly [K in Expression['kind']]: (expression: ExpressionOf<K>) => readonly Expression[] } = {
  path: () => NONE,
  access: ({ base, steps }) => (steps.every(isProperty) ? [base] : [base, ...steps.flatMap(partsOfStep)]),
  call: ({ args }) => args,
  string: () => NONE,
  number: () => NONE,
  null: () => NONE,
  parameter: () => NONE,
  set: ({ elements }) => elements,
  tuple: ({ elements }) => elements,
  operation: ({ operands }) => operands,
  prefix: ({ operand }) => [operand],
  case: ({ subject, branches, otherwise }) =>
    [subject, ...branches.flatMap(({ when, result }) => [when, result]), otherwise].filter((part) => part !== null),
  alias: ({ expression }) => [expression],
  empty: () => NONE,
}

const NONE: readonly Expression[] = []

const isProperty = (step: Step): boolean => step.kind === 'property'

const partsOfStep = (step: Step): readonly Expression[] => (step.kind === 'property' ? NONE : step.args)

export function partsOf<K extends Expression['kind']>(expression: ExpressionOf<K>): readonly Expression[] {
  const parts: (expression: ExpressionOf<K>) => readonly Expression[] = PARTS[expression.kind]
  return parts(expression)
}

/** Calls `visit` with every expression under `expression`, itself first. Keeps its own stack: no tree is too deep. */
export function walk(expression: Expression, visit: (expression: Expression) => void): void {
  const stack: Expression[] = [expression]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    visit(next)
    const parts = partsOf(next)
    for (let i = parts.length - 1; i >= 0; i--) {
      const part = parts[i]
      if (part !== undefined) stack.push(part)
    }
  }
}

export const expressionsOfDefinition = (definition: Definition): readonly Expression[] => [
  ...(definition.kind === 'cell-calculation' ? [definition.scope] : []),
  definition.formula,
  ...definition.properties.map(({ value }) => value),
]

/** Definitions of a select and of the selects in its FROM; inner ones come last. */
export function selectsOf(select: Select): readonly Select[] {
  const selects: Select[] = []
  for (let from: From = { kind: 'subselect', nonVisual: false, select }; from.kind === 'subselect';) {
    selects.push(from.select)
    from = from.select.from
  }
  return selects
}

function expressionsOfSelect(outer: Select): readonly Expression[] {
  return selectsOf(outer).flatMap((select) => [
    ...select.definitions.flatMap(expressionsOfDefinition),
    ...select.axes.flatMap(({ set, having }) => (having === null ? [set] : [set, having])),
    ...(select.slicer === null ? [] : [select.slicer]),
    ...select.sapVariables.map(({ value }) => value),
  ])
}

/** The expressions that stand directly in a statement. */
const IN_STATEMENT: {
  readonly [K in StatementBody['kind']]: (body: Extract<StatementBody, { kind: K }>) => readonly Expression[]
} = {
  select: expressionsOfSelect,
  drillthrough: ({ select, returns }) => [...expressionsOfSelect(select), ...returns],
  explain: ({ statement }) => expressionsOf(statement),
  dmv: ({ restrictions, where }) => (where === null ? restrictions : [...restrictions, where]),
  create: ({ definition }) => expressionsOfDefinition(definition),
  update: ({ assignments }) =>
    assignments.flatMap(({ cell, value, weight }) => (weight === null ? [cell, value] : [cell, value, weight])),
  procedure: ({ expression }) => [expression],
  command: ({ parts }) => parts.filter((part) => part.kind !== 'sign'),
}

export function expressionsOf<K extends StatementBody['kind']>(
  body: Extract<StatementBody, { kind: K }>,
): readonly Expression[] {
  const inStatement: (body: Extract<StatementBody, { kind: K }>) => readonly Expression[] = IN_STATEMENT[body.kind]
  return inStatement(body)
}
