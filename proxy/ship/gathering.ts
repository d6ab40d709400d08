/**
 * What one batch is made of, while the journal is read: units of records, what their exchanges taught, and the exchanges
 * that the settings leave out. Those have no entry of their own; one entry says how many there were and which numbers
 * they had, so that no number is missing without a word. It stands in the unit that follows them, or in one of its own
 * at the end: so a unit speaks of all frames since the one before it, however a batch is divided.
 */
import type { Exchange } from '../exchange.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Unit } from './batch-writer.ts'
import type { Taught } from './knowing.ts'
import { leftOutEntry } from './minimal.ts'

export class Gathering {
  readonly taught: Taught[] = []
  readonly #units: Unit[] = []
  readonly #limits: { readonly records: number; readonly bytes: number }
  #leftOut: Exchange[] = []
  #leftOutAt = 0
  #records = 0
  #bytes = 0

  constructor(limits: { readonly records: number; readonly bytes: number }) {
    this.#limits = limits
  }

  get isFull(): boolean {
    return this.#records >= this.#limits.records || this.#bytes >= this.#limits.bytes
  }

  leaveOut(n: number, exchange: Exchange): void {
    // Its number and time are all that is told of it: its body need not be held until then.
    this.#leftOut.push({ ...exchange, asked: { ...exchange.asked, body: { bytes: NOTHING, extent: 'whole' } } })
    this.#leftOutAt = n
    this.#records += 1
  }

  add(n: number, records: readonly QueryRecord[]): void {
    if (records.length === 0) return
    this.#push({ n, records: [...this.#takeLeftOut(), ...records] })
  }

  /** All units; nothing is added after. */
  finish(): readonly Unit[] {
    if (this.#leftOut.length > 0) this.#push({ n: this.#leftOutAt, records: this.#takeLeftOut() })
    return this.#units
  }

  #push(unit: Unit): void {
    this.#units.push(unit)
    this.#records += unit.records.length
    for (const record of unit.records) this.#bytes += weightOf(record)
  }

  #takeLeftOut(): readonly QueryRecord[] {
    const [first, ...more] = this.#leftOut
    if (first === undefined) return []
    this.#leftOut = []
    return [leftOutEntry([first, ...more])]
  }
}

const NOTHING = new Uint8Array(0)

/** Roughly, in bytes. */
function weightOf(record: QueryRecord): number {
  const { criteria, dimensions, measures, seen } = record
  return 500 + record.query.length * 2 + 200 * (criteria.length + dimensions.length + measures.length + seen.length)
}
