import type { Clause, StatementFacts, StatementKind } from '../statement.ts'
import { assertNever } from '../assert-never.ts'
import type { Axis, Command, Create, Definition, Drillthrough, Path, SapVariable, Select, Statement } from './ast.ts'
import type { StatementBody, Subcube, Update } from './ast.ts'
import { columnConditions } from './columns.ts'
import { literalOf, opOf } from './comparison.ts'
import type { CodeSource } from './context.ts'
import { type Place, place } from '../findings.ts'
import { pathOf } from './path-name.ts'
import { Reading } from './reading.ts'
import { createdBy } from './session.ts'
import { selectsOf } from './visitor.ts'
import { Walk } from './walk.ts'
import { bare, bareName, columnOf, CUBE_WORDS, isDollar, MEMBER_WORDS, withoutFunctions } from './wording.ts'

/**
 * What a statement asks: its measures, what the answer is broken down by, and the members and comparisons it is
 * restricted to.
 *
 * Only what can influence the answer counts. The walk starts at axes, slicer, sub-selects and RETURN, and reaches
 * definitions by their names; each definition is walked once, however often it is used, so the cost stays linear. A set
 * is walked where it is used, because its places matter there; a calculated member yields none and waits in a queue, so
 * that no chain of formulas deepens the stack.
 *
 * Here are the kinds of statements; `walk.ts` has the expressions. What only the cube's metadata can tell is left to
 * whoever has them.
 */
export function extractStatement(statement: Statement, source: CodeSource): StatementFacts {
  return new Extraction(statement, source).facts()
}

class Extraction {
  readonly #statement: Statement
  readonly #reading: Reading
  readonly #walk: Walk
  #cube: string | null = null

  constructor(statement: Statement, source: CodeSource) {
    this.#statement = statement
    this.#reading = new Reading(statement.body, source)
    this.#walk = new Walk(this.#reading)
  }

  facts(): StatementFacts {
    const kind = this.#body(this.#statement.body)
    // Grows while it is worked off.
    for (const waiting of this.#reading.queue) waiting()
    const { calculatedMeasures: calculated, dimensions, criteria, measures: named } = this.#reading.findings
    const { defaultMeasure } = this.#reading
    const measures = defaultMeasure.length === 0 ? named : [...named, ...defaultMeasure]
    const { start, end } = this.#statement
    return { kind, cube: this.#cube, start, end, measures, calculated, dimensions, criteria }
  }

  #body(body: StatementBody): StatementKind {
    switch (body.kind) {
      case 'select':
        this.#select(body, false)
        return 'select'
      case 'drillthrough':
        this.#drillthrough(body)
        return 'drillthrough'
      case 'explain':
        this.#body(body.statement)
        return 'explain'
      case 'dmv':
        this.#cube = bareName(body.rowset)
        columnConditions(body, this.#reading)
        return 'dmv'
      case 'create':
        this.#create(body)
        return 'ddl'
      case 'subcube':
        this.#subcube(body)
        return 'ddl'
      case 'update':
        this.#update(body)
        return 'ddl'
      case 'procedure':
        this.#walk.visit(body.expression, this.#walk.context('filter', true))
        return 'ddl'
      case 'command':
        this.#command(body)
        return 'ddl'
      default:
        return assertNever(body)
    }
  }

  // ---- queries

  /** @param within the outermost select too is a restriction only. */
  #select(outer: Select, within: boolean): void {
    for (const select of selectsOf(outer)) {
      const inner = within || select !== outer
      for (const axis of inOrder(select.axes)) {
        const places = this.#axis(axis, inner ? 'subcube' : 'axis')
        if (!inner) this.#reading.findings.axis(axis.number, places)
      }
      if (select.slicer !== null) this.#walk.visit(select.slicer, this.#walk.context(inner ? 'subcube' : 'slicer'))
      if (select.filterBy !== null) this.#walk.visit(select.filterBy, this.#walk.context('subcube'))
      for (const variable of select.sapVariables) this.#sapVariable(variable)
      for (const definition of select.definitions) if (definition.kind === 'cell-calculation') this.#cells(definition)
      if (select.from.kind === 'cube') this.#cube = bareName(select.from.name)
    }
  }

  #axis(axis: Axis, clause: Clause): readonly Place[] {
    const places = this.#walk.visit(axis.set, this.#walk.context(clause))
    if (axis.having !== null) this.#walk.condition(axis.having)
    return places
  }

