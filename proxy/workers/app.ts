/**
 * The proxy in several processes (docs/decisions/0017-workers.md): this one, the primary, listens and hands connections to
 * workers, each of which is a whole proxy with a journal of its own, and so with an origin of its own.
 *
 * What holds here:
 * - No connection is read here, and no query passes: what this process does, it does for each connection once.
 * - Either all workers start, or none: a start that fails leaves nothing open.
 * - A worker that ends costs its own connections; the next process in its place says what became of what was asked there.
 * - Connections of one address are served by one worker. What the others would have to know all the same, because a load
 *   balancer stands in front, they are told.
 * - When this process is gone, however it went, the workers finish their answers and end.
 *
 * Left to others: everything between a connection and its entries (`proxy/app.ts`).
 */
import type { Logger } from 'pino'
import type { Config } from '../../schema/config/config.ts'
import type { Mistake } from '../../schema/config/config-error.ts'
import { journalFolders, leftoverJournals } from '../../schema/config/journal-folders.ts'
import type { AdminAddress } from '../admin/admin.ts'
import type { WholeWatch } from '../admin/whole-watch.ts'
import { recorderOptions, type RunningProxy } from '../app.ts'
import { nodeDisk } from '../journal/disk.ts'
import { lockFolder } from '../journal/lock.ts'
import type { Lock } from '../journal/lock.ts'
import { placesChanged } from '../reload/changes.ts'
import type { Reloaded, Who } from '../reload/who.ts'
import { packed } from './config-message.ts'
import { journalNumbers } from './journal-numbers.ts'
import { Leftovers } from './leftovers.ts'
import { openReception, type Reception } from './reception.ts'
import { inForceForAll, ownWords, reloadAll } from './reloading.ts'
import { WorkerProcess } from './worker-process.ts'

export interface WorkersOptions {
  readonly config: Config
  readonly logger: Logger
}

export type RunningWorkers = Omit<RunningProxy, 'learn'>

/** @throws what a worker could not start for; nothing is open then */
export async function openWorkers({ config, logger }: WorkersOptions): Promise<RunningWorkers> {
  const { journal: folder } = config.proxy
  await nodeDisk.makeFolder(folder)
  const leftover = leftoverJournals(config.proxy)
  const running = new OpenWorkers({ config, logger }, await lockFolder(folder), leftover)
  try {
    await running.open()
    return running
  } catch (error) {
    await running.close()
    throw ownWords(error)
  }
}

class OpenWorkers implements RunningWorkers {
  readonly #logger: Logger
  /** Of the folder of all journals: one primary process, or one proxy without any, has it. */
  readonly #lock: Lock
  readonly #leftover: readonly string[]
  readonly #workers: WorkerProcess[] = []
  readonly #leftovers: Leftovers
  #config: Config
  #reception: Reception | null = null
  #admin: AdminAddress | null = null
  #watch: WholeWatch | null = null
  #isNew = false
  #reloading: Promise<unknown> = Promise.resolve()

  constructor({ config, logger }: WorkersOptions, lock: Lock, leftover: readonly string[]) {
    this.#config = config
    this.#logger = logger
    this.#lock = lock
    this.#leftover = leftover
    const { journal: folder, name } = config.proxy
    const locked = { folder, lock }
    this.#leftovers = new Leftovers({ folders: leftover, name, recorder: recorderOptions(config), logger, locked })
  }

  get urls(): readonly string[] {
    return this.#reception?.urls ?? []
  }

  get adminUrl(): string | null {
    return this.#admin?.url ?? null
  }

  get isNew(): boolean {
    return this.#isNew
  }

  async open(): Promise<void> {
    const { proxy } = this.#config
    const folders = journalFolders(proxy)
    const numbers = await journalNumbers([...folders, ...this.#leftover])
    for (const [at, folder] of folders.entries()) this.#begin(at, folder, numbers[at] ?? 0)
    if (proxy.admin !== null) await this.#openAdmin(proxy.admin)
    const started = await Promise.all(this.#workers.map(({ ready }) => ready))
    this.#isNew = this.#leftover.length === 0 && started.every(({ isNew }) => isNew)
    const workers = () => this.#workers.filter(({ isUp }) => isUp)
    this.#reception = await openReception({ listen: proxy.listen, trusted: proxy.trusted, workers })
    this.#watch?.enter('serving')
  }

  reload(wanted: Config, who: Who): Promise<Reloaded> {
    const reloaded = this.#reloading.then(() => this.#reload(wanted, who))
    this.#reloading = reloaded.catch(() => undefined)
    return reloaded
  }

  async refused(mistakes: readonly Mistake[], who: Who): Promise<void> {
    this.#workers[0]?.refused(mistakes, who)
  }

  async close(): Promise<void> {
    this.#watch?.enter('stopping')
    this.#reception?.close()
    // A second request to stop ends this process at once, and them with it.
    const killAll = () => this.#workers.forEach((worker) => worker.kill())
    process.once('exit', killAll)
    await this.#reloading
    await Promise.all([this.#leftovers.close(), ...this.#workers.map((worker) => worker.stop())])
    process.off('exit', killAll)
    await this.#admin?.close()
    this.#lock.release()
  }

  #begin(at: number, folder: string, journalNumber: number): void {
    const worker: WorkerProcess = new WorkerProcess({
      start: {
        worker: at + 1,
        config: packedFor(this.#config, folder),
        journalNumber,
        // One for all, in the folder of all: the number of workers may be another next time.
        changesIn: at === 0 ? this.#config.proxy.journal : null,
      },
      logger: this.#logger,
      onTaught: (taught) => this.#workers.forEach((other) => other !== worker && other.learn(taught)),
      onLost: () => this.#watch?.lost(worker.worker),
    })
    this.#workers.push(worker)
  }

  /** Loaded only where it is asked for: it brings a web server with it. */
  async #openAdmin(address: NonNullable<Config['proxy']['admin']>): Promise<void> {
    const [{ WholeWatch: Whole }, { openAdmin }] = await Promise.all([
      import('../admin/whole-watch.ts'),
      import('../admin/admin.ts'),
    ])
    this.#watch = new Whole(this.#workers, () => this.#leftovers.waiting)
    this.#admin = await openAdmin(address, this.#watch)
  }

  async #reload(wanted: Config, who: Who): Promise<Reloaded> {
    const to = inForceForAll(wanted, this.#config)
    const folders = journalFolders(this.#config.proxy)
    const all = this.#workers.map((worker, at) => ({
      worker,
      from: packedFor(this.#config, folders[at] ?? ''),
      to: packedFor(to, folders[at] ?? ''),
    }))
    const reloaded = await reloadAll(all, who)
    this.#reception?.trust(to.proxy.trusted)
    this.#logger.level = to.log.level
    this.#config = to
    return { ...reloaded, atNextStart: placesChanged(to.settings, wanted.settings) }
  }
}

function packedFor(config: Config, journal: string): unknown {
  return packed({ ...config, proxy: { ...config.proxy, journal } })
}
