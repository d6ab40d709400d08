/**
 * The change log: every change of Tilsyn's own set-up is an entry, with who, when, which setting, the old value and the new
 * (requirements N36 to N43, N63 to N72, N85 to N96, D02, D08; docs/decisions/0016-reload.md). No setting switches it off.
 *
 * Exactly once. `configuration.json` in the journal's folder holds the set-up in force, and each change whose entry is not
 * yet known to be durable: that file first, then the change takes effect, then its frame goes into the journal, and once
 * that is durable the file forgets the change. A process that dies anywhere in between leaves a change in the file; the
 * next one looks in the journal whether its frame is there, and writes it where it is not. So no set-up is ever in force
 * of which there is no entry, or none on its way. From the journal on it travels as any entry does.
 *
 * What was changed while nobody ran is found at the start, by comparing the file with the configuration; who did it, nobody
 * can say. The first start records the whole set-up (N91).
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Mistake } from '../../schema/config/config-error.ts'
import type { Setting } from '../../schema/config/settings.ts'
import type { Change } from '../../schema/record/record.ts'
import type { Configured } from '../exchange.ts'
import { type Disk, nodeDisk } from '../journal/disk.ts'
import { readConfigured } from '../journal/entry.ts'
import { fields, list, number, orNull, shaped, text } from '../journal/fields.ts'
import type { Fields } from '../journal/fields.ts'
import { findConfigured } from '../journal/find-configured.ts'
import type { Journal } from '../journal/journal.ts'
import { JournalError, type JournalErrorCode } from '../journal/journal-error.ts'
import { readSealed, writeSealed } from '../journal/sealed.ts'
import { changesBetween, keep, type KeptSetting } from './changes.ts'
import type { Who } from './who.ts'

/** The change could not be kept, so it was not made. */
export class ChangeNotKept extends Error {
  override readonly name = 'ChangeNotKept'
  readonly code = 'CHANGE_NOT_KEPT'
  constructor(options: ErrorOptions) {
    super('the change could not be kept, so nothing was changed', options)
  }
}

/** A change that will be an entry, whatever happens. */
export interface Noted {
  readonly changes: readonly Change[]
  /** It has taken effect. Resolves when its entry is durable, or has to wait until the journal writes again. */
  record(): Promise<void>
}

/** What is kept until its frame is durable. */
interface Pending {
  readonly mark: string
  /** Of the journal: its last frame that was durable when this was noted; later numbers may yet be given anew. */
  readonly after: number
  readonly folder: string
  readonly configured: Configured
  /** The set-up that it leads to. */
  readonly settings: readonly KeptSetting[]
}

type ChangeJournal = Pick<Journal, 'folder' | 'stats' | 'configure'>

export interface ChangeLogOptions {
  readonly journal: ChangeJournal
  /** Of the proxy's journal, or of its journals where it is several processes: their number may be another next time. */
  readonly folder: string
  readonly now?: () => number
  readonly disk?: Disk
}

const NOTHING: Noted = { changes: [], record: async () => undefined }
const FILE = 'configuration.json'
const pathOf = (folder: string) => join(folder, FILE)
/** Of the journal: it has not taken a frame, and will not. */
const UNTAKEN: ReadonlySet<JournalErrorCode> = new Set<JournalErrorCode>(['JOURNAL_TOO_LARGE', 'JOURNAL_CLOSED'])

export class ChangeLog {
  readonly #journal: ChangeJournal
  readonly #folder: string
  readonly #now: () => number
  readonly #disk: Disk
  /** The set-up of which all is durable; `null`: nobody knows. */
  #settled: readonly KeptSetting[] | null
  #pending: readonly Pending[]
  /** Of `#pending`, what the journal has refused: it and what came after it stay until the next start. */
  readonly #untaken = new Set<Pending>()
  readonly #lost: Kept['lost']
  /** A change that was not made may stand in the file: a disk that fails may have done what it was asked for. */
  #isInDoubt = false
  /** One writing at a time, the newest last. */
  #writing: Promise<void> = Promise.resolve()

  private constructor({ journal, folder, now = Date.now, disk = nodeDisk }: ChangeLogOptions, kept: Kept) {
    this.#journal = journal
    this.#folder = folder
    this.#now = now
    this.#disk = disk
    this.#settled = kept.settings
    this.#pending = kept.pending
    this.#lost = kept.lost
  }

  /** Sees to what an earlier process has left open. */
  static async open(options: ChangeLogOptions): Promise<ChangeLog> {
    const kept = await readKept(options.folder)
    const log = new ChangeLog(options, kept)
    for (const pending of kept.pending) {
      // The folder of all journals may have been moved, with what is in it.
      const folder = existsSync(pending.folder) ? pending.folder : options.journal.folder
      const found = await findConfigured(folder, pending.after, pending.mark)
      if (found === 'missing') await log.#record(pending)
      else await log.#settle(pending)
    }
    return log
  }

