/**
 * The recorder: reads the journal on from its checkpoint, has each exchange interpreted, and brings the records into the
 * store, each exactly once. It runs on a thread of its own (`recorder-thread.ts`), where no fault of a parser and no
 * absence of the database can touch a BI user; nothing here knows of threads.
 *
 * Exactly once. Records are made when the frame that completes them is read (`answered`; `gap`; for what never got an
 * answer, the `opened` or `closed` of a process), and the ordinal of that frame is committed with them, in one
 * transaction. After a crash the store's position decides: what was made at or before it is there. So a batch whose
 * commit succeeded and whose answer was lost is neither lost nor doubled.
 *
 * `checkpoint.json` only shortens the way: where to read on, and which questions before it wait for their answer (by
 * place, not by content). It is written after the commit it speaks of. Segments wholly before the oldest place it names
 * are released.
 *
 * What exchanges teach (`proxy/protocol/knowledge.ts`) is taken in as their frames are read, in the order of the journal,
 * and kept beside the checkpoint (`knowledge-files.ts`). An exchange on which the interpreter fails teaches nothing. What
 * the store has already is read again after a crash for what it teaches alone, from where the knowledge on disk ends.
 *
 * Memory. At most two batches are held (one is written while the next is made), and unanswered questions up to a limit;
 * beyond it only their places. An answer that takes days, such as a WebSocket's, costs one place, and the disk space of
 * the journal since. What one process left unanswered is written in one transaction, as many as were under way at once.
 *
 * A journal that was set back (a restored backup, a disk that lied about its syncs) gives ordinals a second time which the
 * store takes for known: entries would vanish. So once in each process, before anything is shipped, the first ordinal of
 * the process is compared with the store's position; if the store is already past it, and what it has there are not these
 * very entries (`set-back.ts`: the checkpoint alone may have been set back), entries from there on are shipped under a new
 * origin, and the operator is told (`RECORDER_JOURNAL_SET_BACK`). That it is still to be done is noted before the first
 * query (`noteProcess`): a process that dies before its recorder has begun is compared by the next one's.
 *
 * A store that was set back (a restored backup, a database begun anew) has less than the checkpoint says was committed.
 * It is then read again from the oldest segment there is, and the operator is told (`RECORDER_STORE_SET_BACK`); what lay
 * in segments released since is gone with the database it stood in.
 *
 * Left to others: the store's transactions (`schema/store`), what an exchange means (`proxy/protocol`), how many frames
 * are durable (`proxy/journal` says so, `durable` hands it on).
 */
import type { QueryRecord } from '../../schema/record/record.ts'
import type { RecordWriter } from '../../schema/store/store.ts'
import { freshCheckpoint, oldestPlace, readCheckpoint, startOf, writeCheckpoint } from '../journal/checkpoint.ts'
import type { Checkpoint } from '../journal/checkpoint.ts'
import { type Disk, nodeDisk } from '../journal/disk.ts'
import { loadIdentity, mintOrigin, readSegmentHead } from '../journal/identity.ts'
import type { Identity } from '../journal/identity.ts'
import { JournalError } from '../journal/journal-error.ts'
import { JournalReader } from '../journal/reader.ts'
import type { Position } from '../journal/reader.ts'
import { listSegments } from '../journal/segment.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import { BatchWriter } from './batch-writer.ts'
import type { Unit } from './batch-writer.ts'
import { Gathering } from './gathering.ts'
import { KnowledgeFiles } from './knowledge-files.ts'
import { Knowing } from './knowing.ts'
import type { Taught } from './knowing.ts'
import { Pairing } from './pairing.ts'
import { oldestAskedAt } from './oldest.ts'
import { tallyOf } from './tally.ts'
import type { Tally } from './tally.ts'
import { setBackFrom } from './set-back.ts'
import type { Doubt, Known } from './set-back.ts'
import { StatusFile } from './status-file.ts'
import { Understanding, type UnderstandingOptions } from './understanding.ts'

