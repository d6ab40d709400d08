import { assertNever } from '../assert-never.ts'
import { Findings, place as dimension } from '../findings.ts'
import type { StatementFacts } from '../statement.ts'
import { StatementLimitError, type StatementLimits } from '../syntax-error.ts'
import type { Column, DefinitionOf, Evaluation, Expression, ExpressionOf, Query } from './ast.ts'
import { Environment, Variable } from './environment.ts'
import { type Subject, subjectOf } from './subject.ts'
import {
  cellsOf,
  CONNECTIVES,
  isLiteral,
  isCondition,
  mayBePerson,
  MIRRORED,
  nameOf,
  operatorOf,
  PASSES_FILTER,
  personsJoined,
  sumOf,
  TESTS,
} from './form.ts'
import * as functions from './functions.ts'
import type { Literal } from './literal-value.ts'
import { literalRows } from './literal-rows.ts'
import { Literals, type ParameterValues, wholeNumber } from './literal.ts'
import { columnPath } from './path.ts'
import { Names } from './names.ts'
import { clauseOf, FORMULA, filterRows, type Near, type Place, placeOf, rowsComparedIn, silent } from './place.ts'
import { resolve, Shape, type ShapeColumn } from './shape.ts'

export interface Source {
  readonly parameters: ParameterValues
  readonly limits: StatementLimits
}

/** A person's number that no criterion holds yet. */
interface Candidate {
  readonly value: string
  readonly near: Near | null
  readonly via: string | null
}

/**
 * From the tree of a query to what it asks (GOLD_RULES; section numbers below are its).
 *
 * One walk from the EVALUATEs over what is live: variables, tables and columns of DEFINE are read where they are used,
 * once for each way of being used, and measures once. Each expression is read as a table (`#table`, which gives back the
 * columns of what it makes), as a value (`#value`) or as a condition (`#condition`, where criteria come from).
 *
 * Whatever is live is visited, and every literal on the way that could be a person's number is kept, though the rules
 * make no criterion of it: whoever is named in a query has been searched for.
 */
class Extraction {
  readonly #findings = new Findings()
  readonly #literals: Literals
  readonly #limits: StatementLimits
  readonly #names: Names
  readonly #reached = new Set<string>()
  readonly #pending: DefinitionOf<'measure'>[] = []
  readonly #calling = new Set<string>()
  readonly #candidates: Candidate[] = []
  readonly #uses = new Map<readonly Expression[], Set<string>>()
  readonly #query: Query
  #work: number
  #depth = 0

  constructor(query: Query, { parameters, limits }: Source) {
    this.#query = query
    this.#literals = new Literals(parameters)
    this.#limits = limits
    this.#work = LEAST_WORK + query.tokens * WORK_PER_TOKEN
    this.#names = new Names(query.definitions)
  }

  facts(): StatementFacts {
    const { start, end, evaluations, definitions } = this.#query
    const place: Place = { ...FORMULA, environment: this.#names.root }
    for (const definition of definitions) if (definition.kind === 'parameter') this.#modelParameter(definition, place)
    for (const evaluation of evaluations) this.#evaluate(evaluation, place)
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) this.#formula(next, place)
    this.#keepPersons()
    const { measures, calculatedMeasures: calculated, dimensions, criteria } = this.#findings
    return { kind: 'evaluate', cube: null, start, end, measures, calculated, dimensions, criteria }
  }

