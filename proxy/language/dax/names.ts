import { assertNever } from '../assert-never.ts'
import type { Column, Definition, DefinitionOf, Expression, ExpressionOf } from './ast.ts'
import { Environment, Variable } from './environment.ts'
import { isTableFunction } from './functions.ts'
import { columnPath, countedName, pathOf } from './path.ts'
import type { Place } from './place.ts'
import { computed, isInScope, resolve, type Scope, Shape, type ShapeColumn } from './shape.ts'

/** What the names of a query mean: those that DEFINE gives, those of the rows at hand, and those of the model. */
export class Names {
  readonly root = new Environment(null)
  readonly #measures = new Map<string, DefinitionOf<'measure'>>()
  readonly #columns = new Map<string, Variable>()
  readonly #tables = new Map<string, Variable>()
  readonly #functions = new Map<string, DefinitionOf<'function'>>()

  constructor(definitions: readonly Definition[]) {
    for (const definition of definitions) this.#define(definition)
  }

  #define(definition: Definition): void {
    const { kind, name, expression } = definition
    switch (kind) {
      case 'var':
        return this.root.define(name, new Variable(expression, this.root, null))
      case 'table':
        this.#tables.set(name.toLowerCase(), new Variable(expression, this.root, null))
        return
      case 'measure':
        this.#measures.set(name.toLowerCase(), definition)
        return
      case 'column':
        return this.#defineColumn(definition)
      case 'function':
        this.#functions.set(name, definition)
        return
      case 'parameter':
        return
      default:
        assertNever(kind)
    }
  }

  /** A column is computed in the rows of its table. */
  #defineColumn({ table, name, expression }: DefinitionOf<'column'>): void {
    const shape = table === null ? Shape.UNKNOWN : Shape.table(table)
    const scope = { shape, outer: null }
    this.#columns.set(columnPath(table, name).toLowerCase(), new Variable(expression, this.root, scope))
  }

  /** The function of this query that is called. */
  function(name: string): DefinitionOf<'function'> | undefined {
    return this.#functions.get(name)
  }

  /** The variable or table of this query that `expression` names. */
  table(expression: ExpressionOf<'name'>, environment: Environment): Variable | undefined {
    return environment.variable(expression) ?? this.#tables.get(expression.name.toLowerCase())
  }

  /** What DEFINE says of the column, and of its table. */
  definitionsOf({ table, column }: Column): {
    readonly column: Variable | undefined
    readonly table: Variable | undefined
  } {
    const inTable = table === null ? undefined : this.#tables.get(table.toLowerCase())
    return { column: this.#columns.get(columnPath(table, column).toLowerCase()), table: inTable }
  }

  isTable(expression: Expression, environment: Environment): boolean {
    let [inner, around] = [expression, environment]
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      if (inner.kind === 'rows') return true
      if (inner.kind === 'call' && inner.name === 'EVALUATEANDLOG') inner = inner.args[0] ?? { kind: 'empty' }
      if (inner.kind === 'call') return isTableFunction(inner.name)
      if (inner.kind === 'block') inner = inner.result
      else if (inner.kind !== 'name') return false
      else {
        const variable = around.variable(inner) ?? this.#tables.get(inner.name.toLowerCase())
        if (variable === undefined) return inner.quoted
        ;[inner, around] = [variable.expression, variable.environment]
      }
    }
    return false
  }

  isMeasure(column: Column, place: Place): boolean {
    if (this.definedMeasure(column, place) !== null) return true
    if (column.table !== null) {
      const isColumn = isInScope(column.table, pathOf(column), place.scope) || this.#isDefinedColumn(column)
      return !isColumn && (place.counts || (place.scope !== null && place.bare === 'measure'))
    }
    const resolved = resolve(column.column, place.scope)
    if (resolved.kind === 'open') return resolved.table !== null && place.bare === 'measure'
    return resolved.kind === 'none'
  }

  #isDefinedColumn({ table, column }: Column): boolean {
    return this.#columns.has(columnPath(table, column).toLowerCase()) || this.#tables.has((table ?? '').toLowerCase())
  }

  /** The measure of this query that is meant: under its table, or under none where no column has the name. */
  definedMeasure({ table, column }: Column, place: Place): DefinitionOf<'measure'> | null {
    const defined = this.#measures.get(column.toLowerCase())
    if (defined === undefined) return null
    if (table !== null) return defined.table?.toLowerCase() === table.toLowerCase() ? defined : null
    const { kind } = resolve(column, place.scope)
    return kind === 'none' || kind === 'open' ? defined : null
  }

  /** How a column of a table is recorded: a column of a table that the query makes, by what it shows. */
  columnPath(column: Column, place: Place): string {
    if (column.table === null) {
      const resolved = resolve(column.column, place.scope)
      if (resolved.kind === 'column') return resolved.path
      const table = resolved.kind === 'open' && place.bare === 'column' ? resolved.table : null
      return pathOf({ ...column, table })
    }
    const made = this.#tables.get(column.table.toLowerCase())
    const shape = made?.shapes.get(true) ?? made?.shapes.get(false)
    return shape?.find(column.column)?.path ?? pathOf(column)
  }

  shapeColumn(column: Column, place: Place): ShapeColumn {
    const rows: Place = { ...place, bare: 'column' }
    if (column.table !== null) return { name: column.column, path: this.columnPath(column, rows), renamed: false }
    const resolved = resolve(column.column, place.scope)
    if (resolved.kind === 'extension' || (resolved.kind === 'open' && resolved.table === null)) {
      return this.#foundIn(column.column, place.scope) ?? computed(column.column)
    }
    return { name: column.column, path: this.columnPath(column, rows), renamed: false }
  }

  #foundIn(name: string, scope: Scope | null): ShapeColumn | null {
    for (let at = scope; at !== null; at = at.outer) {
      const found = at.shape.find(name)
      if (found !== null) return found
    }
    return null
  }

  counted(table: Expression, place: Place): string {
    let inner = table
    for (let steps = 0; steps < MAX_STEPS; steps++) {
      const variable = place.environment.variable(inner)
      if (variable === null) break
      inner = variable.expression
    }
    return countedName(inner)
  }
}

/** Variables that name one another lead no further than this. */
const MAX_STEPS = 64