export interface RecorderOptions extends UnderstandingOptions {
  /** Of the journal. */
  readonly folder: string
  /** Ordinal of the frame with which the journal's process began. */
  readonly openedAt: number
  /** `true`: another recorder of this process has already compared journal and store. */
  readonly compared?: boolean
  readonly openWriter: () => Promise<RecordWriter>
  /** Knows what the exchanges do not say of their users: asked once for each batch, and tells how to fill it in. */
  readonly place?: (records: readonly QueryRecord[]) => Promise<(record: QueryRecord) => QueryRecord>
  readonly onStatus?: (status: RecorderStatus) => void
  /** These entries are in the store now. */
  readonly onWritten?: (tally: Tally) => void
  /** Something went wrong; a code, never what it concerned. */
  readonly onTrouble?: (code: string) => void
  readonly onCompared?: () => void
  /** Everything before `position` is in the store. */
  readonly onRelease?: (position: Position) => void
  /** The recorder has read up to `durable` and waits for more. */
  readonly onIdle?: (durable: number) => void
  readonly pauseMs?: number
  readonly statusMs?: number
  readonly batchRecords?: number
  readonly batchBytes?: number
  readonly keepBytes?: number
  readonly now?: () => number
  /** What checkpoint and knowledge are written to. */
  readonly disk?: Disk
}

interface Batch {
  readonly units: readonly Unit[]
  /** What its exchanges taught; also those whose records the store has already. */
  readonly taught: readonly Taught[]
  /** When the first query of it was asked. */
  readonly oldestAt: number | null
  /** Where things stand once it is written. */
  readonly after: Pick<Checkpoint, 'position' | 'lastSeq' | 'lastAt' | 'pending'>
  /** There is more to read at once. */
  readonly full: boolean
}

/** What is read, and how it is read. */
interface Source {
  readonly reader: JournalReader
  readonly pairing: Pairing
  readonly understanding: Understanding
}

export class Recorder {
  readonly #options: RecorderOptions
  readonly #disk: Disk
  readonly #abort = new AbortController()
  readonly #writer: BatchWriter
  readonly #status: StatusFile
  #saving: Promise<void> = Promise.resolve()
  #durable = 0
  #draining = false
  #wake: () => void = () => undefined
  #store: RecordWriter | null = null
  #mark = 0
  #oldestTold = false
  /** Frames up to this ordinal have led to what the store already has. */
  #skipTo = 0
  /** Nothing of this journal was ever written: so none of it was released, and what is missing at its beginning is lost. */
  #isFirst = false
  #knowing: Knowing | null = null
  #checkpoint: Checkpoint | null = null
  #savedCheckpoint: Checkpoint | null = null

