/**
 * One deletion, from the entry that it begins to the entry that it is over.
 *
 * Nothing is deleted of which no entry tells: the first entry is durable before the first piece. What each piece deletes is
 * counted in its own transaction, so a process that ends in between leaves a true count, and a deletion that is begun and not
 * ended, in the log too. The next one to delete anything goes on with it first, by its own filter, and writes the entry that
 * it is over; that entry has its number in advance, so it is there once even if the process ends right behind it.
 */
import type { LogIdMint } from '../../schema/record/ids.ts'
import type { Kept } from '../../schema/record/retention.ts'
import { StoreError } from '../../schema/store/store.ts'
import type { Deletion, Holder, RecordWriter, Retention } from '../../schema/store/store.ts'
import { Pace } from './pace.ts'
import { begins, type Deleter, ended } from './words.ts'

export interface Deleting {
  readonly retention: Retention
  readonly writer: Pick<RecordWriter, 'write'>
  readonly mint: LogIdMint
  readonly by: Deleter
  /** Of this process, and no other. */
  readonly holder: string
  readonly now: () => number
  readonly rest: (ms: number) => Promise<unknown>
  /** Asked between two pieces. */
  readonly isStopped: () => boolean
}

export type Deleted =
  /** `ended`: also one that somebody else had begun, before the one that was wanted. */
  | { readonly kind: 'ended'; readonly ended: readonly Deletion[] }
  /** Another process is at it. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'stopped' }

/** A process that says nothing for so long is taken to be gone. */
const LEASE_MS = 120_000
/** How long a store that is away, or busy, is waited for. */
const PATIENCE_MS = 60_000
const FIRST_WAIT_MS = 20
const LONGEST_WAIT_MS = 2_000

/** @throws StoreError */
export async function deleteOlder(deleting: Deleting, kept: Kept, before: number): Promise<Deleted> {
  const all: Deletion[] = []
  try {
    for (;;) {
      const claimed = await patiently(deleting, () => deleting.retention.claim({ kept, before }, holderOf(deleting)))
      if (claimed === null) return { kind: 'busy' }
      const done = await goThrough(deleting, claimed)
      if (done === null) return { kind: 'stopped' }
      all.push(done)
      if (claimed.kept === kept && claimed.before === before) return { kind: 'ended', ended: all }
    }
  } catch (error) {
    if (error instanceof StoreError && error.code === 'DELETION_LOST') return { kind: 'busy' }
    throw error
  }
}

/** @returns `null`: stopped between two pieces */
async function goThrough(deleting: Deleting, deletion: Deletion): Promise<Deletion | null> {
  const { retention, writer, mint, by, now, rest } = deleting
  const { run } = deletion
  const began = now()
  const entry = (of: Deletion) => ({ deletion: of, by, logId: mint.next(now()), at: now() })
  // Of one that is gone on with the entry is there already, and this does nothing.
  await patiently(deleting, () => writer.write(begins(entry(deletion))))
  const pace = new Pace(retention.pace)
  for (;;) {
    if (deleting.isStopped()) return null
    const piece = await patiently(deleting, () => retention.deletePiece(run, holderOf(deleting), pace.entries))
    if (piece.isLast) break
    pace.took(piece.heldMs)
    await rest(Math.max(retention.pace.restMs, piece.heldMs))
  }
  const done = await patiently(deleting, () => retention.deletion(run))
  await patiently(deleting, () => writer.write(ended(entry(done), now() - began)))
  await patiently(deleting, () => retention.finish(run, now()))
  return done
}

function holderOf({ holder, now }: Deleting): Holder {
  return { name: holder, now: now(), until: now() + LEASE_MS }
}

/** Somebody else is writing, or the store is away for a moment: all of this can be tried again. */
async function patiently<T>({ rest }: Deleting, work: () => Promise<T>): Promise<T> {
  let waited = 0
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StoreError) || error.code !== 'STORE_UNAVAILABLE' || waited > PATIENCE_MS) throw error
    }
    waited += wait
    await rest(wait)
  }
}