  #evaluate({ table, orderBy, startAt }: Evaluation, place: Place): void {
    const shape = this.#table(table, place)
    const columns = shape.columns.flatMap(({ path }) => (path === null ? [] : [path]))
    this.#findings.axis(
      0,
      [...shape.tables, ...columns].map((path) => dimension(path)),
    )
    const sorting: Place = { ...silent(place), scope: { shape, outer: null }, bare: 'column' }
    for (const key of orderBy) this.#value(key, sorting)
    for (const [i, start] of startAt.entries()) {
      const key = orderBy[i]
      const literal = this.#literal(start, place)
      if (key === undefined || literal === null) this.#value(start, sorting)
      else this.#criterion(this.#subject(key, sorting)?.path ?? null, 'start at', [literal], sorting)
    }
  }

  #formula({ table, name, expression }: DefinitionOf<'measure'>, place: Place): void {
    this.#value(expression, { ...place, via: columnPath(table, name) })
  }

  /** MPARAMETER gives a value to the query that the model's source is asked. */
  #modelParameter({ name, expression }: DefinitionOf<'parameter'>, place: Place): void {
    const items = expression.kind === 'rows' ? expression.rows : [expression]
    for (const item of items) {
      const literal = this.#literal(item, place)
      if (literal === null) this.#value(item, silent(place))
      else this.#findings.criterion(columnPath(null, name), '=', [literal.value], 'parameter')
    }
  }

  // Tables

  /** Reads `expression` as a table and gives its columns. */
  #table(expression: Expression, place: Place): Shape {
    this.#enter()
    const shape = this.#tableOf(expression, place)
    this.#depth--
    return shape
  }

  #tableOf(expression: Expression, place: Place): Shape {
    switch (expression.kind) {
      case 'name':
        return this.#namedTable(expression, place)
      case 'call':
        return this.#calledTable(expression, place)
      case 'rows':
        return this.#constructed(expression, place)
      case 'block':
        return this.#table(expression.result, this.#within(expression, place))
      case 'column':
        this.#touch(expression, place)
        return Shape.of([this.#names.shapeColumn(expression, place)])
      case 'empty':
        return Shape.NOTHING
      case 'tuple':
        return Shape.join(expression.elements.map((element) => this.#table(element, place)))
      case 'string':
      case 'number':
      case 'date':
      case 'parameter':
      case 'operation':
      case 'prefix':
        this.#value(expression, place)
        return Shape.NOTHING
      default:
        return assertNever(expression)
    }
  }

  #namedTable(expression: ExpressionOf<'name'>, place: Place): Shape {
    const variable = this.#names.table(expression, place.environment)
    return variable === undefined ? Shape.table(expression.name) : this.#variableTable(variable, place)
  }

  #variableTable(variable: Variable, place: Place): Shape {
    const known = variable.shapes.get(place.counts) ?? (place.counts ? undefined : variable.shapes.get(true))
    if (known !== undefined || variable.active) return known ?? Shape.UNKNOWN
    variable.active = true
    const shape = this.#table(variable.expression, placeOf(variable, place))
    variable.active = false
    variable.shapes.set(place.counts, shape)
    return shape
  }

  /** `{ 1, 2 }` and `{ (1, "a"), … }`. */
  #constructed({ rows }: ExpressionOf<'rows'>, place: Place): Shape {
    let width = 1
    for (const row of rows) {
      const cells = cellsOf(row)
      width = Math.max(width, cells.length)
      for (const cell of cells) this.#value(cell, place)
    }
    const names = Array.from({ length: width }, (_, i) => (width === 1 ? 'Value' : `Value${i + 1}`))
    return Shape.of(names.map(computed))
  }

  #calledTable(call: ExpressionOf<'call'>, place: Place): Shape {
    const { name, args } = call
    const [first = EMPTY, ...others] = args
    if (functions.SAME_TABLE.has(name)) return Shape.join(args.map((arg) => this.#table(arg, place)))
    if (functions.JOINS.has(name)) return this.#joined(call, place)
    if (functions.GROUPERS.has(name)) return this.#grouped(call, place)
    if (functions.SAMPLES.has(name)) return this.#sampled(call, place)
    if (functions.WINDOWS.has(name)) return this.#windowed(args, place)
    if (functions.DATES.has(name)) return this.#dates(call, place)
    if (functions.ROLLUPS.has(name)) return Shape.of(this.#rolledUp(args, place, Shape.NOTHING))
    switch (name) {
      case 'EVALUATEANDLOG':
        return this.#table(first, place)
      case 'FILTER':
        return this.#filtered(first, others, place)
      case 'CALCULATETABLE':
        for (const filter of others) this.#filter(filter, place)
        return this.#table(first, place)
      case 'ADDCOLUMNS':
      case 'SELECTCOLUMNS':
        return this.#extended(name === 'ADDCOLUMNS', first, others, place)
      case 'ROW':
        return Shape.of(this.#extensions(args, place, false))
      case 'DATATABLE':
        return this.#dataTable(args, place)
      case 'TREATAS':
        return this.#treatAs(first, others, place)
      case 'ALLEXCEPT':
        for (const other of others) this.#argument(other, filterRows(place))
        return this.#table(first, place)
      case 'EXCEPT':
      case 'INTERSECT':
      case 'DEPENDON':
        for (const other of others) this.#argument(other, silent(place))
        return this.#table(first, place)
      case 'SUBSTITUTEWITHINDEX':
        return this.#indexed(args, place)
      case 'ADDMISSINGITEMS':
        return this.#withMissingItems(args, place)
      case 'DETAILROWS':
        this.#value(first, place)
        return Shape.UNKNOWN
      case 'GENERATESERIES':
      case 'CALENDAR':
      case 'CALENDARAUTO':
        for (const arg of args) this.#value(arg, silent(place))
        return Shape.of([computed(name === 'GENERATESERIES' ? 'Value' : 'Date')])
      case 'CURRENTGROUP':
        return Shape.UNKNOWN
      case 'IF':
      case 'SWITCH':
      case 'COALESCE':
        return Shape.join(args.map((arg) => this.#argument(arg, place)))
      default:
        return this.#unknownTable(call, place)
    }
  }

  /** The columns that the rows of `first` have, of those that fulfil the conditions. */
  #filtered(first: Expression, conditions: readonly Expression[], place: Place): Shape {
    const shape = this.#table(first, place)
    const rows: Place = { ...silent(place), scope: { shape, outer: place.scope }, bare: 'column' }
    for (const condition of conditions) this.#condition(condition, rows, false)
    return shape
  }

  /** The second table of GENERATE is made anew for each row of the first. */
  #joined({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    const shapes: Shape[] = []
    for (const arg of args) {
      const [left] = shapes
      const inner = left !== undefined && name.startsWith('GENERATE')
      shapes.push(this.#table(arg, inner ? { ...place, scope: { shape: left, outer: place.scope } } : place))
    }
    for (const { columns } of shapes) this.#spend(columns.length)
    return Shape.join(shapes)
  }

  #extended(keeps: boolean, first: Expression, args: readonly Expression[], place: Place): Shape {
    const shape = this.#table(first, place)
    const rows: Place = { ...place, scope: { shape, outer: place.scope }, aggregated: false }
    const added = this.#extensions(args, rows, true)
    this.#spend(shape.columns.length)
    return keeps ? Shape.join([shape, Shape.of(added)]) : Shape.of(added)
  }

  /** `"name", expression` pairs; SELECTCOLUMNS takes columns without a name too. */
  #extensions(args: readonly Expression[], place: Place, inRows: boolean): readonly ShapeColumn[] {
    const columns: ShapeColumn[] = []
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? EMPTY
      const value = args[i + 1]
      if (arg.kind === 'string' && value !== undefined) {
        columns.push(this.#extension(arg.value, value, place, inRows))
        i++
      } else if (inRows) columns.push(this.#extension(nameOf(arg), arg, place, true))
      else this.#value(arg, place)
    }
    return columns
  }

  /** `"Navn", 'Borger'[Navn]` shows that column; anything else is computed. */
  #extension(name: string, expression: Expression, place: Place, inRows: boolean): ShapeColumn {
    const picked = inRows ? this.#picked(expression, place) : null
    if (picked === null) {
      this.#value(expression, place)
      return computed(name)
    }
    const { path, name: own } = this.#names.shapeColumn(picked, place)
    this.#touch(picked, place)
    return { name, path, renamed: own.toLowerCase() !== name.toLowerCase() }
  }

  #picked(expression: Expression, place: Place): Column | null {
    if (expression.kind === 'call') {
      const [only, ...more] = expression.args
      return functions.SAME_COLUMN.has(expression.name) && only?.kind === 'column' && more.length === 0 ? only : null
    }
    if (expression.kind !== 'column' || this.#names.isMeasure(expression, place)) return null
    return expression
  }

  #grouped({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    if (name === 'SUMMARIZECOLUMNS') return this.#groups(args, place, Shape.NOTHING)
    const [first = EMPTY, ...others] = args
    const base = this.#table(first, place)
    // CURRENTGROUP() gives the rows of the table that is grouped.
    const around = name === 'GROUPBY' ? { ...place, scope: { shape: base, outer: place.scope } } : place
    return this.#groups(others, around, base)
  }

  /** Columns, roll-ups of columns, filters, and `"name", expression` pairs, which are read in the rows of the columns. */
  #groups(args: readonly Expression[], place: Place, base: Shape): Shape {
    const columns: ShapeColumn[] = []
    const values: { readonly name: string; readonly expression: Expression }[] = []
    const rows: Place = base === Shape.NOTHING ? place : { ...place, scope: { shape: base, outer: place.scope } }
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] ?? EMPTY
      const next = args[i + 1]
      if (arg.kind === 'string') {
        values.push({ name: arg.value, expression: next ?? EMPTY })
        i++
      } else if (arg.kind === 'column') {
        this.#touch(arg, rows)
        columns.push(this.#names.shapeColumn(arg, rows))
      } else if (arg.kind === 'call' && functions.ROLLUPS.has(arg.name)) {
        columns.push(...this.#rolledUp(arg.args, place, base))
      } else this.#filter(arg, place)
    }
    const group = Shape.of(columns)
    const inner: Place = { ...place, scope: columns.length === 0 ? place.scope : { shape: group, outer: place.scope } }
    for (const { expression } of values) this.#value(expression, { ...inner, aggregated: false })
    return values.length === 0 ? group : Shape.join([group, Shape.of(values.map(({ name }) => computed(name)))])
  }

  /** Columns, with the names of flags that tell their totals, and filters of these. */
  #rolledUp(args: readonly Expression[], place: Place, base: Shape): readonly ShapeColumn[] {
    const flags = args.filter((arg) => arg.kind === 'string').map(({ value }) => computed(value))
    const groups = args.filter((arg) => arg.kind !== 'string')
    return [...this.#groups(groups, place, base).columns, ...flags]
  }

  /** `TOPN(n, table, key, direction, …)`; n is a criterion where the text tells it. */
  #sampled({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    const skip = name === 'TOPNSKIP' ? 2 : 1
    const [count = EMPTY] = args
    const literal = this.#literal(count, place)
    if (literal === null) this.#value(count, silent(place))
    else if (name.startsWith('TOPN')) this.#criterion(null, 'topn', [literal], place)
    for (const arg of args.slice(1, skip)) this.#value(arg, silent(place))
    const shape = this.#table(args[skip] ?? EMPTY, place)
    const sorting: Place = { ...silent(place), scope: { shape, outer: place.scope }, bare: 'column' }
    for (const key of args.slice(skip + 1)) this.#argument(key, sorting)
    return shape
  }

  /** Without a relation the columns they are ordered and parted by are it. */
  #windowed(args: readonly Expression[], place: Place): Shape {
    const relation = args.find((arg) => this.#names.isTable(arg, place.environment))
    const shape = relation === undefined ? null : this.#table(relation, place)
    const rows: Place = { ...silent(place), bare: 'column' }
    const scoped = shape === null ? rows : { ...rows, scope: { shape, outer: place.scope } }
    const parts = args.filter((arg) => arg !== relation)
    for (const part of parts) this.#value(part, scoped)
    if (shape !== null) return shape
    const columns = parts
      .flatMap((part) => (part.kind === 'call' ? part.args : []))
      .filter((arg) => arg.kind === 'column')
    return Shape.of(columns.map((column) => this.#names.shapeColumn(column, place)))
  }

  /** What gives dates has one argument that is the column, and others that say how far. */
  #dates({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    const [dates = EMPTY, ...others] = args
    const shape = this.#table(dates, silent(place))
    if (name === 'DATESBETWEEN' || name === 'DATESINPERIOD') this.#period(name, dates, others, place)
    else for (const other of others) this.#value(other, silent(place))
    return shape
  }

  #period(
    name: string,
    dates: Expression,
    [from = EMPTY, to = EMPTY, ...rest]: readonly Expression[],
    place: Place,
  ): void {
    const path = this.#subject(dates, { ...place, bare: 'column' })?.path ?? null
    const start = this.#literalOr(from, place)
    if (name === 'DATESINPERIOD') {
      if (start !== null) this.#criterion(path, 'datesinperiod', [start], place)
      for (const other of [to, ...rest]) this.#value(other, silent(place))
      return
    }
    const end = this.#literalOr(to, place)
    if (start !== null && end !== null) this.#criterion(path, 'range', [start, end], place)
    else if (start !== null) this.#criterion(path, '>=', [start], place)
    else if (end !== null) this.#criterion(path, '<=', [end], place)
  }

  #literalOr(expression: Expression, place: Place): Literal | null {
    const literal = this.#literal(expression, place)
    if (literal === null) this.#value(expression, silent(place))
    return literal
  }

  /** `DATATABLE("name", TYPE, …, { {…}, … })` */
  #dataTable(args: readonly Expression[], place: Place): Shape {
    const names = args.filter((arg) => arg.kind === 'string')
    for (const arg of args) if (arg.kind !== 'string') this.#value(arg, place)
    return Shape.of(names.map(({ value }) => computed(value)))
  }

  /** The rows of a table stand for values of other columns. */
  #treatAs(table: Expression, columns: readonly Expression[], place: Place): Shape {
    const found = columns.filter((column) => column.kind === 'column')
    for (const column of columns)
      this.#value(column, silent({ ...place, scope: { shape: Shape.UNKNOWN, outer: null } }))
    const paths = found.map((column) => this.#names.columnPath(column, { ...place, bare: 'column' }))
    this.#membership(table, paths, false, place)
    return Shape.of(found.map((column) => this.#names.shapeColumn(column, place)))
  }

  /**
   * `SUBSTITUTEWITHINDEX(table, "name", index, key, direction, …)`, of which Power BI makes the columns of a matrix: the
   * place of a row in `index`, which the keys sort, stands for the columns that both tables have.
   */
  #indexed([table = EMPTY, name = EMPTY, index = EMPTY, ...keys]: readonly Expression[], place: Place): Shape {
    const shape = this.#table(table, place)
    const rows = this.#table(index, silent(place))
    const sorting: Place = { ...silent(place), scope: { shape: rows, outer: place.scope }, bare: 'column' }
    for (const key of keys) this.#argument(key, sorting)
    if (name.kind !== 'string') this.#value(name, silent(place))
    return name.kind === 'string' ? Shape.join([shape, Shape.of([computed(name.value)])]) : shape
  }

  /** `ADDMISSINGITEMS([show-all column, …] table, grouping column, …, [filter, …])` */
  #withMissingItems(args: readonly Expression[], place: Place): Shape {
    const at = args.findIndex((arg) => this.#names.isTable(arg, place.environment) || arg.kind === 'name')
    for (const [i, arg] of args.entries()) if (i !== at) this.#filter(arg, place)
    return at < 0 ? Shape.NOTHING : this.#table(args[at] ?? EMPTY, place)
  }

  /** Of a function nobody told us of: its tables and columns are what it gives, unless they are filters by their form. */
  #unknownTable(call: ExpressionOf<'call'>, place: Place): Shape {
    const own = this.#names.function(call.name)
    if (own !== undefined) {
      return this.#called(own, call.args, place, (body, inner) => this.#table(body, inner)) ?? Shape.UNKNOWN
    }
    const shapes: Shape[] = [Shape.UNKNOWN]
    for (const [i, arg] of call.args.entries()) {
      if (arg.kind === 'call' && (arg.name === 'KEEPFILTERS' || arg.name === 'TREATAS')) this.#filter(arg, place)
      else if (arg.kind === 'string' && call.args[i + 1] !== undefined) this.#mention(arg, place)
      else if (arg.kind === 'column' && call.args[i - 1]?.kind !== 'string') shapes.push(this.#table(arg, place))
      else shapes.push(this.#argument(arg, place))
    }
    return Shape.join(shapes)
  }

  /** Reads what may be a table or a value. */
  #argument(expression: Expression, place: Place): Shape {
    if (this.#names.isTable(expression, place.environment)) return this.#table(expression, place)
    this.#value(expression, place)
    return Shape.NOTHING
  }

  // Values

  #value(expression: Expression, place: Place): void {
    this.#enter()
    this.#valueOf(expression, place)
    this.#depth--
  }

  #valueOf(expression: Expression, place: Place): void {
    switch (expression.kind) {
      case 'string':
      case 'number':
      case 'date':
      case 'parameter':
        return this.#mention(expression, place)
      case 'name':
        return this.#namedValue(expression, place)
      case 'column':
        return this.#columnValue(expression, place)
      case 'call':
        return this.#calledValue(expression, place)
      case 'rows':
        for (const row of expression.rows) this.#value(row, place)
        return
      case 'tuple':
        for (const element of expression.elements) this.#value(element, place)
        return
      case 'operation':
        return this.#operation(expression, place)
      case 'prefix':
        return this.#value(expression.operand, place)
      case 'block':
        return this.#value(expression.result, this.#within(expression, place))
      case 'empty':
        return
      default:
        assertNever(expression)
    }
  }

  #namedValue(expression: ExpressionOf<'name'>, place: Place): void {
    const variable = place.environment.variable(expression)
    if (variable === null) {
      if (this.#names.table(expression, place.environment) !== undefined) this.#table(expression, place)
      return
    }
    if (this.#names.isTable(expression, place.environment)) {
      this.#variableTable(variable, place)
      return
    }
    this.#once(variable, `value ${place.counts} ${place.aggregated}`, () =>
      this.#value(variable.expression, { ...placeOf(variable, place), near: place.near }),
    )
  }

  /** Reads a variable unless it was read in this way before, or leads to itself. */
  #once(variable: Variable, as: string, read: () => void): void {
    if (variable.readAs.has(as) || variable.active) return
    variable.readAs.add(as)
    variable.active = true
    read()
    variable.active = false
  }

  /** Section 3: `[X]` is a measure unless it is a column of the rows at hand; `T[X]` outside of T's rows is one too. */
  #columnValue(column: Column, place: Place): void {
    this.#touch(column, place)
    const defined = this.#names.definedMeasure(column, place)
    if (defined !== null) this.#reach(defined)
    else if (this.#names.isMeasure(column, place))
      this.#findings.measure(this.#names.columnPath(column, place), place.via)
    else if (place.aggregated) this.#aggregate(column, place)
  }

  /** Formulas are read in their turn, each once: a chain of measures needs no depth. */
  #reach(definition: DefinitionOf<'measure'>): void {
    const { table, name } = definition
    const key = name.toLowerCase()
    if (this.#reached.has(key)) return
    this.#reached.add(key)
    this.#findings.calculated(columnPath(table, name))
    this.#pending.push(definition)
  }

  /** A column that is taken together. One that the query computes was counted where it is computed. */
  #aggregate(column: Column, place: Place): void {
    if (!place.counts) return
    if (column.table === null && resolve(column.column, place.scope).kind === 'extension') return
    this.#findings.measure(this.#names.columnPath(column, place), place.via)
  }

  /** What DEFINE says of the column or its table is live. */
  #touch(column: Column, place: Place): void {
    const { column: defined, table } = this.#names.definitionsOf(column)
    if (defined !== undefined) {
      this.#once(defined, `column ${place.counts}`, () => this.#value(defined.expression, placeOf(defined, place)))
    }
    if (table !== undefined) this.#variableTable(table, place)
  }

  #calledValue(call: ExpressionOf<'call'>, place: Place): void {
    const { name, args } = call
    const [first = EMPTY, ...others] = args
    const own = this.#names.function(name)
    if (own !== undefined) {
      this.#called(own, args, place, (body, inner) => this.#value(body, inner))
    } else if (functions.AGGREGATES.has(name)) this.#aggregated(call, place)
    else if (functions.ITERATORS.has(name)) this.#iterated(first, others, place)
    else if (functions.PERIODS.has(name) || name === 'CALCULATE') {
      // A column has no value there, whatever the rows: `'Fakta'[Antal]` is a measure.
      const isNamed = first.kind === 'column' && first.table !== null
      this.#value(first, isNamed ? { ...place, scope: null } : place)
      for (const filter of others) this.#filter(filter, place)
    } else if (functions.ABOUT_COLUMNS.has(name)) this.#aboutColumns(call, place)
    else if (functions.SAME_COLUMN.has(name)) this.#related(first, others, place)
    else if (functions.isTableFunction(name)) this.#table(call, place)
    else this.#otherValue(call, place)
  }

  #otherValue({ name, args }: ExpressionOf<'call'>, place: Place): void {
    const [first = EMPTY, ...others] = args
    switch (name) {
      case 'COUNTROWS':
        this.#countRows(first, place)
        return
      case 'LOOKUPVALUE':
        return this.#lookUp(first, others, place)
      case 'FIRSTNONBLANKVALUE':
      case 'LASTNONBLANKVALUE':
        this.#table(first, silent(place))
        for (const other of others) this.#value(other, place)
        return
      case 'IF':
      case 'SWITCH':
        this.#value(first, { ...place, aggregated: false })
        for (const other of others) this.#argument(other, { ...place, near: { expression: first, place } })
        return
      case 'EVALUATEANDLOG':
        this.#argument(first, place)
        return
      case 'EXTERNALMEASURE':
        if (first.kind === 'string') this.#findings.measure(columnPath(null, first.value), place.via)
        return
      default:
        if (name.startsWith('CONCATENATE') || name === 'COMBINEVALUES') this.#together(args, place)
        for (const [i, arg] of args.entries()) {
          const other = args[i === 0 ? 1 : 0]
          this.#argument(arg, other === undefined ? place : { ...place, near: { expression: other, place } })
        }
    }
  }

  #aggregated({ args }: ExpressionOf<'call'>, place: Place): void {
    const [first = EMPTY, ...others] = args
    if (first.kind === 'column' && others.length === 0) {
      this.#touch(first, place)
      const defined = this.#names.definedMeasure(first, place)
      if (defined === null) this.#aggregate(first, place)
      else this.#reach(defined)
    } else for (const arg of args) this.#value(arg, { ...place, aggregated: true })
  }

  #iterated(first: Expression, others: readonly Expression[], place: Place): void {
    const shape = this.#table(first, { ...place, aggregated: false })
    const rows: Place = { ...place, scope: { shape, outer: place.scope }, aggregated: true }
    for (const [i, other] of others.entries()) this.#value(other, i === 0 ? rows : silent(rows))
  }

  #countRows(table: Expression, place: Place): void {
    const own = place.via === null ? '' : place.via.slice(0, Math.max(0, place.via.indexOf('[')))
    const counted = table.kind === 'empty' ? own : this.#names.counted(table, place)
    if (place.counts) this.#findings.measure(`COUNTROWS(${counted})`, place.via)
    this.#table(table, { ...place, aggregated: false })
  }

  /** `LOOKUPVALUE(result, column, value, …)` restricts as CALCULATE(VALUES(result), column = value) does. */
  #lookUp(result: Expression, pairs: readonly Expression[], place: Place): void {
    this.#value(result, silent({ ...place, scope: { shape: Shape.UNKNOWN, outer: place.scope } }))
    for (let i = 0; i < pairs.length; i += 2) {
      const [column = EMPTY, value] = [pairs[i], pairs[i + 1]]
      if (value === undefined) this.#value(column, place)
      else this.#compare(column, '=', value, filterRows(place), false)
    }
  }

  /** Columns are asked about; the other arguments are read as what they are. */
  #aboutColumns({ args }: ExpressionOf<'call'>, place: Place): void {
    const column = args.find((arg) => arg.kind === 'column')
    const near = column === undefined ? place.near : { expression: column, place }
    for (const arg of args) {
      if (arg.kind === 'column' && this.#names.definedMeasure(arg, place) === null) this.#asked(arg, place)
      else this.#argument(arg, { ...place, near })
    }
  }

  /** `[X]` is a measure all the same where no rows have such a column. */
  #asked(column: Column, place: Place): void {
    if (column.table === null) this.#columnValue(column, silent(place))
    else this.#touch(column, place)
  }

  #related(first: Expression, others: readonly Expression[], place: Place): void {
    if (first.kind === 'column') {
      this.#touch(first, place)
      if (place.aggregated) this.#aggregate(first, place)
    } else this.#value(first, place)
    for (const other of others) this.#value(other, place)
  }

  #operation({ operands, operators }: ExpressionOf<'operation'>, place: Place): void {
    const [operator] = operators
    if (operator === '&') this.#together(operands, place)
    const sum = sumOf(operands, operators)
    if (sum !== null && mayBePerson(sum)) this.#candidate(sum, place)
    const isTest = operator !== undefined && TESTS.has(operator)
    for (const [i, operand] of operands.entries()) {
      const other = operands[i === 0 ? 1 : i - 1]
      const near = other === undefined || operator === '&&' || operator === '||' ? null : { expression: other, place }
      if (isTest) this.#argument(operand, { ...place, aggregated: false, near })
      else this.#value(operand, place)
    }
  }

  /** A person's number that stands in no part of a text, but in what the parts make together. */
  #together(operands: readonly Expression[], place: Place): void {
    const texts = this.#literals.parts(operands, place.environment)
    for (const value of personsJoined(texts)) this.#candidate(value, place)
  }

  // Conditions

  /** An argument that filters: a condition, or a table whose rows are let through. */
  #filter(expression: Expression, place: Place): void {
    const inner = silent(place)
    const variable = place.environment.variable(expression)
    if (expression.kind === 'call' && PASSES_FILTER.has(expression.name)) {
      for (const arg of expression.args) this.#filter(arg, place)
    } else if (expression.kind === 'column') this.#table(expression, inner)
    else if (this.#names.isTable(expression, place.environment)) this.#table(expression, inner)
    else if (expression.kind === 'name' && variable === null) this.#table(expression, inner)
    else this.#condition(expression, filterRows(place), false)
  }

  #condition(expression: Expression, place: Place, denied: boolean): void {
    this.#enter()
    this.#conditionOf(expression, place, denied)
    this.#depth--
  }

  #conditionOf(expression: Expression, place: Place, denied: boolean): void {
    const { kind } = expression
    if (kind === 'operation') this.#test(expression, place, denied)
    else if (kind === 'prefix' && expression.operator === 'NOT') this.#condition(expression.operand, place, !denied)
    else if (kind === 'call') this.#calledCondition(expression, place, denied)
    else if (kind === 'block') this.#condition(expression.result, this.#within(expression, place), denied)
    else if (kind === 'name') this.#namedCondition(expression, place, denied)
    else this.#value(expression, place)
  }

  #namedCondition(expression: ExpressionOf<'name'>, place: Place, denied: boolean): void {
    const variable = place.environment.variable(expression)
    if (variable === null || this.#names.isTable(expression, place.environment)) return this.#value(expression, place)
    this.#once(variable, `condition ${denied}`, () => {
      const inner = placeOf(variable, place)
      this.#condition(variable.expression, { ...inner, scope: variable.scope ?? place.scope }, denied)
    })
  }

  #test(operation: ExpressionOf<'operation'>, place: Place, denied: boolean): void {
    const { operands, operators } = operation
    const [left, right] = operands
    const [operator = '='] = operators
    if (operator === '&&' || operator === '||') {
      for (const operand of operands) this.#condition(operand, place, denied)
    } else if (left === undefined || right === undefined || operands.length > 2 || !TESTS.has(operator)) {
      this.#value(operation, place)
    } else if (operator === 'IN') this.#isIn(left, right, place, denied)
    else this.#compare(left, operator, right, place, denied)
  }

  #compare(left: Expression, operator: string, right: Expression, place: Place, denied: boolean): void {
    const { environment } = place
    const value = this.#literals.of(right, environment)
    if (value === null) {
      if (this.#literals.of(left, environment) !== null) {
        return this.#compare(right, MIRRORED[operator] ?? operator, left, place, denied)
      }
      return this.#valuesOf([left, right], place)
    }
    const rows = rowsComparedIn(operator, value, place)
    if (this.#compared(left, operator, value, rows, denied)) {
      this.#value(left, { ...rows, near: { expression: left, place: rows } })
      if (!isLiteral(right)) this.#value(right, { ...silent(place), near: { expression: left, place: rows } })
    } else if (left.kind === 'call' && isCondition(left)) {
      this.#condition(left, place, denied)
      this.#value(right, place)
    } else this.#valuesOf([left, right], place)
  }

  /** The criterion, if there is something of which it can be one. */
  #compared(left: Expression, operator: string, value: Literal, place: Place, denied: boolean): boolean {
    const subject = this.#subject(left, place)
    if (subject === null) return false
    const op = operatorOf(operator, denied)
    this.#criterion(subject.path, op === '=' ? (subject.op ?? op) : op, [value], place)
    return true
  }

  /** Reads what is compared with something that only the server knows. */
  #valuesOf(sides: readonly [Expression, Expression], place: Place): void {
    const [left, right] = sides
    this.#argument(left, { ...place, near: { expression: right, place } })
    this.#argument(right, { ...place, near: { expression: left, place } })
  }

  #isIn(left: Expression, right: Expression, place: Place, denied: boolean): void {
    const columns = left.kind === 'tuple' ? left.elements : [left]
    const paths = columns.map((column) => this.#subject(column, place)?.path ?? null)
    for (const column of columns) this.#value(column, place)
    this.#membership(right, paths, denied, place)
  }

  /** The values of literal rows, by column; any other table is read as a filter. */
  #membership(table: Expression, paths: readonly (string | null)[], denied: boolean, place: Place): void {
    const found = literalRows(table, place.environment)
    if (found === null) {
      this.#argument(table, silent(place))
      return
    }
    const op = denied ? 'not in' : 'in'
    const scope = this.#findings.newScope()
    for (const { rows, environment } of found) {
      if (!this.#isNew(rows, [op, clauseOf(place), ...paths].join('\n'))) continue
      for (const row of rows) {
        for (const [i, cell] of cellsOf(row).entries()) {
          this.#spend()
          const literal = i < paths.length ? this.#literal(cell, { ...place, environment }) : null
          if (literal === null) this.#value(cell, { ...silent(place), environment })
          else this.#member(paths[i] ?? null, op, literal, place, scope)
        }
      }
    }
  }

  /** A list in a variable may be used many times; what it says of the same columns is said once. */
  #isNew(rows: readonly Expression[], use: string): boolean {
    const uses = this.#uses.get(rows) ?? new Set()
    this.#uses.set(rows, uses)
    if (uses.has(use)) return false
    uses.add(use)
    return true
  }

  #calledCondition(call: ExpressionOf<'call'>, place: Place, denied: boolean): void {
    const { name, args } = call
    const [first = EMPTY, ...others] = args
    const search = functions.SEARCHES[name]
    const own = this.#names.function(name)
    if (own !== undefined) this.#called(own, args, place, (body, inner) => this.#condition(body, inner, denied))
    else if (search !== undefined) this.#search(call, denied, place)
    else if (CONNECTIVES.has(name)) for (const arg of args) this.#condition(arg, place, denied)
    else if (name === 'NOT') this.#condition(first, place, !denied)
    else if (name === 'SWITCH') this.#switched(first, others, place, denied)
    else if (name === 'CONTAINSROW') this.#containsRow(first, others, place, denied)
    else if (name === 'CONTAINS') this.#contains(first, others, place, denied)
    else if (name === 'PATHCONTAINS') this.#pathContains(first, others, place, denied)
    else if (name === 'ISONORAFTER' || name === 'ISAFTER') this.#isAfter(args, place)
    else if (name === 'RSCUSTOMDAXFILTER') this.#reportFilter(args, place, denied)
    else this.#value(call, place)
  }

  #search(call: ExpressionOf<'call'>, denied: boolean, place: Place): void {
    const search = functions.SEARCHES[call.name]
    if (search === undefined) return
    const text = this.#literal(call.args[search.text] ?? EMPTY, place)
    const subject = this.#subject(call.args[search.column] ?? EMPTY, place)
    if (text === null || subject === null) return this.#otherValue(call, place)
    this.#criterion(subject.path, operatorOf(search.op, denied), [text], place)
    for (const [i, arg] of call.args.entries()) if (i !== search.text) this.#value(arg, place)
  }

  /** `SWITCH(TRUE(), condition, result, …)`, or `SWITCH(column, value, result, …)`. */
  #switched(first: Expression, others: readonly Expression[], place: Place, denied: boolean): void {
    const isLiteral = this.#literal(first, place) !== null
    for (const [i, other] of others.entries()) {
      const isValue = !isLiteral && i % 2 === 0 && i < others.length - 1
      const value = isValue ? this.#literal(other, place) : null
      if (!isValue) this.#condition(other, place, denied)
      else if (value === null || !this.#compared(first, '=', value, place, denied)) this.#value(other, place)
    }
    this.#value(first, place)
  }

  /** `CONTAINSROW(table, value, …)`: the rows are literal, or the values are. */
  #containsRow(table: Expression, values: readonly Expression[], place: Place, denied: boolean): void {
    const literals = values.map((value) => this.#literal(value, place))
    if (!literals.includes(null)) {
      const { columns } = this.#table(table, silent(place))
      for (const [i, literal] of literals.entries()) {
        const { path = null, name = '' } = columns[i] ?? {}
        if (literal !== null)
          this.#criterion(path ?? columnPath(null, name), denied ? 'not in' : 'in', [literal], place)
      }
      return
    }
    const paths = values.map((value) => this.#subject(value, place)?.path ?? null)
    for (const value of values) this.#value(value, place)
    this.#membership(table, paths, denied, place)
  }

  /** `CONTAINS(table, column, value, …)` */
  #contains(table: Expression, pairs: readonly Expression[], place: Place, denied: boolean): void {
    const shape = this.#table(table, silent(place))
    const rows: Place = { ...place, scope: { shape, outer: place.scope } }
    for (let i = 0; i < pairs.length; i += 2) this.#compare(pairs[i] ?? EMPTY, '=', pairs[i + 1] ?? EMPTY, rows, denied)
  }

  /** Reports give several values as one text, `"1|2|3"`, and look whether the column is among them. */
  #pathContains(path: Expression, [item = EMPTY]: readonly Expression[], place: Place, denied: boolean): void {
    const [values, value] = [this.#literal(path, place), this.#literal(item, place)]
    const [list, subject] = values === null ? [value, this.#subject(path, place)] : [values, this.#subject(item, place)]
    if (list === null || subject === null) return this.#valuesOf([path, item], place)
    const scope = this.#findings.newScope()
    for (const text of list.value.split('|')) {
      this.#member(subject.path, denied ? 'not in' : 'in', { value: text.trim(), isNumber: false }, place, scope)
    }
    this.#value(values === null ? path : item, place)
  }

  /** `ISONORAFTER(column, value, direction, …)`: where the next page of an answer begins. */
  #isAfter(args: readonly Expression[], place: Place): void {
    for (let i = 0; i < args.length; i += 3) {
      const [column = EMPTY, value = EMPTY] = [args[i], args[i + 1]]
      const literal = this.#literal(value, place)
      const subject = this.#subject(column, place)
      if (literal === null || subject === null) this.#valuesOf([column, value], place)
      else {
        this.#criterion(subject.path, 'start at', [literal], place)
        this.#value(column, place)
      }
    }
  }

  /** `RSCustomDaxFilter(@parameter, EqualToCondition, [Table].[Column], Type)` */
  #reportFilter(args: readonly Expression[], place: Place, denied: boolean): void {
    const [value = EMPTY, condition = EMPTY, column = EMPTY] = args
    const word = condition.kind === 'name' ? condition.name.toUpperCase() : ''
    this.#compare(column, functions.REPORT_CONDITIONS[word] ?? '=', value, place, denied)
  }

  #subject(expression: Expression, place: Place): Subject | null {
    return subjectOf(expression, place, this.#names, this.#literals)
  }

  // What all have in common

  /** The value of `expression`, if the text tells it. What leads to it, such as the test of an IF, is live as well. */
  #literal(expression: Expression, place: Place): Literal | null {
    const literal = this.#literals.of(expression, place.environment)
    if (literal !== null && !isLiteral(expression)) this.#value(expression, silent(place))
    return literal
  }

  #criterion(path: string | null, op: string, literals: readonly Literal[], place: Place): void {
    const values = literals.map(({ value }) => value)
    const [first] = literals
    if (op === '=' && first !== undefined) this.#findings.member(path, op, first.value, clauseOf(place), 0)
    else this.#findings.criterion(path, op, values, clauseOf(place))
    for (const literal of literals) this.#otherSpelling(path, op, literal, place)
  }

  #member(path: string | null, op: string, literal: Literal, place: Place, scope: number): void {
    this.#findings.member(path, op, literal.value, clauseOf(place), scope)
    this.#otherSpelling(path, op, literal, place)
  }

  /** A number with a fraction or an exponent may still be a person's. */
  #otherSpelling(path: string | null, op: string, { value, isNumber }: Literal, place: Place): void {
    const whole = isNumber ? wholeNumber(value) : null
    if (whole !== null && /^\d{9,10}$/.test(whole)) this.#findings.member(path, op, whole, clauseOf(place), 0)
  }

  /** A literal of which the rules make no criterion: kept where it may be a person's number, or where nothing is sure. */
  #mention(expression: ExpressionOf<'string' | 'number' | 'date' | 'parameter'>, place: Place): void {
    const literal = this.#literal(expression, place)
    if (literal === null || literal.value.trim() === '') return
    const { value, isNumber } = literal
    if (this.#query.doubtful || mayBePerson(value)) this.#candidate(value, place)
    const whole = isNumber ? wholeNumber(value) : null
    if (whole !== null && mayBePerson(whole)) this.#candidate(whole, place)
  }

  #candidate(value: string, { near, via }: Place): void {
    this.#candidates.push({ value, near, via })
  }

  #keepPersons(): void {
    const kept = new Set(this.#findings.criteria.flatMap(({ values }) => values))
    for (const { value, near, via } of this.#candidates) {
      if (kept.has(value)) continue
      kept.add(value)
      const path =
        near === null ? null : (this.#subject(near.expression, { ...near.place, bare: 'column' })?.path ?? null)
      this.#findings.member(path, '=', value, via === null ? 'filter' : 'formula', 0)
    }
  }

  /** A place in which the variables of a block are known. */
  #within({ variables }: ExpressionOf<'block'>, place: Place): Place {
    const environment = new Environment(place.environment)
    for (const { name, expression } of variables) {
      if (name === '') this.#argument(expression, silent({ ...place, environment }))
      else environment.define(name, new Variable(expression, environment, place.scope))
    }
    return { ...place, environment }
  }

  /** Reads the body of a function of this query with its arguments as variables. `undefined`: it calls itself. */
  #called<T>(
    { name, parameters, expression }: DefinitionOf<'function'>,
    args: readonly Expression[],
    place: Place,
    read: (body: Expression, place: Place) => T,
  ): T | undefined {
    if (this.#calling.has(name)) {
      for (const arg of args) this.#argument(arg, place)
      return undefined
    }
    const environment = new Environment(this.#names.root)
    for (const [i, parameter] of parameters.entries()) {
      const given = args[i] ?? parameter.fallback ?? EMPTY
      environment.define(parameter.name, new Variable(given, place.environment, place.scope))
    }
    for (const [i, arg] of args.entries()) {
      if (i >= parameters.length || isLiteral(arg)) this.#argument(arg, place)
    }
    this.#calling.add(name)
    const result = read(expression, { ...place, environment })
    this.#calling.delete(name)
    return result
  }

  /** Variables that lead to variables are as deep as brackets in brackets. */
  #enter(): void {
    const max = this.#limits.maxDepth * DEPTH_PER_BRACKET
    if (++this.#depth > max) throw new StatementLimitError('depth', max)
    this.#spend()
  }

  /** Functions, lists and wide tables that are used again and again buy no more work than the query's length does. */
  #spend(cost = 1): void {
    this.#work -= cost
    if (this.#work < 0) throw new StatementLimitError('tokens', this.#limits.maxTokens)
  }
}

export function extractQuery(query: Query, source: Source): StatementFacts {
  return new Extraction(query, source).facts()
}

const computed = (name: string): ShapeColumn => ({ name, path: null, renamed: false })

const EMPTY: Expression = { kind: 'empty' }

/** An expression is read as table, value and condition, counted and not: seldom more often than this. */
const WORK_PER_TOKEN = 10
const LEAST_WORK = 50_000

/** Besides brackets, variables and the parts of operations go deeper. */
const DEPTH_PER_BRACKET = 3
