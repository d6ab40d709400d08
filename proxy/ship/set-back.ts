/**
 * The store is past the first frame of a process that had not met it yet. Either the segments were set back, and it knows
 * other frames under these numbers; or only the checkpoint was, and it knows these. The entries tell: under the same
 * number it has this very query, or another, or none.
 *
 * Two journals part where a process begins, and nothing that is asked behind that is common to them. So an entry that the
 * store has vouches for all before it in its process. Where the last process it can know is vouched for, nothing was set
 * back. Otherwise what lies behind the last frame that it surely has is to be shipped as another journal's: so no entry is
 * taken for known that is not, and none that is known is shipped again. At worst a journal gets a new name without need.
 */
import type { LogId } from '../../schema/record/ids.ts'
import { assertNever } from '../../schema/record/record.ts'
import type { JournalReader } from '../journal/reader.ts'
import type { Happening, Pairing } from './pairing.ts'

/** What is known of an entry before it is interpreted. */
export interface Known {
  readonly seq: number
  readonly logId: LogId
  readonly askedAt: number
}

export interface Doubt {
  readonly reader: JournalReader
  readonly pairing: Pairing
  /** First frame of the earliest process that has not met the store. */
  readonly uncomparedFrom: number
  /** First frame of this one: the store has nothing of it, nor of what follows. */
  readonly openedAt: number
  /** The store's. */
  readonly position: number
  readonly holds: (entry: Known) => Promise<boolean>
}

/** The frame from which on the store may know another journal; `null`: it knows this one. */
export async function setBackFrom(doubt: Doubt): Promise<number | null> {
  const { reader, pairing, uncomparedFrom, openedAt, position } = doubt
  const last = Math.min(position, openedAt - 1)
  let [from, isVouched] = [uncomparedFrom, false]
  for (let reading = await reader.next(last); reading !== null; reading = await reader.next(last)) {
    // What cannot be read may be the beginning of a process.
    if (reading.kind === 'damaged') isVouched = false
    else {
      const { frame, at } = reading
      const happenings = await pairing.take(frame, at)
      const isHeld = frame.n >= uncomparedFrom && (await holdsAll(doubt, happenings))
      if (isHeld) from = frame.n + 1
      isVouched = frame.kind !== 'opened' && (isVouched || isHeld)
    }
  }
  return isVouched && position < openedAt ? null : from
}

/** Frames are shipped whole: one entry that is missing, and all are. */
async function holdsAll({ holds }: Doubt, happenings: readonly Happening[]): Promise<boolean> {
  const entries = happenings.flatMap(knownOf)
  for (const entry of entries) if (!(await holds(entry))) return false
  return entries.length > 0
}

/** What is lost has no identity by which it could be told from another. */
function knownOf(happening: Happening): readonly Known[] {
  switch (happening.kind) {
    case 'exchange':
      return [{ ...ticketOf(happening.exchange), askedAt: happening.exchange.asked.askedAt }]
    case 'gap':
      return [{ ...ticketOf(happening.gap), askedAt: happening.gap.from }]
    case 'configuration':
      return [{ ...ticketOf(happening.configuration), askedAt: happening.configuration.configured.at }]
    case 'turn':
    case 'lost':
      return []
    default:
      return assertNever(happening)
  }
}

const ticketOf = ({ seq, logId }: Omit<Known, 'askedAt'>) => ({ seq, logId })
