/**
 * Reads a journal, while it is written or long after.
 *
 * What counts is the ordinals, not the geometry of files. Frames come out with `n` growing by one; where numbers are
 * missing between two frames that can be read, the reader says so (`damaged`), and goes on behind. Bytes that are no frame
 * and cost no number are what a crash leaves, the torn end of a segment: they are passed over and only counted.
 *
 * After a failed write the journal writes every frame that it had not acknowledged again, to a new segment. So an ordinal
 * may stand in two segments; the later one is what counts.
 */
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { frameOf } from './entry.ts'
import type { Frame } from './entry.ts'
import { decodeFrame, payloadLength, PREFIX_BYTES } from './frame.ts'
import { loadIdentity, readSegmentHead } from './identity.ts'
import { JournalError, systemCodeOf } from './journal-error.ts'
import { listSegments, segmentPath } from './segment.ts'

/** A place between two frames: all up to ordinal `n` lies before it. */
export interface Position {
  readonly segment: number
  readonly offset: number
  readonly n: number
}

/** Where one frame begins. */
export interface Place {
  readonly segment: number
  readonly offset: number
}

/** Frames `firstN` to `lastN` should stand between these places and cannot be read. */
export interface Damage {
  readonly firstN: number
  readonly lastN: number
  readonly from: Place
  readonly to: Place
}

export type Reading =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly at: Place }
  | { readonly kind: 'damaged'; readonly damage: Damage }

interface Found {
  readonly frame: Frame
  readonly start: number
  readonly end: number
}

/** What is read at a time, unless one frame is longer. */
const WINDOW_BYTES = 256 * 1024
const UNKNOWN = -1

export class JournalReader {
  readonly #folder: string
  readonly #mark: number
  readonly #markBytes: Buffer
  #segment: number
  #offset: number
  /** Ordinal last delivered, or lost and told of. */
  #n: number
  #file: FileHandle | null = null
  /** What is read goes here, again and again: whatever is kept of a frame is a copy. */
  #buffer: Buffer = Buffer.alloc(0)
  /** The part of it that was filled last. */
  #window: Buffer = Buffer.alloc(0)
  #windowAt = 0
  #strayBytes = 0
  /** Where a later segment takes over, and up to which ordinal that is known. */
  #endsBefore = Number.MAX_SAFE_INTEGER
  #knownTo = UNKNOWN

  /** Begins at the start of the oldest segment, or behind `from`. */
  constructor(folder: string, mark: number, from?: Position) {
    this.#folder = folder
    this.#mark = mark
    this.#markBytes = Buffer.alloc(4)
    this.#markBytes.writeUInt32LE(mark)
    this.#segment = from?.segment ?? 0
    this.#offset = from?.offset ?? 0
    this.#n = from?.n ?? UNKNOWN
  }

