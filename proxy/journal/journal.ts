/**
 * The journal: what was asked, on disk before its answer leaves.
 *
 * A folder of append-only segments. `ask` gives a query its number and id, puts one frame behind the last, and resolves
 * once an fdatasync that covers it has returned. One write and sync is under way at a time; what arrives meanwhile goes
 * with the next (group commit: DEPENDENCIES section 12 has the measurements). `answer` travels in the same stream and
 * waits for nobody.
 *
 * Invariants
 * - Ordinals `n` (frames) and numbers `seq` (exchanges) grow by one for the whole life of the journal. A number that was
 *   given is written, in this segment or a later one; so a hole can only come from damage, and shows as what it is.
 * - What `n` stands for never changes. A frame written twice is twice the same bytes.
 * - Never again a write to a file of an earlier process, or to one on which a write or sync has failed. Opening therefore
 *   always begins a new segment, and nothing is ever truncated: a torn tail stays where it is, as evidence, and readers
 *   pass over it because no ordinal is missing behind it.
 *
 * When a write or sync fails (disk full, I/O error)
 * 1. The journal is broken: `ready` is false, and everybody who waits is told; their answers are withheld.
 * 2. The frames that were not acknowledged stay in memory with their numbers. Of those in the failed write nobody can
 *    say whether they are on disk: they may be there wholly, torn, or in part.
 * 3. After a pause that grows, a new segment is begun whose `first` is the ordinal behind the last acknowledged one, and
 *    all these frames are written there. When that sync returns the journal is ready again, and a `gap` follows for
 *    what `miss` has counted. Should it fail too, that segment is removed, and 3. is tried again.
 * So a query whose answer was withheld is nevertheless an entry, and nothing has to account for lost numbers. If the
 * process dies before 3. succeeds, what never reached the disk was never acknowledged either, and its numbers are given
 * anew by the next process, behind those that are found on disk.
 *
 * A crash at any instant leaves at worst a segment with a torn end, or one without a header: a name that is not used
 * again. Clock set back: ids go on behind the last one found.
 *
 * Left to others: what to do with a query while the journal is broken (`proxy/forward`), what frames mean
 * (`proxy/ship`, `proxy/protocol`). Known hole: a disk that says it has synced and has not. The recorder finds out when
 * the store knows more than the journal, and ships under a new name from there (`proxy/ship/recorder.ts`).
 */
import type { Answered, Asked, Configured, CookieTurn, Ticket, Witness } from '../exchange.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import type { LogId, Origin } from '../../schema/record/ids.ts'
import type { Disk } from './disk.ts'
import { nodeDisk, removeUnfinished } from './disk.ts'
import { findEnd, journalBytes } from './end.ts'
import type { JournalEnd } from './end.ts'
import { bodyOf, headOf } from './entry.ts'
import type { Frame } from './entry.ts'
import { encodeFrame } from './frame.ts'
import { freshIdentity, loadIdentity, saveIdentity } from './identity.ts'
import type { Identity } from './identity.ts'
import { JournalError } from './journal-error.ts'
import type { JournalErrorCode } from './journal-error.ts'
import { lockFolder } from './lock.ts'
import type { Lock } from './lock.ts'
import { Misses } from './misses.ts'
import { releaseSegments } from './release.ts'
import type { Position } from './reader.ts'
import { listSegments, SegmentWriter } from './segment.ts'

export interface JournalOptions {
  readonly folder: string
  /** Readable part of the origin. */
  readonly name: string
  /** A segment is followed by a new one when it has grown to this size. */
  readonly segmentBytes?: number
  /** How much may wait for the disk before further queries are refused. */
  readonly maxWaitingBytes?: number
  /** The first pause before a broken journal is tried again; doubles up to {@link LONGEST_PAUSE_MS}. */
  readonly pauseMs?: number
  readonly now?: () => number
  readonly fs?: Disk
  /** Part of the ids of a journal that begins here; absent: drawn by lot. */
  readonly journalNumber?: number
  /** Of the folder, where the caller has it already; then it is for the caller to release. */
  readonly lock?: Lock
  readonly onState?: (state: JournalState) => void
  /** A group of frames has become durable, and that took so long. */
  readonly onSync?: (tookMs: number) => void
}

export type JournalState = { readonly kind: 'ready' } | { readonly kind: 'broken'; readonly error: JournalError }

export interface JournalStats {
  /** Last ordinal given, and last ordinal that is durable. */
  readonly appended: number
  readonly durable: number
  /** Last number of an exchange. */
  readonly seq: number
  readonly segments: number
  readonly bytes: number
  readonly waitingBytes: number
  readonly lastSyncMs: number
  /** Queries counted by `miss` that are not yet an entry. */
  readonly missed: number
  readonly broken: JournalErrorCode | null
}