  /** A prompt's answer is a member, or the value itself. */
  #sapVariable({ name, excluding, operator, value }: SapVariable): void {
    const op = operator === null ? (excluding ? 'not in' : '=') : opOf(operator, excluding)
    const literal = literalOf(value)
    if (literal === null) this.#walk.visit(value, { ...this.#walk.context('parameter'), op })
    else this.#reading.findings.criterion(name.name.written, op, [this.#reading.valueOf(literal)], 'parameter')
  }

  /** A cell calculation changes the answer whether it is named or not. */
  #cells({ scope, formula }: Extract<Definition, { kind: 'cell-calculation' }>): void {
    this.#walk.visit(scope, this.#walk.context('formula'))
    this.#walk.visit(formula, this.#walk.context('formula', true))
  }

  #drillthrough({ select, returns }: Drillthrough): void {
    this.#select(select, false)
    const columns = returns.map(columnOf).filter((column) => column !== null)
    const anyDollar = columns.some(isDollar)
    for (const column of columns) {
      const { written, measure } = column.name
      const dimension = isDollar(column) || (!anyDollar && !measure)
      if (dimension) this.#reading.findings.axis('return', [place(written)])
      else this.#reading.findings.measure(written, null)
    }
  }

  // ---- commands

  #create({ definitions }: Create): void {
    for (const one of definitions) {
      const { cube, definition } = createdBy(one)
      this.#cube ??= cube
      if (definition.kind === 'cell-calculation') {
        this.#cells(definition)
        continue
      }
      const { measure, written } = definition.name.name
      const via = measure ? written : null
      if (via !== null) this.#reading.findings.calculated(via)
      this.#walk.visit(definition.formula, { ...this.#walk.context('formula', definition.kind === 'member'), via })
    }
  }

  #subcube({ select }: Subcube): void {
    this.#select(select, true)
  }

  #update({ cube, assignments }: Update): void {
    this.#cube = bareName(cube)
    for (const { cell, value, weight } of assignments) {
      this.#walk.visit(cell, this.#walk.context('slicer'))
      this.#walk.visit(value, this.#walk.context('formula', true))
      if (weight !== null) this.#walk.visit(weight, this.#walk.context('formula', true))
    }
  }

  /** No grammar of its own: each name that can be a member is one. The first after CUBE or FROM is the cube. */
  #command({ words, parts }: Command): void {
    const context = this.#walk.context('filter', true)
    const [first, ...others] = parts
    const object = words.at(-1) ?? ''
    if (first?.kind === 'path' && CUBE_WORDS.has(object)) this.#cube = bareName(first)
    else if (first?.kind === 'path' && MEMBER_WORDS.has(object)) this.#dropped(first)
    else if (first !== undefined) others.unshift(first)
    for (const part of others) {
      if (part.kind !== 'sign') this.#walk.visit(part.kind === 'path' ? withoutFunctions(part) : part, context)
    }
  }

  /** DROP MEMBER names its cube in the path, as CREATE does. */
  #dropped({ segments: [cube, ...rest] }: Path): void {
    if (cube !== undefined) this.#cube = bare(cube.text)
    if (rest.length === 0) return
    const { measure, written } = pathOf(rest).name
    if (measure) this.#reading.findings.measure(written, null)
  }
}

const inOrder = (axes: readonly Axis[]): readonly Axis[] =>
  axes.length < 2 ? axes : axes.toSorted((a, b) => a.number - b.number)