  constructor(options: RecorderOptions) {
    this.#options = options
    this.#disk = options.disk ?? nodeDisk
    this.#status = new StatusFile(options.folder, options.statusMs ?? 1000, options.now ?? Date.now, (status) =>
      options.onStatus?.(status),
    )
    this.#writer = new BatchWriter({
      signal: this.#abort.signal,
      pauseMs: options.pauseMs ?? 250,
      onStore: (state) => {
        this.#status.change({ store: state })
        if (state === 'unavailable') this.#tellOldest()
      },
      onError: (code) => this.#trouble(code),
    })
  }

  /** Frames up to ordinal `n` may be read: they will not be taken back. */
  durable(n: number): void {
    this.#durable = Math.max(this.#durable, n)
    this.#status.change({ appended: this.#durable })
    this.#wake()
  }

  /** What another process of the same proxy has learnt. */
  learn(taught: Taught): void {
    this.#knowing?.learnFromOthers(taught)
  }

  /** Ships what is durable now, for at most `withinMs`; then {@link run} returns. */
  stop(withinMs: number): void {
    this.#draining = true
    this.#wake()
    setTimeout(() => this.#abort.abort(), withinMs).unref()
  }

  /** Runs until stopped. Throws what nobody here can mend: the journal can no longer be read. */
  async run(): Promise<void> {
    const identity = await this.#prepare()
    const saving = setInterval(() => void this.#save(), this.#options.statusMs ?? 1000)
    this.#status.begin()
    try {
      await this.#meetStore(identity)
      await this.#shipFrom(identity, await this.#recall())
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error
    } finally {
      clearInterval(saving)
      await this.#save('at once')
      await this.#status.end()
      await this.#store?.close()
    }
  }

  async #shipFrom(identity: Identity, understanding: Understanding): Promise<void> {
    const reader = new JournalReader(this.#options.folder, identity.mark, startOf(this.#known()))
    try {
      await this.#ship({ reader, pairing: await this.#pairingFor(identity), understanding })
    } finally {
      await reader.close()
    }
  }

  async #prepare(): Promise<Identity> {
    const { folder, openedAt, compared } = this.#options
    const identity = await loadIdentity(folder)
    if (identity === null) throw new JournalError('JOURNAL_DAMAGED', `there is no readable journal in ${folder}`)
    const checkpoint = (await readCheckpoint(folder, identity.origin)) ?? freshCheckpoint(identity.origin)
    const isCompared = checkpoint.comparedAt === openedAt || compared === true
    const uncomparedFrom = isCompared ? null : (checkpoint.uncomparedFrom ?? openedAt)
    this.#checkpoint = { ...checkpoint, uncomparedFrom }
    const { position, lastSeq, shipAs } = checkpoint
    const oldestUnshippedAt = await oldestAskedAt(folder, identity.mark, startOf(checkpoint))
    this.#mark = identity.mark
    this.#oldestTold = oldestUnshippedAt !== null
    this.#status.change({ origin: shipAs.origin, shipped: position.n, shippedSeq: lastSeq, oldestUnshippedAt })
    await this.#save()
    return identity
  }

  async #pairingFor(identity: Identity): Promise<Pairing> {
    const { folder, keepBytes = 32 * 1024 * 1024 } = this.#options
    const checkpoint = this.#known()
    const known = startOf(checkpoint) !== undefined
    return new Pairing({
      origin: checkpoint.shipAs.origin,
      lastSeq: known ? checkpoint.lastSeq : this.#isFirst ? 0 : await seqBefore(folder),
      lastAt: checkpoint.lastAt,
      pending: checkpoint.pending,
      readAgain: (place) => JournalReader.frameAt(folder, identity.mark, place),
      keepBytes,
    })
  }

  /** Opens the store and finds out what it has. Takes as long as the store takes. */
  async #meetStore(identity: Identity): Promise<void> {
    const store = await this.#writer.untilAvailable(() => this.#options.openWriter())
    this.#store = store
    const checkpoint = this.#known()
    const { shipAs, uncomparedFrom } = checkpoint
    const position = await this.#writer.untilAvailable(() => store.position(shipAs.origin))
    this.#skipTo = Math.max(position, shipAs.from - 1)
    this.#isFirst = this.#skipTo === 0 && checkpoint.written === 0
    if (uncomparedFrom !== null && position >= uncomparedFrom)
      await this.#compare(identity, store, { uncomparedFrom, position })
    else if (position < checkpoint.written) this.#readAllAgain()
    this.#checkpoint = { ...this.#known(), comparedAt: this.#options.openedAt, uncomparedFrom: null }
    // Before the first write: a recorder that follows must not take what this one has written for a journal set back.
    await this.#save()
    this.#options.onCompared?.()
  }

  /** The store is past a frame that it ought not to know yet: is it this journal's, or that of one before it? */
  async #compare(
    identity: Identity,
    store: RecordWriter,
    at: Pick<Doubt, 'uncomparedFrom' | 'position'>,
  ): Promise<void> {
    const { folder, openedAt } = this.#options
    const { origin } = this.#known().shipAs
    const holds = (entry: Known) => this.#writer.untilAvailable(() => store.holds({ origin, ...entry }))
    const reader = new JournalReader(folder, identity.mark, startOf(this.#known()))
    try {
      const pairing = await this.#pairingFor(identity)
      const from = await setBackFrom({ ...at, reader, pairing, openedAt, holds })
      if (from !== null) this.#renameFrom(from)
    } finally {
      await reader.close()
    }
  }

  /** What was known where reading begins: nothing of what the store does not have yet may be known beforehand. */
  async #recall(): Promise<Understanding> {
    const { origin, position } = this.#known()
    const knowing = new Knowing(new KnowledgeFiles(this.#options.folder, origin, this.#disk))
    const broken = await knowing.read(Math.max(this.#skipTo, position.n))
    if (broken) this.#trouble('RECORDER_KNOWLEDGE')
    this.#knowing = knowing
    return new Understanding(this.#options, knowing, (code) => this.#trouble(code))
  }

  /** The first query may have come while the store was away from the beginning: since when do entries wait? */
  #tellOldest(): void {
    const checkpoint = this.#known()
    if (this.#store !== null || this.#oldestTold) return
    oldestAskedAt(this.#options.folder, this.#mark, startOf(checkpoint)).then(
      (oldestUnshippedAt) => {
        if (this.#store !== null || oldestUnshippedAt === null) return
        this.#oldestTold = true
        this.#status.change({ oldestUnshippedAt })
      },
      // A journal that cannot be read is told by the shipping, which meets the same.
      () => undefined,
    )
  }

  /** The store has less than it was given: whatever the journal still holds is shipped once more, from the oldest on. */
  #readAllAgain(): void {
    const { origin, shipAs, comparedAt, uncomparedFrom } = this.#known()
    this.#checkpoint = { ...freshCheckpoint(origin), shipAs, comparedAt, uncomparedFrom }
    this.#status.change({ shipped: 0, shippedSeq: 0 })
    this.#trouble('RECORDER_STORE_SET_BACK')
  }

  #renameFrom(n: number): void {
    const checkpoint = this.#known()
    const name = checkpoint.origin.replace(/-[0-9a-f]{6}$/, '')
    const shipAs = { origin: mintOrigin(name), from: n }
    this.#checkpoint = { ...checkpoint, shipAs, written: 0 }
    this.#skipTo = n - 1
    this.#status.change({ origin: shipAs.origin })
    this.#trouble('RECORDER_JOURNAL_SET_BACK')
  }

  async #ship(source: Source): Promise<void> {
    let writing: Promise<void> = Promise.resolve()
    for (;;) {
      const limit = this.#durable
      const batch = await this.#gather(source, limit)
      await writing
      writing = this.#commit(batch)
      writing.catch(() => undefined) // awaited in the next turn, or right below
      if (batch.full) continue
      await writing
      if (this.#durable > limit) continue
      if (this.#draining) return
      await this.#more(limit)
    }
  }

  /** Reads until there is a batch, or nothing more up to `limit`. */
  async #gather({ reader, pairing, understanding }: Source, limit: number): Promise<Batch> {
    const { batchRecords = 1000, batchBytes = 4 * 1024 * 1024 } = this.#options
    const gathering = new Gathering({ records: batchRecords, bytes: batchBytes })
    let full = false
    const deadline = performance.now() + LONGEST_GATHERING_MS
    while (!full) {
      this.#abort.signal.throwIfAborted()
      // Almost every frame is at hand, and its question too: only then is nothing waited for.
      const reading = reader.ready(limit) ?? (await reader.next(limit))
      if (reading === null) break
      if (reading.kind === 'damaged') {
        this.#trouble('JOURNAL_DAMAGED')
        continue
      }
      const { n } = reading.frame
      const taken = pairing.take(reading.frame, reading.at)
      const happenings = taken instanceof Promise ? await taken : taken
      const stored = n <= this.#skipTo
      // What the store has already may still have to be learnt from.
      if (stored && understanding.knows(n)) continue
      const records = happenings.flatMap((one) => understanding.recordsOf(one, { n, stored }, gathering))
      if (!stored) gathering.add(n, records)
      full = gathering.isFull || performance.now() > deadline
    }
    const { lastSeq, lastAt, pending } = pairing
    const units = await this.#placed(gathering.finish())
    const oldestAt = units[0]?.records[0]?.askedAt ?? null
    return {
      units,
      taught: gathering.taught,
      oldestAt,
      after: { position: reader.position, lastSeq, lastAt, pending },
      full,
    }
  }

  /** Entries are made all the same where nothing can be found out. */
  async #placed(units: readonly Unit[]): Promise<readonly Unit[]> {
    const { place } = this.#options
    if (place === undefined || units.length === 0) return units
    const fill = await place(units.flatMap((unit) => unit.records))
    return units.map((unit) => ({ ...unit, records: unit.records.map(fill) }))
  }

  /** What is not in the journal went wrong, and cost something in the entries: `code` says what. */
  trouble(code: string): void {
    this.#status.change({ lastError: code })
  }

  async #commit(batch: Batch): Promise<void> {
    const store = this.#store
    const last = batch.units.at(-1)
    if (last !== undefined && store !== null) {
      this.#status.change({ oldestUnshippedAt: batch.oldestAt })
      await this.#writer.write(store, this.#known().shipAs.origin, batch.units, batch.after.position.n)
      this.#skipTo = Math.max(this.#skipTo, last.n)
      this.#options.onWritten?.(tallyOf(batch.units))
    }
    const { position, lastSeq } = batch.after
    this.#knowing?.settle(batch.taught)
    const written = last === undefined ? this.#known().written : position.n
    this.#checkpoint = { ...this.#known(), ...batch.after, written }
    this.#status.change({ shipped: position.n, shippedSeq: lastSeq, oldestUnshippedAt: null })
  }

  async #more(limit: number): Promise<void> {
    const more = new Promise<void>((resolve) => (this.#wake = resolve))
    this.#options.onIdle?.(limit)
    if (this.#durable === limit && !this.#draining) await more
    this.#wake = () => undefined
  }

  #trouble(code: string): void {
    this.#status.change({ lastError: code })
    this.#options.onTrouble?.(code)
  }

  #known(): Checkpoint {
    if (this.#checkpoint === null) throw new JournalError('JOURNAL_DAMAGED', 'the recorder has not begun')
    return this.#checkpoint
  }

  /** Keeps the checkpoint, if it has changed, and lets go of what lies before it. One at a time: a newer one must win. */
  #save(when: 'at once' | 'if due' = 'if due'): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow(when))
    return this.#saving
  }

  async #saveNow(when: 'at once' | 'if due'): Promise<void> {
    const [checkpoint, knowing] = [this.#checkpoint, this.#knowing]
    if (checkpoint === null || checkpoint === this.#savedCheckpoint) return
    if (when === 'if due' && knowing?.isDue === false) return
    try {
      const written = await knowing?.write(checkpoint.position.n)
      await writeCheckpoint(this.#options.folder, checkpoint, this.#disk)
      this.#savedCheckpoint = checkpoint
      written?.()
      // Not before the store has been asked: a restored one may need again what the checkpoint says it has.
      if (this.#store !== null && checkpoint.uncomparedFrom === null) this.#options.onRelease?.(oldestPlace(checkpoint))
    } catch {
      // The disk of the journal is full or failing, which the journal tells. Nothing is lost by an older checkpoint.
      this.#trouble('RECORDER_CHECKPOINT')
    }
  }
}

/** A batch is written after at most so long, however few its records: some are slow to interpret. */
const LONGEST_GATHERING_MS = 500

/** Last number given before the oldest segment; `null` when its head cannot be read. */
async function seqBefore(folder: string): Promise<number | null> {
  const [oldest] = await listSegments(folder)
  return oldest === undefined ? null : ((await readSegmentHead(folder, oldest))?.head.seq ?? null)
}
