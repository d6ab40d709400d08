import { assertNever } from '../assert-never.ts'
import type { Definition, Expression, From, Select, StatementBody } from './ast.ts'

type Visit = (expression: Expression) => void

/** Calls `visit` with each part of an expression, in the order of the text. A new kind does not compile until it is here. */
export function forEachPart(expression: Expression, visit: Visit): void {
  switch (expression.kind) {
    case 'path':
    case 'string':
    case 'number':
    case 'null':
    case 'parameter':
    case 'empty':
      return
    case 'access':
      visit(expression.base)
      for (const step of expression.steps) if (step.kind !== 'property') step.args.forEach(visit)
      return
    case 'call':
      return expression.args.forEach(visit)
    case 'set':
    case 'tuple':
      return expression.elements.forEach(visit)
    case 'operation':
      return expression.operands.forEach(visit)
    case 'prefix':
      return visit(expression.operand)
    case 'alias':
      return visit(expression.expression)
    case 'case':
      return forEachBranch(expression, visit)
    default:
      return assertNever(expression)
  }
}

function forEachBranch({ subject, branches, otherwise }: Extract<Expression, { kind: 'case' }>, visit: Visit): void {
  if (subject !== null) visit(subject)
  for (const { when, result } of branches) {
    visit(when)
    visit(result)
  }
  if (otherwise !== null) visit(otherwise)
}

/** Calls `visit` with every expression under `expression`, itself first. The parser's depth bounds the stack. */
export function walk(expression: Expression, visit: Visit): void {
  const down = (part: Expression): void => {
    visit(part)
    forEachPart(part, down)
  }
  down(expression)
}

/** A select and the selects in its FROM; inner ones come last. */
export function selectsOf(select: Select): readonly Select[] {
  if (select.from.kind === 'cube') return [select]
  const selects: Select[] = []
  for (let from: From = { kind: 'subselect', nonVisual: false, select }; from.kind === 'subselect';) {
    selects.push(from.select)
    from = from.select.from
  }
  return selects
}

/** Calls `visit` with the expressions that stand directly in a statement. */
export function forEachExpression(body: StatementBody, visit: Visit): void {
  switch (body.kind) {
    case 'select':
      return forEachInSelect(body, visit)
    case 'drillthrough':
      forEachInSelect(body.select, visit)
      return body.returns.forEach(visit)
    case 'explain':
      return forEachExpression(body.statement, visit)
    case 'dmv':
      body.restrictions.forEach(visit)
      if (body.where !== null) visit(body.where)
      return
    case 'create':
      return body.definitions.forEach((definition) => forEachInDefinition(definition, visit))
    case 'subcube':
      return forEachInSelect(body.select, visit)
    case 'update':
      for (const { cell, value, weight } of body.assignments) [cell, value, weight].forEach((e) => e && visit(e))
      return
    case 'procedure':
      return visit(body.expression)
    case 'command':
      for (const part of body.parts) if (part.kind !== 'sign') visit(part)
      return
    default:
      return assertNever(body)
  }
}

function forEachInDefinition(definition: Definition, visit: Visit): void {
  if (definition.kind === 'cell-calculation') visit(definition.scope)
  visit(definition.formula)
  for (const { value } of definition.properties) visit(value)
}

function forEachInSelect(outer: Select, visit: Visit): void {
  for (const { definitions, axes, slicer, filterBy, sapVariables } of selectsOf(outer)) {
    for (const definition of definitions) forEachInDefinition(definition, visit)
    for (const { set, having } of axes) {
      visit(set)
      if (having !== null) visit(having)
    }
    if (slicer !== null) visit(slicer)
    if (filterBy !== null) visit(filterBy)
    for (const { value } of sapVariables) visit(value)
  }
}
