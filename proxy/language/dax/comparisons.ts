import type { Expression } from './ast.ts'
import { cellsOf, isCondition, isLiteral, MIRRORED, operatorOf } from './form.ts'
import { literalRows } from './literal-rows.ts'
import type { Literal } from './literal-value.ts'
import { clauseOf, type Place, rowsComparedIn, silent } from './place.ts'
import type { Reading } from './reading.ts'
import type { Visit } from './visit.ts'

/** What is compared with a value, or is in a list of values. */
export class Comparisons {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #uses = new Map<readonly Expression[], Set<string>>()

  constructor(reading: Reading, visit: Visit) {
    this.#reading = reading
    this.#visit = visit
  }

  compare(left: Expression, operator: string, right: Expression, place: Place, denied: boolean): void {
    const { literals } = this.#reading
    const value = literals.of(right, place.environment)
    if (value === null) {
      if (literals.of(left, place.environment) === null) return this.sides([left, right], place)
      return this.compare(right, MIRRORED[operator] ?? operator, left, place, denied)
    }
    const rows = rowsComparedIn(operator, value, place)
    if (this.compared(left, operator, value, rows, denied)) {
      const near = { expression: left, place: rows }
      this.#visit.value(left, { ...rows, near })
      if (!isLiteral(right)) this.#visit.value(right, { ...silent(place), near })
    } else if (left.kind === 'call' && isCondition(left)) {
      this.#visit.condition(left, place, denied)
      this.#visit.value(right, place)
    } else this.sides([left, right], place)
  }

  /** The criterion, if there is something of which it can be one. */
  compared(left: Expression, operator: string, value: Literal, place: Place, denied: boolean): boolean {
    const subject = this.#reading.subject(left, place)
    if (subject === null) return false
    const op = operatorOf(operator, denied)
    this.#reading.criterion(subject.path, op === '=' ? (subject.op ?? op) : op, [value], place)
    return true
  }

  /** Reads what is compared with something that only the server knows. */
  sides([left, right]: readonly [Expression, Expression], place: Place): void {
    this.#visit.argument(left, { ...place, near: { expression: right, place } })
    this.#visit.argument(right, { ...place, near: { expression: left, place } })
  }

  isIn(left: Expression, right: Expression, place: Place, denied: boolean): void {
    this.tupleIn(left.kind === 'tuple' ? left.elements : [left], right, place, denied)
  }

  tupleIn(columns: readonly Expression[], table: Expression, place: Place, denied: boolean): void {
    const paths = columns.map((column) => this.#reading.subject(column, place)?.path ?? null)
    for (const column of columns) this.#visit.value(column, place)
    this.membership(table, paths, denied, place)
  }

  /** The values of literal rows, by column; any other table is read as a filter. */
  membership(table: Expression, paths: readonly (string | null)[], denied: boolean, place: Place): void {
    const found = literalRows(table, place.environment)
    if (found === null) {
      this.#visit.argument(table, silent(place))
      return
    }
    const op = denied ? 'not in' : 'in'
    const scope = this.#reading.findings.newScope()
    for (const { rows, environment } of found) {
      if (!this.#isNew(rows, [op, clauseOf(place), ...paths].join('\n'))) continue
      for (const row of rows) {
        for (const [i, cell] of cellsOf(row).entries()) {
          this.#reading.budget.spend()
          const literal = i < paths.length ? this.#visit.literal(cell, { ...place, environment }) : null
          if (literal === null) this.#visit.value(cell, { ...silent(place), environment })
          else this.#reading.member(paths[i] ?? null, op, literal, place, scope)
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
}