export const LONGEST_PAUSE_MS = 10_000

interface Waiting {
  readonly n: number
  readonly bytes: Buffer
  readonly waiter: PromiseWithResolvers<void> | null
}

/**
 * Opens the journal in `folder`, or makes one. Resolves also when its first segment cannot be written: it is then broken
 * like any other, and goes on trying.
 *
 * @throws JournalError JOURNAL_LOCKED, or JOURNAL_OPEN and JOURNAL_SYNC when the folder cannot be used at all
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { folder } = options
  const disk = options.fs ?? nodeDisk
  await disk.makeFolder(folder).catch((cause: unknown) => {
    throw new JournalError('JOURNAL_OPEN', `the journal folder ${folder} cannot be used`, { cause })
  })
  const lock = options.lock === undefined ? await lockFolder(folder) : NOT_OURS
  try {
    await removeUnfinished(disk, folder)
    const { identity, end } = await settleIdentity(options, disk)
    const segments = await listSegments(folder)
    const journal = new Journal(options, disk, lock, identity, end, segments, await journalBytes(folder))
    await journal.begin()
    return journal
  } catch (error) {
    lock.release()
    throw error
  }
}

const NOT_OURS: Lock = { release: () => undefined }

/** Without a readable segment behind it, an identity is not used again: nobody knows which numbers it has given. */
async function settleIdentity({ folder, name, journalNumber }: JournalOptions, disk: Disk) {
  const known = await loadIdentity(folder)
  const end = known === null ? null : await findEnd(folder, known)
  const identity = known !== null && end !== null ? known : freshIdentity(name, journalNumber)
  await saveIdentity(disk, folder, identity)
  return { identity, end: end ?? { n: 0, seq: 0, logId: null } }
}

export class Journal implements Witness {
  readonly origin: Origin
  readonly folder: string
  readonly #identity: Identity
  readonly #disk: Disk
  readonly #lock: Lock
  readonly #now: () => number
  readonly #mint: LogIdMint
  readonly #segmentBytes: number
  readonly #maxWaitingBytes: number
  readonly #firstPauseMs: number
  readonly #onState: (state: JournalState) => void
  readonly #onSync: (tookMs: number) => void
  readonly #misses = new Misses()
  readonly #listeners = new Set<(durable: number) => void>()

  /** Last ordinal, number and id given. */
  #n: number
  #seq: number
  #logId: LogId | null
  /** Last ordinal that is durable, and what number and id had been given there: the next segment's head says so. */
  #durable: JournalEnd
  #opened = 0

  /** Frames not yet acknowledged, in order. Owned by the pump from the moment it takes them until it is done. */
  #queue: Waiting[] = []
  #waitingBytes = 0
  #segment: SegmentWriter | null = null
  #segments: readonly number[]
  #lastSegment: number
  #bytes: number
  #lastSyncMs = 0

  #pumping = false
  #broken: JournalError | null = null
  #pauseMs = 0
  #closing = false
  /** Closed, and the folder given free: nothing may be written any more. */
  #ended = false
  #endPause: () => void = () => undefined
  #closed: Promise<void> | null = null
  #onIdle: () => void = () => undefined
  #releasing: Promise<void> = Promise.resolve()

  constructor(
    options: JournalOptions,
    disk: Disk,
    lock: Lock,
    identity: Identity,
    end: JournalEnd,
    segments: readonly number[],
    bytes: number,
  ) {
    this.origin = identity.origin
    this.folder = options.folder
    this.#identity = identity
    this.#disk = disk
    this.#lock = lock
    this.#now = options.now ?? Date.now
    this.#segmentBytes = options.segmentBytes ?? 64 * 1024 * 1024
    this.#maxWaitingBytes = options.maxWaitingBytes ?? 256 * 1024 * 1024
    this.#firstPauseMs = options.pauseMs ?? 100
    this.#onState = options.onState ?? (() => undefined)
    this.#onSync = options.onSync ?? (() => undefined)
    this.#mint =
      end.logId === null ? new LogIdMint(identity.journalNumber) : new LogIdMint(identity.journalNumber, end.logId)
    this.#n = end.n
    this.#seq = end.seq
    this.#logId = end.logId
    this.#durable = end
    this.#segments = segments
    this.#lastSegment = segments.at(-1) ?? 0
    this.#bytes = bytes
  }

  /** Called once, by {@link openJournal}: marks where this process begins. */
  async begin(): Promise<void> {
    const opened = Promise.withResolvers<void>()
    this.#opened = this.#n + 1
    this.#append({ kind: 'opened', n: this.#opened, at: this.#now() }, opened)
    await opened.promise.catch(() => undefined) // told through `onState` and `ready`; the pump goes on trying
  }

  get ready(): boolean {
    return this.#refusal() === null
  }