  /** @throws ChangeNotKept */
  async note(settings: readonly Setting[], who: Who): Promise<Noted> {
    const before = this.#pending.at(-1)?.settings ?? this.#settled
    const changes = await changesBetween(before ?? [], settings)
    if (changes.length === 0) return NOTHING
    const { journal, at } = { journal: this.#journal, at: this.#now() }
    const words =
      before === null
        ? wordsAtFirst(journal.stats().seq === 0 && this.#lost === 'absent', this.#lost)
        : wordsOf(who, changes.length)
    const pending: Pending = {
      mark: randomUUID(),
      after: journal.stats().durable,
      folder: journal.folder,
      configured: { at, ...personOf(who), outcome: 'answered', words, changes },
      settings: await keep(settings),
    }
    try {
      await this.#write(
        () => (this.#pending = [...this.#pending, pending]),
        () => (this.#pending = this.#pending.filter((one) => one !== pending)),
      )
    } catch (cause) {
      await this.#settleDoubt()
      throw new ChangeNotKept({ cause })
    }
    return { changes, record: () => this.#record(pending) }
  }

  /** Call before the journal's folder is given free: the file must not say what the next start would take for a change. */
  async close(): Promise<void> {
    await this.#writing
    await this.#settleDoubt()
  }

  async #settleDoubt(): Promise<void> {
    // A disk that still fails is asked again with the next change, and when this closes.
    if (this.#isInDoubt) await this.#write(() => undefined).catch(() => undefined)
  }

  /** Nothing was changed, but somebody tried. Resolves as {@link Noted.record} does. */
  async refused(mistakes: readonly Mistake[], who: Who): Promise<void> {
    const told = mistakes.map(({ path, expected }) => (path === '' ? expected : `${path}: ${expected}`))
    const words = `Opsætningen har fejl, og intet blev ændret. ${told.join('. ')}`
    const configured = { at: this.#now(), ...personOf(who), outcome: 'refused', words, changes: [] } as const
    await this.#journal.configure(randomUUID(), configured).catch(() => undefined)
  }

  async #record(pending: Pending): Promise<void> {
    try {
      await this.#journal.configure(pending.mark, pending.configured)
    } catch (error) {
      // A broken journal writes it as soon as it can. One that has not taken it is asked again at the next start.
      if (!(error instanceof JournalError) || UNTAKEN.has(error.code)) this.#untaken.add(pending)
      return
    }
    await this.#settle(pending)
  }

  async #settle(pending: Pending): Promise<void> {
    await this.#write(() => {
      // The journal keeps the order: what it has taken before is durable, too.
      const refused = this.#pending.findIndex((one) => this.#untaken.has(one))
      const [upTo, end] = [this.#pending.indexOf(pending) + 1, refused === -1 ? Infinity : refused]
      const settled = this.#pending.slice(0, Math.min(upTo, end))
      this.#settled = settled.at(-1)?.settings ?? this.#settled
      this.#pending = this.#pending.slice(settled.length)
    }).catch(() => undefined) // It stays in the file, and is found in the journal at the next start.
  }

  /** @param undo before anything else is written, where this could not be */
  #write(change: () => void, undo?: () => void): Promise<void> {
    const written = this.#writing.then(async () => {
      change()
      try {
        await writeSealed(this.#disk, pathOf(this.#folder), { settings: this.#settled, pending: this.#pending })
        this.#isInDoubt = false
      } catch (error) {
        this.#isInDoubt = true
        undo?.()
        throw error
      }
    })
    this.#writing = written.catch(() => undefined)
    return written
  }
}

function personOf(who: Who): Pick<Configured, 'user' | 'vouched' | 'through'> {
  if (who.through !== 'command') return { user: null, vouched: false, through: who.through }
  return who
}

function wordsOf({ through }: Who, count: number): string {
  const changes = count === 1 ? '1 indstilling er ændret' : `${count} indstillinger er ændret`
  return through === 'start' ? `${changes}, mens proxyen var stoppet` : `Opsætningen er læst igen: ${changes}`
}

function wordsAtFirst(isNew: boolean, lost: Kept['lost']): string {
  if (isNew) return 'Opsætningen, som den var ved første start'
  const why = lost === 'absent' ? 'mangler' : 'er beskadiget'
  return `Opsætningen, som den er ved start; hvad der gjaldt før, vides ikke, for ${FILE} ${why}`
}

interface Kept {
  readonly settings: readonly KeptSetting[] | null
  readonly pending: readonly Pending[]
  /** Why nobody knows what held before, where nobody does. */
  readonly lost: 'absent' | 'damaged'
}

/** One that is damaged, or cannot be read, knows nothing: the whole set-up is recorded anew, and that it is not known. */
async function readKept(folder: string): Promise<Kept> {
  const sealed = await readSealed(pathOf(folder)).catch(() => 'damaged' as const)
  const kept = typeof sealed === 'object' ? shaped(() => keptOf(fields(sealed.content))) : null
  return kept ?? { settings: null, pending: [], lost: sealed === 'absent' ? 'absent' : 'damaged' }
}

function keptOf(from: Fields): Kept {
  return {
    settings: from['settings'] === null ? null : settingsIn(from),
    pending: list(from, 'pending').map((one) => pendingOf(fields(one))),
    lost: 'absent',
  }
}

function pendingOf(from: Fields): Pending {
  return {
    mark: text(from, 'mark'),
    after: number(from, 'after'),
    folder: text(from, 'folder'),
    configured: readConfigured(fields(from['configured'])),
    settings: settingsIn(from),
  }
}

function settingsIn(from: Fields): readonly KeptSetting[] {
  return list(from, 'settings').map((one) => {
    const setting = fields(one)
    const secret = setting['secret'] === null ? null : fields(setting['secret'])
    return {
      pointer: text(setting, 'pointer'),
      text: orNull(text, setting, 'text'),
      sha256: orNull(text, setting, 'sha256'),
      secret: secret === null ? null : { salt: text(secret, 'salt'), hash: text(secret, 'hash') },
    }
  })
}
