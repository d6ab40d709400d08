import type { Expression, ExpressionOf } from './ast.ts'
import type { Comparisons } from './comparisons.ts'
import { EMPTY } from './form.ts'
import { inRowsOf, type Place, silent, testedIn } from './place.ts'
import type { Reading } from './reading.ts'
import { computed, Shape } from './shape.ts'
import type { Visit } from './visit.ts'

/** Tables that take the rows of others: those that fulfil conditions, the first ones, those that go with one another. */
export class Selections {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #comparisons: Comparisons

  constructor(reading: Reading, visit: Visit, comparisons: Comparisons) {
    this.#reading = reading
    this.#visit = visit
    this.#comparisons = comparisons
  }

  /** The columns that the rows of `first` have, of those that fulfil the conditions. */
  filtered(first: Expression, conditions: readonly Expression[], place: Place): Shape {
    const shape = this.#visit.table(first, place)
    for (const condition of conditions) this.#visit.condition(condition, testedIn(shape, place), false)
    return shape
  }

  /** The second table of GENERATE is made anew for each row of the first. */
  joined({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    const shapes: Shape[] = []
    for (const arg of args) {
      const [left] = shapes
      const inner = left !== undefined && name.startsWith('GENERATE')
      shapes.push(this.#visit.table(arg, inner ? inRowsOf(left, place) : place))
    }
    for (const { columns } of shapes) this.#reading.budget.spend(columns.length)
    return Shape.join(shapes)
  }

  /** `TOPN(n, table, key, direction, …)`; n is a criterion where the text tells it. */
  sampled({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    const skip = name === 'TOPNSKIP' ? 2 : 1
    const [count = EMPTY] = args
    const literal = this.#visit.literal(count, place)
    if (literal === null) this.#visit.value(count, silent(place))
    else if (name.startsWith('TOPN')) this.#reading.criterion(null, 'topn', [literal], place)
    for (const arg of args.slice(1, skip)) this.#visit.value(arg, silent(place))
    const shape = this.#visit.table(args[skip] ?? EMPTY, place)
    for (const key of args.slice(skip + 1)) this.#visit.argument(key, testedIn(shape, place))
    return shape
  }

  /** Without a relation the columns they are ordered and parted by are it. */
  windowed(args: readonly Expression[], place: Place): Shape {
    const { names } = this.#reading
    const relation = args.find((arg) => names.isTable(arg, place.environment))
    const shape = relation === undefined ? null : this.#visit.table(relation, place)
    const rows: Place = shape === null ? { ...silent(place), bare: 'column' } : testedIn(shape, place)
    const parts = args.filter((arg) => arg !== relation)
    for (const part of parts) this.#visit.value(part, rows)
    if (shape !== null) return shape
    const columns = parts
      .flatMap((part) => (part.kind === 'call' ? part.args : []))
      .filter((arg) => arg.kind === 'column')
    return Shape.of(columns.map((column) => names.shapeColumn(column, place)))
  }

  /** The rows of a table stand for values of other columns. */
  treatAs(table: Expression, columns: readonly Expression[], place: Place): Shape {
    const { names } = this.#reading
    const found = columns.filter((column) => column.kind === 'column')
    const rows = silent({ ...place, scope: { shape: Shape.UNKNOWN, outer: null } })
    for (const column of columns) this.#visit.value(column, rows)
    const paths = found.map((column) => names.columnPath(column, { ...place, bare: 'column' }))
    this.#comparisons.membership(table, paths, false, place)
    return Shape.of(found.map((column) => names.shapeColumn(column, place)))
  }

  /**
   * `SUBSTITUTEWITHINDEX(table, "name", index, key, direction, …)`, of which Power BI makes the columns of a matrix: the
   * place of a row in `index`, which the keys sort, stands for the columns that both tables have.
   */
  indexed([table = EMPTY, name = EMPTY, index = EMPTY, ...keys]: readonly Expression[], place: Place): Shape {
    const shape = this.#visit.table(table, place)
    const rows = this.#visit.table(index, silent(place))
    for (const key of keys) this.#visit.argument(key, testedIn(rows, place))
    if (name.kind !== 'string') this.#visit.value(name, silent(place))
    return name.kind === 'string' ? Shape.join([shape, Shape.of([computed(name.value)])]) : shape
  }
}