  get position(): Position {
    return { segment: this.#segment, offset: this.#offset, n: Math.max(this.#n, 0) }
  }

  /** Bytes passed over that were no frame and cost none. */
  get strayBytes(): number {
    return this.#strayBytes
  }

  /** {@link strayBytes} and what lies between the position and the end of the last segment read. */
  async strayToEnd(): Promise<number> {
    const size = (await (await this.#open())?.stat())?.size ?? 0
    return this.#strayBytes + Math.max(size - this.#offset, 0)
  }

  /** The next frame with an ordinal up to `limit`, or `null` while there is none. */
  async next(limit: number = Number.MAX_SAFE_INTEGER): Promise<Reading | null> {
    for (;;) {
      if (this.#n >= limit) return null
      await this.#knowSuccessor(limit)
      const found = await this.#frameAt(this.#offset)
      const n = found?.frame.n ?? UNKNOWN
      if (found !== null && n <= this.#n) this.#offset = found.end
      else if (found !== null && n === this.#n + 1 && n < this.#endsBefore) return this.#deliver(found)
      else {
        const reading = await this.#lookFurther(limit)
        if (reading !== 'again') return reading
      }
    }
  }

  /**
   * What {@link next} would answer, when that needs no reading and no looking around: the frame that should come next
   * stands whole in what was read last. `null`: ask `next`.
   */
  ready(limit: number): Reading | null {
    if (this.#n >= limit || limit > this.#knownTo) return null
    const found = this.#foundIn(this.#offset)
    if (found === null || found.frame.n !== this.#n + 1 || found.frame.n >= this.#endsBefore) return null
    return this.#deliver(found)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  #deliver(found: Found): Reading {
    const at = { segment: this.#segment, offset: found.start }
    this.#offset = found.end
    this.#n = found.frame.n
    return { kind: 'frame', frame: found.frame, at }
  }

  /**
   * The frame that should come next is not here: the segment is over, its end is torn, or something is damaged. The order
   * of the questions matters. A later segment that begins at or before that frame answers them all; only if there is
   * none is the rest of this one searched, so that frames in doubt are never taken for what is left after a damage.
   */
  async #lookFurther(limit: number): Promise<Reading | 'again' | null> {
    const successor = await this.#successor()
    if (successor !== null && (this.#n === UNKNOWN || successor.first <= this.#n + 1)) return this.#moveTo(successor)
    this.#forgetWindow() // the segment may have grown between the last look and the birth of its successor
    const found = await this.#search(this.#offset, successor?.first ?? Number.MAX_SAFE_INTEGER)
    if (found !== null) return found.frame.n > limit ? null : this.#passOver(found)
    if (successor === null || successor.first > limit) return null
    const from = { segment: this.#segment, offset: this.#offset }
    const firstN = this.#n + 1
    await this.#moveTo(successor)
    this.#n = successor.first - 1
    return { kind: 'damaged', damage: { firstN, lastN: this.#n, from, to: { segment: this.#segment, offset: 0 } } }
  }

  #passOver(found: Found): Reading | 'again' {
    const from = { segment: this.#segment, offset: this.#offset }
    const firstN = this.#n + 1
    this.#offset = found.start
    if (found.frame.n === firstN) {
      this.#strayBytes += found.start - from.offset
      return 'again'
    }
    this.#n = found.frame.n - 1
    return { kind: 'damaged', damage: { firstN, lastN: this.#n, from, to: { ...from, offset: found.start } } }
  }

  async #moveTo(successor: Successor): Promise<'again'> {
    if (this.#file !== null) this.#strayBytes += Math.max((await this.#file.stat()).size - this.#offset, 0)
    await this.close()
    this.#segment = successor.segment
    this.#offset = successor.head
    this.#knownTo = UNKNOWN
    if (this.#n === UNKNOWN) this.#n = successor.first - 1
    this.#forgetWindow()
    return 'again'
  }

  /**
   * From its first ordinal on a later segment stands above this one, whose last frames may be those of a failed write
   * that a process did not live to repeat. Asked once for each `limit`: a segment that is born later begins behind it.
   */
  async #knowSuccessor(limit: number): Promise<void> {
    if (limit <= this.#knownTo) return
    this.#endsBefore = (await this.#successor())?.first ?? Number.MAX_SAFE_INTEGER
    this.#knownTo = limit
  }

  /** The next segment of which it can be told where it begins; one that holds nothing readable yet does not count. */
  async #successor(): Promise<Successor | null> {
    for (const segment of await listSegments(this.#folder)) {
      if (segment <= this.#segment) continue
      const first = await firstOrdinal(this.#folder, segment, this.#mark)
      if (first !== null) return { segment, ...first }
    }
    return null
  }

  /** The first frame from `offset` on that is behind what was delivered and before ordinal `before`. */
  async #search(offset: number, before: number): Promise<Found | null> {
    for (let at = await this.#findMark(offset); at !== null;) {
      const found = await this.#frameAt(at)
      if (found !== null && found.frame.n > this.#n && found.frame.n < before) return found
      at = await this.#findMark(found?.end ?? at + 1)
    }
    return null
  }

  async #findMark(offset: number): Promise<number | null> {
    for (let at = offset; (await this.#bytes(at, this.#markBytes.length)).length === this.#markBytes.length;) {
      const index = this.#window.indexOf(this.#markBytes, at - this.#windowAt)
      if (index !== -1) return this.#windowAt + index
      at = this.#windowAt + this.#window.length - (this.#markBytes.length - 1)
    }
    return null
  }

  /** The frame that begins exactly at `offset`, if one does. */
  async #frameAt(offset: number): Promise<Found | null> {
    const inWindow = this.#foundIn(offset)
    if (inWindow !== null) return inWindow
    const length = payloadLength(await this.#bytes(offset, PREFIX_BYTES), this.#mark)
    if (length === null) return null
    await this.#bytes(offset, PREFIX_BYTES + length)
    return this.#foundIn(offset)
  }

  /** The same, if it stands whole in the window. */
  #foundIn(offset: number): Found | null {
    const from = offset - this.#windowAt
    if (from < 0 || from >= this.#window.length) return null
    const length = payloadLength(this.#window, this.#mark, from)
    if (length === null || from + PREFIX_BYTES + length > this.#window.length) return null
    const payload = decodeFrame(this.#window.subarray(from, from + PREFIX_BYTES + length), this.#mark)
    const frame = payload === null ? null : frameOf(payload.head, payload.body)
    return frame === null ? null : { frame, start: offset, end: offset + PREFIX_BYTES + length }
  }

  /** Up to `count` bytes from `offset`: fewer at the end of the file. A view that is good until the next call. */
  async #bytes(offset: number, count: number): Promise<Buffer> {
    const from = offset - this.#windowAt
    if (from >= 0 && from + count <= this.#window.length) return this.#window.subarray(from, from + count)
    const file = await this.#open()
    if (file === null) return Buffer.alloc(0)
    this.#forgetWindow()
    const bytes = await this.#roomFor(file, offset, count)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset)
    this.#window = bytes.subarray(0, bytesRead)
    this.#windowAt = offset
    return this.#window.subarray(0, count)
  }

  async #roomFor(file: FileHandle, offset: number, count: number): Promise<Buffer> {
    if (count <= WINDOW_BYTES) {
      if (this.#buffer.length === 0) this.#buffer = Buffer.allocUnsafeSlow(WINDOW_BYTES)
      return this.#buffer
    }
    // A length that damage made up must not make us set memory aside: there is no more than the file.
    return Buffer.allocUnsafeSlow(Math.min(count, Math.max((await file.stat()).size - offset, 0)))
  }

  #forgetWindow(): void {
    this.#window = Buffer.alloc(0)
  }

  async #open(): Promise<FileHandle | null> {
    if (this.#file === null && this.#segment > 0)
      this.#file = await openIfThere(segmentPath(this.#folder, this.#segment))
    return this.#file
  }

  /** First ordinal of segment `segment` as its frames tell, for one whose header is damaged. */
  static async firstFrame(folder: string, segment: number, mark: number): Promise<number | null> {
    const reader = new JournalReader(folder, mark, { segment, offset: 0, n: 0 })
    try {
      const found = await reader.#search(0, Number.MAX_SAFE_INTEGER)
      return found === null ? null : found.frame.n
    } finally {
      await reader.close()
    }
  }

  /** The frame at `place`, or `null` when it cannot be read. */
  static async frameAt(folder: string, mark: number, place: Place): Promise<Frame | null> {
    const reader = new JournalReader(folder, mark, { ...place, n: 0 })
    try {
      return (await reader.#frameAt(place.offset))?.frame ?? null
    } finally {
      await reader.close()
    }
  }
}

interface Successor {
  readonly segment: number
  readonly first: number
  /** Where its first frame begins. */
  readonly head: number
}

async function firstOrdinal(folder: string, segment: number, mark: number): Promise<Omit<Successor, 'segment'> | null> {
  try {
    const head = await readSegmentHead(folder, segment)
    if (head !== null && head.head.mark === mark) return { first: head.head.first, head: head.bytes }
    const first = await JournalReader.firstFrame(folder, segment, mark)
    return first === null ? null : { first, head: 0 }
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null // released in the meantime
    throw error
  }
}

async function openIfThere(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r')
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return null
    throw error
  }
}

/**
 * All that stands in the journal in `folder`, from its oldest segment or from behind `from`, to its present end.
 *
 * @throws JournalError JOURNAL_DAMAGED when neither `journal.json` nor any segment tells which journal this is
 */
export async function* readJournal(folder: string, from?: Position): AsyncGenerator<Reading & { position: Position }> {
  const identity = await loadIdentity(folder)
  if (identity === null) throw new JournalError('JOURNAL_DAMAGED', `there is no readable journal in ${folder}`)
  const reader = new JournalReader(folder, identity.mark, from)
  try {
    for (let reading = await reader.next(); reading !== null; reading = await reader.next()) {
      yield { ...reading, position: reader.position }
    }
  } finally {
    await reader.close()
  }
}
