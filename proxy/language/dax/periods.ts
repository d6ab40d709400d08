import type { Expression, ExpressionOf } from './ast.ts'
import { EMPTY } from './form.ts'
import type { Literal } from './literal-value.ts'
import { type Place, silent } from './place.ts'
import type { Reading } from './reading.ts'
import type { Shape } from './shape.ts'
import type { Visit } from './visit.ts'

/** Functions that give dates: one argument is the column, and the others say how far. */
export class Periods {
  readonly #reading: Reading
  readonly #visit: Visit

  constructor(reading: Reading, visit: Visit) {
    this.#reading = reading
    this.#visit = visit
  }

  dates({ name, args }: ExpressionOf<'call'>, place: Place): Shape {
    const [dates = EMPTY, ...others] = args
    const shape = this.#visit.table(dates, silent(place))
    const path = (): string | null => this.#reading.subject(dates, { ...place, bare: 'column' })?.path ?? null
    if (name === 'DATESBETWEEN') this.#between(path(), others, place)
    else if (name === 'DATESINPERIOD') this.#inPeriod(path(), others, place)
    else for (const other of others) this.#visit.value(other, silent(place))
    return shape
  }

  #inPeriod(path: string | null, [from = EMPTY, to = EMPTY, ...rest]: readonly Expression[], place: Place): void {
    const start = this.#literal(from, place)
    if (start !== null) this.#reading.criterion(path, 'datesinperiod', [start], place)
    for (const other of [to, ...rest]) this.#visit.value(other, silent(place))
  }

  #between(path: string | null, [from = EMPTY, to = EMPTY]: readonly Expression[], place: Place): void {
    const [start, end] = [this.#literal(from, place), this.#literal(to, place)]
    if (start !== null && end !== null) this.#reading.criterion(path, 'range', [start, end], place)
    else if (start !== null) this.#reading.criterion(path, '>=', [start], place)
    else if (end !== null) this.#reading.criterion(path, '<=', [end], place)
  }

  #literal(expression: Expression, place: Place): Literal | null {
    const literal = this.#visit.literal(expression, place)
    if (literal === null) this.#visit.value(expression, silent(place))
    return literal
  }
}
