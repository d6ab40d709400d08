/**
 * Who a journal is, for ever: `journal.json` in its folder, and again in the head of every segment, so that neither is
 * lost with the other. A journal that finds no readable segment takes a new identity: numbers it may have given before
 * must not be given twice under one name.
 */
import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Origin } from '../../schema/record/ids.ts'
import type { Disk } from './disk.ts'
import { fields, ordinal, shaped, text } from './fields.ts'
import { decodeFrame, payloadLength, PREFIX_BYTES } from './frame.ts'
import { readSealed, writeSealed } from './sealed.ts'
import { HEADER_MARK, listSegments, segmentHeadOf, segmentPath } from './segment.ts'
import type { SegmentHead } from './segment.ts'

export interface Identity {
  readonly origin: Origin
  /** 0 to 255: part of every id this journal gives. */
  readonly journalNumber: number
  /** Begins every frame; see `frame.ts`. */
  readonly mark: number
}

const identityPath = (folder: string) => join(folder, 'journal.json')

export function freshIdentity(name: string, journalNumber?: number): Identity {
  const random = randomBytes(8)
  return {
    origin: mintOrigin(name, random.subarray(0, 3)),
    journalNumber: journalNumber ?? random.readUInt8(3),
    mark: random.readUInt32LE(4),
  }
}

/** The one place where an origin is given. */
export function mintOrigin(name: string, random: Buffer = randomBytes(3)): Origin {
  return `${name}-${random.toString('hex')}` as Origin
}

export async function saveIdentity(disk: Disk, folder: string, identity: Identity): Promise<void> {
  await writeSealed(disk, identityPath(folder), identity)
}

/** The identity of the journal in `folder`, from its file or else from a segment; `null` when neither tells. */
export async function loadIdentity(folder: string): Promise<Identity | null> {
  const sealed = await readSealed(identityPath(folder))
  if (typeof sealed === 'object') return identityOf(sealed.content)
  for (const segment of (await listSegments(folder)).toReversed()) {
    const found = await readSegmentHead(folder, segment)
    if (found === null) continue
    const { origin, journalNumber, mark } = found.head
    return { origin, journalNumber, mark }
  }
  return null
}

function identityOf(content: unknown): Identity | null {
  return shaped(() => {
    const from = fields(content)
    return {
      origin: text(from, 'origin') as Origin, // minted above, and sealed since
      journalNumber: ordinal(from, 'journalNumber'),
      mark: ordinal(from, 'mark'),
    }
  })
}

const LONGEST_HEAD = 4096

/** The head of a segment and how long it is, or `null` when it cannot be read. */
export async function readSegmentHead(
  folder: string,
  segment: number,
): Promise<{ readonly head: SegmentHead; readonly bytes: number } | null> {
  const file = await open(segmentPath(folder, segment), 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_HEAD), 0, LONGEST_HEAD, 0)
    const length = payloadLength(buffer.subarray(0, bytesRead), HEADER_MARK)
    if (length === null || PREFIX_BYTES + length > bytesRead) return null
    const bytes = PREFIX_BYTES + length
    const payload = decodeFrame(buffer.subarray(0, bytes), HEADER_MARK)
    const head = payload === null ? null : segmentHeadOf(payload.head)
    return head === null ? null : { head, bytes }
  } finally {
    await file.close()
  }
}