  /** Ordinal up to which everything would survive a power cut. */
  get durablePosition(): number {
    return this.#durable.n
  }

  /** Ordinal of the frame with which this process began. */
  get openedPosition(): number {
    return this.#opened
  }

  /** Calls `listener` with {@link durablePosition} whenever it has grown, until the function returned is called. */
  onDurable(listener: (durable: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * See `Witness.ask`. A query that is refused here (journal broken, overloaded, closed, or query too large) gets no
   * number: its ticket has `seq` 0, and `answer` passes over it.
   */
  ask(asked: Asked): { readonly ticket: Ticket; readonly durable: Promise<void> } {
    const kept = Promise.withResolvers<void>()
    // Whoever has gone away meanwhile leaves a rejection nobody waits for; those who wait still get it.
    kept.promise.catch(() => undefined)
    const ticket = { seq: this.#seq + 1, logId: this.#mint.next(this.#now()) }
    const refusal = this.#refusal() ?? this.#append({ kind: 'asked', n: this.#n + 1, ...ticket, asked }, kept)
    if (refusal === null) return { ticket, durable: kept.promise }
    kept.reject(refusal)
    return { ticket: { ...ticket, seq: 0 }, durable: kept.promise }
  }

  answer(ticket: Ticket, answered: Answered): void {
    if (ticket.seq === 0 || this.#closing) return
    // One too large for a frame does not exist: its lists are bounded by `proxy/answer` and `proxy/forward`.
    this.#append({ kind: 'answered', n: this.#n + 1, seq: ticket.seq, answered }, null)
  }

  turn(ticket: Ticket, turn: CookieTurn): void {
    if (ticket.seq === 0 || this.#closing) return
    this.#append({ kind: 'turn', n: this.#n + 1, seq: ticket.seq, turn }, null)
  }

  /**
   * Writes that the set-up was changed. Taken also while the journal is broken, and then written as soon as it can be:
   * whoever changes has kept the change elsewhere meanwhile (`proxy/reload/change-log.ts`), under `mark`.
   *
   * @returns when it is durable; rejects when that cannot be said yet, or the journal is closed
   */
  configure(mark: string, configured: Configured): Promise<void> {
    const kept = Promise.withResolvers<void>()
    kept.promise.catch(() => undefined)
    const ticket = { seq: this.#seq + 1, logId: this.#mint.next(this.#now()) }
    const refusal = this.#closing
      ? this.#refusal()
      : this.#append({ kind: 'configured', n: this.#n + 1, ...ticket, mark, configured }, kept)
    if (refusal !== null) kept.reject(refusal)
    return kept.promise
  }

  miss(server: string): void {
    this.#misses.count(server, this.#now())
    this.#kick()
  }

  stats(): JournalStats {
    return {
      appended: this.#n,
      durable: this.#durable.n,
      seq: this.#seq,
      segments: this.#segments.length,
      bytes: this.#bytes,
      waitingBytes: this.#waitingBytes,
      lastSyncMs: this.#lastSyncMs,
      missed: this.#misses.total,
      broken: this.#broken?.code ?? null,
    }
  }

  /** Deletes the segments that lie wholly before `position`. What cannot be deleted now stays until the next call. */
  release(position: Pick<Position, 'segment'>): Promise<void> {
    this.#releasing = this.#releasing.then(() => this.#release(position.segment))
    return this.#releasing
  }

  async #release(before: number): Promise<void> {
    const last = this.#segments.at(-1) ?? 0
    const old = this.#segments.filter((one) => one < before && one < last)
    if (old.length === 0) return
    const freed = await releaseSegments(this.#disk, this.folder, old)
    this.#segments = this.#segments.filter((one) => !freed.segments.includes(one))
    this.#bytes -= freed.bytes
  }

  /**
   * Writes what is waiting and a `closed` frame, and gives the folder free. A broken journal gets one more try; then it is
   * closed all the same, and what could not be written ends `unknown`.
   */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const idle = Promise.withResolvers<void>()
    this.#onIdle = idle.resolve
    this.#append({ kind: 'closed', n: this.#n + 1, at: this.#now() }, null)
    this.#closing = true
    this.#endPause()
    await idle.promise
    this.#ended = true
    await this.#releasing
    await this.#segment?.close()
    this.#segment = null
    this.#lock.release()
  }

  #refusal(): JournalError | null {
    if (this.#closing) return new JournalError('JOURNAL_CLOSED', 'the journal is closed')
    const cause = this.#broken
    if (cause !== null) return new JournalError('JOURNAL_BROKEN', 'the journal is broken', { cause })
    if (this.#waitingBytes < this.#maxWaitingBytes) return null
    return new JournalError('JOURNAL_OVERLOADED', 'the disk of the journal does not keep up')
  }

  /** Numbers are given here, in the order of the queue, and only to what goes into it. */
  #append(frame: Frame, waiter: PromiseWithResolvers<void> | null): JournalError | null {
    const bytes = encodeFrame(this.#identity.mark, headOf(frame), bodyOf(frame))
    if (bytes === null) return new JournalError('JOURNAL_TOO_LARGE', 'a query is too large for a journal frame')
    this.#n = frame.n
    if ('logId' in frame) {
      this.#seq = frame.seq
      this.#logId = frame.logId
    }
    this.#queue.push({ n: frame.n, bytes, waiter })
    this.#waitingBytes += bytes.length
    this.#kick()
    return null
  }

  #appendMisses(): void {
    for (const missed of this.#misses.take()) {
      const logId = this.#mint.next(this.#now())
      this.#append({ kind: 'gap', n: this.#n + 1, seq: this.#seq + 1, logId, ...missed }, null)
    }
  }

  #kick(): void {
    if (this.#pumping || this.#ended) return
    this.#pumping = true
    void this.#pump()
  }

  /** Runs while there is anything to write, one group at a time: node:fs calls overlapping writes on one file unsafe. */
  async #pump(): Promise<void> {
    while (this.#queue.length > 0 || this.#misses.total > 0 || this.#broken !== null) {
      if (this.#broken !== null && !(await this.#pause())) break
      // One turn of the event loop: requests that came together share a sync.
      else await new Promise((resolve) => setImmediate(resolve))
      await this.#writeGroup()
    }
    this.#pumping = false
    this.#onIdle()
  }

  async #writeGroup(): Promise<void> {
    // Not while the journal is broken: one entry per outage and server, not one per attempt to end it.
    if (this.#broken === null) this.#appendMisses()
    const group = this.#queue
    const after: JournalEnd = { n: this.#n, seq: this.#seq, logId: this.#logId }
    this.#queue = []
    const begun = performance.now()
    try {
      const segment = await this.#segmentToWrite()
      const before = segment.bytes
      await segment.append(group.map((one) => one.bytes))
      this.#bytes += segment.bytes - before
    } catch (error) {
      await this.#break(group, error)
      return
    }
    this.#lastSyncMs = performance.now() - begun
    this.#acknowledge(group, after)
    this.#onSync(this.#lastSyncMs)
  }

  async #segmentToWrite(): Promise<SegmentWriter> {
    const current = this.#segment
    if (current !== null && current.bytes < this.#segmentBytes) return current
    this.#segment = null
    await current?.close()
    // The number is taken even if this fails: a name is never used twice.
    this.#lastSegment += 1
    const { n, seq, logId } = this.#durable
    const head = { ...this.#identity, segment: this.#lastSegment, first: n + 1, seq, logId }
    const segment = await SegmentWriter.create(this.#disk, this.folder, head)
    this.#segment = segment
    this.#segments = [...this.#segments, segment.number]
    this.#bytes += segment.bytes
    return segment
  }

  #acknowledge(group: readonly Waiting[], after: JournalEnd): void {
    this.#durable = after
    for (const { bytes } of group) this.#waitingBytes -= bytes.length
    if (this.#broken !== null) {
      this.#broken = null
      this.#pauseMs = 0
      this.#onState({ kind: 'ready' })
    }
    for (const { waiter } of group) waiter?.resolve()
    for (const listener of this.#listeners) listener(after.n)
  }

  /** Nothing in `group` counts as written. All of it, and what has come since, keeps its number and its place in the queue. */
  async #break(group: readonly Waiting[], cause: unknown): Promise<void> {
    const error =
      cause instanceof JournalError
        ? cause
        : new JournalError('JOURNAL_WRITE', 'the journal could not be written', { cause })
    const told = this.#broken !== null
    this.#broken = error
    const waiting = [...group, ...this.#queue]
    this.#queue = waiting.map((one) => ({ ...one, waiter: null }))
    for (const { waiter } of waiting) waiter?.reject(error)
    if (!told) this.#onState({ kind: 'broken', error })
    await this.#giveUpSegment()
  }

  async #giveUpSegment(): Promise<void> {
    const failed = this.#segment
    this.#segment = null
    if (failed === null) return
    await failed.abandon(this.#disk)
    if (failed.acknowledged) return
    this.#segments = this.#segments.filter((one) => one !== failed.number)
    this.#bytes -= failed.bytes
  }

  /** Waits before the next try. `false`: the journal is being closed and has had its last one. */
  async #pause(): Promise<boolean> {
    if (this.#closing) {
      const tried = this.#pauseMs === Infinity
      this.#pauseMs = Infinity
      return !tried
    }
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, this.#firstPauseMs), LONGEST_PAUSE_MS)
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#pauseMs)
      this.#endPause = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    return true
  }
}
