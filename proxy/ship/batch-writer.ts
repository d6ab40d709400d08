/**
 * Brings records into the store, whatever it takes. A store that is away is asked again for ever, with pauses that grow;
 * a batch that it refuses is halved until the record at fault is alone, and that one is said in fewer words.
 *
 * The smallest part of a batch is a unit: all records of one journal frame, because the position that is committed with
 * them can only name whole frames.
 */
import { setTimeout } from 'node:timers/promises'
import type { Origin } from '../../schema/record/ids.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { StoreError } from '../../schema/store/store.ts'
import type { RecordWriter } from '../../schema/store/store.ts'
import { REDUCTIONS } from './minimal.ts'

/** What one frame has led to. */
export interface Unit {
  readonly n: number
  readonly records: readonly QueryRecord[]
}

export interface BatchWriterOptions {
  readonly signal: AbortSignal
  /** The first pause; doubles up to {@link LONGEST_PAUSE_MS}. */
  readonly pauseMs: number
  /** The store answered, or did not. */
  readonly onStore: (state: 'ok' | 'unavailable') => void
  readonly onError: (code: string) => void
}

export const LONGEST_PAUSE_MS = 30_000

/** So many times an error that is no `StoreError` counts as passing; then as the batch's own fault. */
const PATIENCE = 3

/** With more records in one unit than this, no single one is looked for: all of it is reduced. */
const MOST_SINGLED_OUT = 64

export class BatchWriter {
  readonly #options: BatchWriterOptions

  constructor(options: BatchWriterOptions) {
    this.#options = options
  }

  /** Asks the store until it answers. Ends only so, with STORE_REJECTED, or when the signal ends it. */
  async untilAvailable<T>(act: () => Promise<T>): Promise<T> {
    for (let failures = 1, strange = 0; ; failures++) {
      this.#options.signal.throwIfAborted()
      try {
        const result = await act()
        this.#options.onStore('ok')
        return result
      } catch (cause) {
        const error = asStoreError(cause, (strange += cause instanceof StoreError ? 0 : 1))
        this.#options.onError(error.code)
        if (error.code === 'STORE_REJECTED') throw error
        this.#options.onStore('unavailable')
        await setTimeout(this.#pause(failures), undefined, { signal: this.#options.signal })
      }
    }
  }

  /** Resolves when all `units` are in the store, and `position` with them. */
  async write(writer: RecordWriter, origin: Origin, units: readonly Unit[], position: number): Promise<void> {
    if (await this.#try(writer, origin, units, position)) return
    const half = units.length >> 1
    const [first, second] = [units.slice(0, half), units.slice(half)]
    const middle = first.at(-1)
    const [only] = units
    if (middle === undefined) {
      if (only !== undefined) await this.#writeRefused(writer, origin, only, position)
      return
    }
    await this.write(writer, origin, first, middle.n)
    await this.write(writer, origin, second, position)
  }

  /** `false`: the store will not have it. */
  async #try(writer: RecordWriter, origin: Origin, units: readonly Unit[], position: number): Promise<boolean> {
    try {
      await this.untilAvailable(() =>
        writer.write({ origin, position, records: units.flatMap((unit) => unit.records) }),
      )
      return true
    } catch (error) {
      if (error instanceof StoreError && error.code === 'STORE_REJECTED') return false
      throw error
    }
  }

  async #writeRefused(writer: RecordWriter, origin: Origin, unit: Unit, position: number): Promise<void> {
    for (let round = 1; ; round++) {
      for (const records of reductionsOf(unit.records)) {
        if (await this.#try(writer, origin, [{ n: unit.n, records }], position)) {
          this.#options.onError('RECORD_REDUCED')
          return
        }
      }
      // A store that refuses even the barest entry refuses everything: that is no fault of this one, so wait. Then it
      // is tried whole again, lest an entry is cut for a fault of the store that has passed.
      this.#options.onStore('unavailable')
      await setTimeout(this.#pause(round + 2), undefined, { signal: this.#options.signal })
      if (await this.#try(writer, origin, [unit], position)) return
    }
  }

  /** Exponential, capped, and scattered by half, so that many recorders do not come back as one. */
  #pause(failures: number): number {
    const pause = Math.min(this.#options.pauseMs * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_MS)
    return pause * (0.5 + Math.random() / 2)
  }
}

/** Ways to say `records` in fewer words, the least lossy first: one record reduced, then all. */
function* reductionsOf(records: readonly QueryRecord[]): Generator<readonly QueryRecord[]> {
  for (const reduce of REDUCTIONS) {
    if (records.length > 1 && records.length <= MOST_SINGLED_OUT) {
      for (const one of records) yield records.map((record) => (record === one ? reduce(record) : record))
    }
    yield records.map(reduce)
  }
}

function asStoreError(error: unknown, strange: number): StoreError {
  if (error instanceof StoreError) return error
  const code = strange > PATIENCE ? 'STORE_REJECTED' : 'STORE_UNAVAILABLE'
  return new StoreError(code, 'the store failed in an unexpected way', { cause: error })
}
