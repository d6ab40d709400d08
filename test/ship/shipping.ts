/** A journal with queries in it, and a recorder that ships them into a store in memory. */
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openJournal } from '../../proxy/journal/journal.ts'
import type { Journal, JournalOptions } from '../../proxy/journal/journal.ts'
import { Recorder } from '../../proxy/ship/recorder.ts'
import type { RecorderOptions } from '../../proxy/ship/recorder.ts'
import { answered, asked } from '../journal/samples.ts'
import type { MemoryStore } from './memory-store.ts'
import { away, plain } from './memory-store.ts'

export const open = (folder: string, options: Partial<JournalOptions> = {}) =>
  openJournal({ folder, name: 'proxy', ...options })

export async function query(journal: Journal, text: string, answer = true): Promise<number> {
  const { ticket, durable } = journal.ask(asked(text, 1_800_000_000_000))
  await durable
  if (answer) journal.answer(ticket, answered())
  return ticket.seq
}

/** Ships what is in the journal, and stops. */
export async function ship(journal: Journal | Source, options: Options): Promise<void> {
  if ('stats' in journal) await settled(journal)
  const recorder = recorderFor(journal, options)
  recorder.stop(options.withinMs ?? 60_000)
  await recorder.run()
}

/** Resolves when everything appended is durable, answers too. */
export async function settled(journal: Journal): Promise<void> {
  if (journal.stats().appended === journal.durablePosition) return
  await new Promise<void>((resolve) => {
    const unsubscribe = journal.onDurable((n) => {
      if (n < journal.stats().appended) return
      unsubscribe()
      resolve()
    })
  })
}

export type Source = Pick<Journal, 'folder' | 'openedPosition' | 'durablePosition'>
export type Options = Partial<RecorderOptions> & { readonly store: MemoryStore; readonly withinMs?: number }

export function recorderFor(journal: Source, options: Options): Recorder {
  const { folder, openedPosition, durablePosition } = journal
  const openWriter = async () => options.store.writer
  const recorder = new Recorder({
    folder,
    openedAt: openedPosition,
    openWriter,
    interpreter: plain,
    pauseMs: 1,
    statusMs: 5,
    ...options,
  })
  recorder.durable(durablePosition)
  return recorder
}

/** The journal after it was closed, with all of it durable. */
export async function closed(journal: Journal) {
  await journal.close()
  const { folder, openedPosition, durablePosition } = journal
  return { folder, openedPosition, durablePosition }
}

export interface Dying extends Options {
  /** What the next recorder finds: the checkpoint as it was left, the one before that, or none. */
  readonly checkpoint: 'kept' | 'older' | 'lost'
  /** Called before or after a write is committed; ends the recorder by throwing. */
  readonly when: 'before' | 'after'
  readonly die: (write: number) => void
}

/** Lets twelve recorders in a row die over what is in the journal; one that lives ships the rest. */
export async function shipThroughDeaths(source: Source, { checkpoint, when, die, ...options }: Dying): Promise<void> {
  const { store } = options
  const file = join(source.folder, 'checkpoint.json')
  for (let death = 1; death <= 12; death++) {
    let writes = 0
    const commit = () => die(++writes)
    if (when === 'before') store.beforeCommit = commit
    else store.afterCommit = commit
    if (checkpoint === 'older' && death > 1) await copyFile(file, `${file}.old`)
    const recorder = recorderFor(source, { ...options, statusMs: 1, pauseMs: 1000, compared: death > 1 })
    const running = recorder.run()
    recorder.stop(15)
    await running
    if (checkpoint === 'older' && death > 1) await copyFile(`${file}.old`, file)
    if (checkpoint === 'lost') await rm(file)
  }
  store.beforeCommit = store.afterCommit = () => undefined
  await ship(source, { ...options, compared: true })
}

/** Every other write fails, as a store that goes away. */
export function everyOther(write: number): void {
  if (write % 2 === 0) throw away()
}

export const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)
