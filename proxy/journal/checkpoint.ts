/**
 * How far the recorder is: `checkpoint.json` in the journal's folder. Only a short cut: the store knows what is written,
 * the journal what was asked; without this file the recorder reads from the oldest segment on, and skips what the store
 * has. It stands here because it also says which segments may be gone.
 */
import { join } from 'node:path'
import type { Ticket } from '../exchange.ts'
import type { Origin } from '../../schema/record/ids.ts'
import type { Disk } from './disk.ts'
import { nodeDisk } from './disk.ts'
import { readTicket } from './entry.ts'
import { fields, list, number, ordinal, orNull, shaped, text } from './fields.ts'
import type { Fields } from './fields.ts'
import type { Place, Position } from './reader.ts'
import { readSealed, writeSealed } from './sealed.ts'

/** A query read before the position, whose answer was not: where to read it again. */
export interface PendingPlace extends Place, Ticket {}

export interface Checkpoint {
  /** Of the journal; a checkpoint of another is none. */
  readonly origin: Origin
  /** Everything before it is in the store, save what is `pending`. */
  readonly position: Position
  /** Last number of an exchange before the position, and when that was. */
  readonly lastSeq: number
  readonly lastAt: number
  readonly pending: readonly PendingPlace[]
  /** Name towards the store, and from which frame on: differs from `origin` after a journal was set back. */
  readonly shipAs: { readonly origin: Origin; readonly from: number }
  /** Position of the last batch that was committed under that name: a store that has less was set back. */
  readonly written: number
  /** First frame of the last process that has compared journal and store; see `Recorder`. */
  readonly comparedAt: number
  /** First frame of the earliest process that has not. */
  readonly uncomparedFrom: number | null
}

/** Nothing before its segment is wanted any more. */
export function oldestPlace({ position, pending }: Checkpoint): Position {
  const segment = pending.reduce((oldest, one) => Math.min(oldest, one.segment), position.segment)
  return { ...position, segment }
}

/** Where to read on; `undefined`: at the oldest segment. */
export function startOf({ position }: Checkpoint): Position | undefined {
  return position.segment === 0 ? undefined : position
}

const checkpointPath = (folder: string) => join(folder, 'checkpoint.json')

export async function writeCheckpoint(folder: string, checkpoint: Checkpoint, disk: Disk = nodeDisk): Promise<void> {
  await writeSealed(disk, checkpointPath(folder), checkpoint)
}

/** Where nothing is in the store. */
export function freshCheckpoint(origin: Origin): Checkpoint {
  return {
    origin,
    position: { segment: 0, offset: 0, n: 0 },
    lastSeq: 0,
    lastAt: 0,
    pending: [],
    shipAs: { origin, from: 1 },
    written: 0,
    comparedAt: 0,
    uncomparedFrom: null,
  }
}

/**
 * Notes, before the first query of a process, that journal and store are still to be compared from its first frame on:
 * whatever becomes of this process, the recorder of a later one then does it (`proxy/ship/recorder.ts`). A checkpoint that
 * speaks of that frame, or of later ones, is of a longer journal than this: the segments were set back behind it, and its
 * places are not those of this journal.
 */
export async function noteProcess(folder: string, origin: Origin, openedAt: number, disk: Disk): Promise<void> {
  const known = await readCheckpoint(folder, origin)
  // Nothing was given before: there is nothing to compare.
  if (known === null && openedAt === 1) return
  const { shipAs, uncomparedFrom } = known ?? freshCheckpoint(origin)
  const isOfLonger = known !== null && Math.max(known.position.n, known.comparedAt) >= openedAt
  const base = known === null || isOfLonger ? freshCheckpoint(origin) : known
  await writeCheckpoint(
    folder,
    {
      ...base,
      ...(shipAs.from < openedAt && { shipAs }),
      uncomparedFrom: Math.min(uncomparedFrom ?? openedAt, openedAt),
    },
    disk,
  )
}

/** `null` when there is none that can be used. */
export async function readCheckpoint(folder: string, origin: Origin): Promise<Checkpoint | null> {
  const sealed = await readSealed(checkpointPath(folder))
  const checkpoint = typeof sealed === 'object' ? shaped(() => parse(fields(sealed.content))) : null
  return checkpoint?.origin === origin ? checkpoint : null
}

function parse(from: Fields): Checkpoint {
  const shipAs = fields(from['shipAs'])
  return {
    origin: readOrigin(from),
    position: { ...place(fields(from['position'])), n: ordinal(fields(from['position']), 'n') },
    lastSeq: ordinal(from, 'lastSeq'),
    lastAt: number(from, 'lastAt'),
    pending: list(from, 'pending').map((one) => ({ ...place(fields(one)), ...readTicket(fields(one)) })),
    shipAs: { origin: readOrigin(shipAs), from: ordinal(shipAs, 'from') },
    written: ordinal(from, 'written'),
    comparedAt: ordinal(from, 'comparedAt'),
    uncomparedFrom: orNull(ordinal, from, 'uncomparedFrom'),
  }
}

function place(from: Fields): Place {
  return { segment: ordinal(from, 'segment'), offset: ordinal(from, 'offset') }
}

/** Minted in `identity.ts`, and sealed since. */
function readOrigin(from: Fields): Origin {
  return text(from, 'origin') as Origin
}
