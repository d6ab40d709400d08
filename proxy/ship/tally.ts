/** How many entries of each kind a batch brought into the store: what the metrics count, without anything of a query. */
import type { OpaqueReason, Outcome, QueryRecord } from '../../schema/record/record.ts'
import type { Unit } from './batch-writer.ts'

export interface Tally {
  readonly entries: readonly EntryCount[]
  /** Statements that could not be understood, by reason. */
  readonly opaque: ReadonlyMap<OpaqueReason, number>
  /** Answers that could not be read. */
  readonly unread: number
}

/** `module` as in the record: it may come from the wire. */
export interface EntryCount {
  readonly outcome: Outcome
  readonly module: string | null
  readonly count: number
}

export function tallyOf(units: readonly Unit[]): Tally {
  const entries = new Map<Outcome, Map<string | null, number>>()
  const opaque = new Map<OpaqueReason, number>()
  let unread = 0
  for (const record of units.flatMap((unit) => unit.records)) {
    const modules = entries.get(record.outcome) ?? new Map<string | null, number>()
    entries.set(record.outcome, modules)
    add(modules, record.module)
    if (record.opaque !== null) add(opaque, record.opaque)
    if (isUnread(record)) unread += 1
  }
  return { entries: [...entries].flatMap(([outcome, modules]) => counts(outcome, modules)), opaque, unread }
}

function counts(outcome: Outcome, modules: ReadonlyMap<string | null, number>): readonly EntryCount[] {
  return [...modules].map(([module, count]) => ({ outcome, module, count }))
}

/** Several statements of one request have one answer; of a request cut off by a crash nobody knows whether it had one. */
function isUnread({ decoded, part, outcome }: QueryRecord): boolean {
  return !decoded && part === 0 && outcome !== 'unknown'
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
