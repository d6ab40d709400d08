/**
 * The proxy in one process: forwarding, journal, reader of answers and recorder, wired together.
 *
 * Parts are opened in the order of the way of a query, backwards, so that each finds the next already there; and closed
 * in its order, so that each finds the next still there. A start that fails leaves nothing open.
 *
 * A reload prepares everything that can fail, and then puts it in force in one turn of the event loop: no request meets
 * half of it (docs/decisions/0016-reload.md).
 *
 * Left to others: configuration files, signals and the terminal (`main.ts`).
 */
import { isDeepStrictEqual } from 'node:util'
import type { Logger } from 'pino'
import type { Config } from '../schema/config/config.ts'
import { ConfigError, type Mistake } from '../schema/config/config-error.ts'
import type { Admin } from './admin/admin.ts'
import type { UpstreamEvent } from './admin/upstreams.ts'
import type { Watch, WatchOptions } from './admin/watch.ts'
import { type AnswerReader, createAnswerReader } from './answer/answer-threads.ts'
import type { ReadAnswer } from './exchange.ts'
import { codeOf } from './forward/event.ts'
import type { Forward, ForwardEvent, ForwardSettings } from './forward/forward.ts'
import { createForward } from './forward/forward.ts'
import type { Tickets } from './identity/authorization.ts'
import { SessionCookies } from './identity/session-cookies.ts'
import type { TokenVerifier } from './identity/token-verifier.ts'
import { ClientOrigin } from './front/client-origin.ts'
import type { FrontEvent } from './front/front-event.ts'
import { type Front, type Listening, openFront } from './front/front.ts'
import { WhoAsks, type WhoAsksSettings } from './identity/who-asks.ts'
import type { Journal, JournalState } from './journal/journal.ts'
import { noteProcess } from './journal/checkpoint.ts'
import { cookieKey } from './journal/cookie-key.ts'
import { type Disk, nodeDisk } from './journal/disk.ts'
import { openJournal } from './journal/journal.ts'
import { JsonMessageId } from './protocol/request/message-id.ts'
import type { InterpretSettings } from './protocol/settings.ts'
import { ChangeLog, ChangeNotKept, type Noted } from './reload/change-log.ts'
import { placesChanged } from './reload/changes.ts'
import { inForce } from './reload/in-force.ts'
import type { Reloaded, Who } from './reload/who.ts'
import type { Taught } from './ship/knowing.ts'
import type { Places } from './ship/messages.ts'
import { type RecorderHandle, type RecorderHandleOptions, startRecorder } from './ship/recorder-handle.ts'
import { usableMappings } from './trial/usable-mappings.ts'

/** How long answers under way may take to finish once the proxy has been asked to stop. */
const DEADLINE_MS = 10_000

export interface ProxyOptions {
  readonly config: Config
  readonly logger: Logger
  /** Of a worker (`proxy/workers`): what it has from its primary process. */
  readonly post?: Post
  /** What the journal writes to, where it is not this computer's: tests have disks that fail. */
  readonly disk?: Disk
}

/** In place of what a proxy has for itself. */
export interface Post {
  readonly listening: Listening
  /** There is no admin address: `watch` is asked. */
  readonly watched: (watch: Watch) => void
  readonly journalNumber: number
  /** Folder of the change log; `null`: another worker keeps it. */
  readonly changesIn: string | null
  /** What its exchanges teach, for the others. */
  readonly onTaught: (taught: Taught) => void
}

export interface RunningProxy {
  /** One for each address of `proxy.listen`, in its order. */
  readonly urls: readonly string[]
  /** `null`: there is none. */
  readonly adminUrl: string | null
  /** Its journal has never seen a query. */
  readonly isNew: boolean
  /**
   * Goes by `config` from the next request on, without dropping a connection; what cannot change while it runs
   * stays as it is (`proxy/reload/in-force.ts`). All or nothing, and one after the other, however many ask. What changed is
   * an entry, and so is an attempt with a mistake in it.
   *
   * @throws ConfigError when it cannot be used, ChangeNotKept when no entry can be made: nothing has changed then
   */
  reload(config: Config, who: Who): Promise<Reloaded>
  /** Somebody tried with a configuration that could not even be read: an entry. */
  refused(mistakes: readonly Mistake[], who: Who): Promise<void>
  /** What another process of the same proxy has learnt. */
  learn(taught: Taught): void
  /** Lets answers under way finish, within a bound, and ships what is durable. */
  close(): Promise<void>
}

/** @throws ConfigError, JournalError, and what listening throws; nothing is open then */
export async function openProxy({ config, logger, post, disk = nodeDisk }: ProxyOptions): Promise<RunningProxy> {
  const settings = interpretSettings(config)
  const admin = post === undefined ? await adminOf(config, logger) : null
  const watch = post === undefined ? admin : await watchOf(config, logger)
  if (watch !== null) post?.watched(watch)
  const verifier = await openVerifier(config, logger)
  const tickets = await openTickets(config, logger, watch)
  const journal = await openJournal({
    folder: config.proxy.journal,
    name: config.proxy.name,
    fs: disk,
    ...(post === undefined ? {} : { journalNumber: post.journalNumber }),
    onState: (state) => tellJournal(logger, state),
    onSync: (tookMs) => watch?.synced(tookMs),
  })
  const isNew = journal.stats().seq === 0
  // A disk that refuses is told by the journal, which writes to the same.
  await noteProcess(journal.folder, journal.origin, journal.openedPosition, disk).catch(() => undefined)
  const changesIn = post === undefined ? config.proxy.journal : post.changesIn
  const changeLog = changesIn === null ? null : await ChangeLog.open({ journal, folder: changesIn, disk })
  const answers = createAnswerReader({ persons: settings.persons })
  const origin = new ClientOrigin(config.proxy)
  const forward = createForward({
    ...forwardSettings(config, { verifier, tickets }, answers),
    cookies: new SessionCookies(await cookieKey(config.proxy.journal, disk)),
    witness: journal,
    findMessageId: () => new JsonMessageId(),
    origin,
    limits: config.proxy.limits,
    report: (event) => {
      watch?.heard(event)
      tellForward(logger, event)
    },
  })
  const recorder = startRecorder({
    journal,
    ...recorderOptions(config),
    logger,
    ...heardBy(watch),
    ...(post === undefined ? {} : { onTaught: post.onTaught }),
  })
  const running = new OpenProxy(
    { isNew, logger, admin, watch, listening: post?.listening ?? null, journal, changeLog, origin, forward, recorder },
    { config, verifier, answers },
  )
  try {
    await running.open()
    return running
  } catch (error) {
    await running.close()
    throw error
  }
}

/** What stays as long as the proxy runs. */
interface Parts {
  readonly isNew: boolean
  readonly logger: Logger
  readonly admin: Admin | null
  /** The admin address, or the watch of a worker. */
  readonly watch: Watch | null
  /** `null`: it listens itself. */
  readonly listening: Listening | null
  readonly journal: Journal
  readonly changeLog: ChangeLog | null
  readonly origin: ClientOrigin
  readonly forward: Forward
  readonly recorder: RecorderHandle
}

/** What a reload replaces, where it has changed. */
interface Changing {
  readonly config: Config
  readonly verifier: TokenVerifier | null
  readonly answers: AnswerReader
}

class OpenProxy implements RunningProxy {
  readonly #its: Parts
  #now: Changing
  #front: Front | null = null
  #adminUrl: string | null = null
  /** Readers of answers that others have followed; WebSockets may still ask them. */
  readonly #retired: AnswerReader[] = []
  #reloading: Promise<unknown> = Promise.resolve()
  #isClosing = false

  constructor(its: Parts, now: Changing) {
    this.#its = its
    this.#now = now
  }

  get urls(): readonly string[] {
    return this.#front?.urls ?? []
  }

  get adminUrl(): string | null {
    return this.#adminUrl
  }

  get isNew(): boolean {
    return this.#its.isNew
  }

  async open(): Promise<void> {
    const { admin, watch, listening, journal, forward, origin, logger } = this.#its
    const { config, answers } = this.#now
    await this.#noteStart(config)
    if (admin !== null && config.proxy.admin !== null)
      this.#adminUrl = await admin.listen(config.proxy.admin, { journal, forward })
    else watch?.attend({ journal, forward })
    await readFirst(answers.readAnswer)
    this.#front = await openFront({
      config: config.proxy,
      origin,
      forward,
      report: (event) => tellFront(logger, event),
      ...(listening === null ? {} : { listening }),
    })
    watch?.enter('serving')
  }

  learn(taught: Taught): void {
    this.#its.recorder.learn(taught)
  }

  /** What was changed while nobody ran. A disk that keeps nothing does not keep the proxy from its work: the next start sees. */
  async #noteStart({ settings }: Config): Promise<void> {
    try {
      const noted = await this.#its.changeLog?.note(settings, { through: 'start' })
      await noted?.record()
    } catch (error) {
      if (!(error instanceof ChangeNotKept)) throw error
      this.#its.logger.error({ code: error.code }, 'the change log cannot be kept: the next start will look again')
    }
  }

  reload(wanted: Config, who: Who): Promise<Reloaded> {
    const reloaded = this.#reloading.then(() => this.#reload(wanted, who))
    this.#reloading = reloaded.catch(() => undefined)
    return reloaded
  }

  async refused(mistakes: readonly Mistake[], who: Who): Promise<void> {
    const places = mistakes.map(({ path }) => path)
    this.#its.logger.error({ code: 'CONFIG_INVALID', places }, 'the configuration cannot be used: the old one stays')
    await this.#its.changeLog?.refused(mistakes, who)
  }

  async #reload(wanted: Config, who: Who): Promise<Reloaded> {
    const { logger } = this.#its
    try {
      const before = this.#now.config.settings
      const config = inForce(wanted, this.#now.config)
      const next = await this.#prepare(config)
      const noted = await this.#noted(config, who, next.abandon)
      next.commit()
      await noted?.record()
      const [changed, atNextStart] = [
        placesChanged(before, config.settings),
        placesChanged(config.settings, wanted.settings),
      ]
      logger.info({ changed: changed.length, atNextStart }, 'the configuration was read again')
      return { changed, atNextStart }
    } catch (error) {
      if (error instanceof ConfigError) await this.refused(error.mistakes, who)
      else logger.error({ code: codeOf(error) }, 'the configuration cannot be put in force: the old one stays')
      throw error
    }
  }

  async #noted({ settings }: Config, who: Who, abandon: () => void): Promise<Noted | null> {
    try {
      return (await this.#its.changeLog?.note(settings, who)) ?? null
    } catch (error) {
      abandon()
      throw error
    }
  }

  /** All that can fail, and takes time, before anything has changed. */
  async #prepare(config: Config): Promise<{ readonly commit: () => void; readonly abandon: () => void }> {
    const { forward, logger } = this.#its
    const front = this.#front
    if (front === null || this.#isClosing) throw new Error('the proxy is closing')
    const settings = interpretSettings(config)
    const verifier = await this.#verifierFor(config)
    const answers = this.#answersFor(settings)
    const isKept = answers === this.#now.answers
    try {
      if (!isKept) await readFirst(answers.readAnswer)
      // Read anew each time: a keytab that cannot be used is a mistake of this configuration.
      const tickets = await openTickets(config, logger, this.#its.watch)
      const passing = forward.prepare(forwardSettings(config, { verifier, tickets }, answers))
      const doors = await front.prepare(config.proxy, config.file)
      const abandon = () => {
        doors.abandon()
        if (!isKept) void answers.close()
      }
      const commit = () => {
        this.#its.origin.trust(config.proxy)
        passing()
        doors.commit()
        this.#its.recorder.change(settings, placesOf(config))
        this.#its.watch?.change(adminSettings(config))
        logger.level = config.log.level
        if (!isKept) this.#retire(this.#now.answers)
        this.#now = { config, verifier, answers }
      }
      return { commit, abandon }
    } catch (error) {
      if (!isKept) await answers.close()
      throw error
    }
  }

  #retire(answers: AnswerReader): void {
    answers.retire()
    this.#retired.push(answers)
  }

  /** One that is kept knows the issuer's keys already. */
  async #verifierFor(config: Config): Promise<TokenVerifier | null> {
    const { config: before, verifier } = this.#now
    const isSame = isDeepStrictEqual(config.identity.tokens, before.identity.tokens)
    return isSame ? verifier : openVerifier(config, this.#its.logger)
  }

  #answersFor({ persons }: InterpretSettings): AnswerReader {
    const { config: before, answers } = this.#now
    return isDeepStrictEqual(persons, before.persons) ? answers : createAnswerReader({ persons })
  }

  async close(): Promise<void> {
    const { admin, watch, forward, journal, changeLog, recorder } = this.#its
    this.#isClosing = true
    watch?.enter('stopping')
    await this.#reloading
    await closeWithin(DEADLINE_MS, forward, this.#front)
    await Promise.all([this.#now.answers, ...this.#retired].map((reader) => reader.close()))
    await changeLog?.close()
    await journal.close()
    await recorder.stop()
    watch?.stop()
    await admin?.close()
  }
}

function forwardSettings(
  { servers, proxy, identity }: Config,
  proofs: Pick<WhoAsksSettings, 'verifier' | 'tickets'>,
  { readAnswer }: AnswerReader,
): ForwardSettings {
  return { servers, whoAsks: new WhoAsks({ ...identity, ...proofs }), readAnswer, captureBytes: proxy.captureBytes }
}

function adminSettings({ servers, modules }: Config): Pick<WatchOptions, 'servers' | 'modules'> {
  return { servers, modules: modules.map(({ module }) => module) }
}

/** The thread that reads answers has loaded once it has read one: before that, what an answer said would wait for it. */
async function readFirst(readAnswer: ReadAnswer): Promise<void> {
  await readAnswer({ status: 200, headers: [['Content-Type', 'text/xml']] })?.end(true)
}

/** Loaded only where it is asked for: it brings a web server with it. */
async function adminOf(config: Config, logger: Logger): Promise<Admin | null> {
  if (config.proxy.admin === null) return null
  const { Admin } = await import('./admin/admin.ts')
  return new Admin({ ...adminSettings(config), report: (event) => tellUpstream(logger, event) })
}

async function watchOf(config: Config, logger: Logger): Promise<Watch> {
  const { Watch: Watching } = await import('./admin/watch.ts')
  return new Watching({ ...adminSettings(config), report: (event) => tellUpstream(logger, event) })
}

/** What the recorder tells of itself goes to the admin address, where there is one. */
function heardBy(watch: Watch | null): Pick<RecorderHandleOptions, 'onStatus' | 'onWritten' | 'onTrouble'> {
  return {
    onStatus: (status) => watch?.recorderTold(status),
    onWritten: (tally) => watch?.wrote(tally),
    onTrouble: (code) => watch?.troubled(code),
  }
}

function interpretSettings({ modules, mappings, record, persons }: Config): InterpretSettings {
  return { modules, mappings: usableMappings(mappings), metadata: record.metadata, persons }
}

/** Its package is loaded only where keys are configured. */
async function openVerifier({ identity: { tokens } }: Config, logger: Logger): Promise<TokenVerifier | null> {
  if (tokens === null) return null
  const { TokenVerifier: Verifier } = await import('./identity/token-verifier.ts')
  return new Verifier(tokens, (code) => logger.error({ code }, 'the keys that verify bearer tokens cannot be had'))
}

/** Loaded only where a keytab is configured. */
async function openTickets({ identity }: Config, logger: Logger, watch: Watch | null): Promise<Tickets | null> {
  const { kerberos } = identity
  if (kerberos === null) return null
  const { TicketReader } = await import('./identity/kerberos/ticket-reader.ts')
  return new TicketReader({
    config: kerberos,
    onTrouble: (code) => watch?.ticketUnread(code),
    tell: (code, count) => logger.warn({ code, count }, 'Kerberos users could not be read'),
  })
}

/** What a recorder needs of the configuration. */
export function recorderOptions(config: Config): Pick<RecorderHandleOptions, 'store' | 'settings' | 'places'> {
  return { store: config.store, settings: interpretSettings(config), places: placesOf(config) }
}

function placesOf({ identity: { organisations, directory } }: Config): Places {
  return { organisations, directory }
}

/** Lets answers under way finish; after `deadlineMs` the clients that still wait are cut off, and recorded as such. */
async function closeWithin(deadlineMs: number, forward: Forward, front: Front | null): Promise<void> {
  front?.close()
  const cut = setTimeout(() => forward.cut(), deadlineMs)
  await forward.close()
  clearTimeout(cut)
}

function tellJournal(logger: Logger, state: JournalState): void {
  if (state.kind === 'ready') logger.info('the journal writes')
  else
    logger.error(
      { code: state.error.code },
      'the journal cannot be written: queries are refused, or pass and are counted',
    )
}

function tellFront(logger: Logger, event: FrontEvent): void {
  if (event.kind === 'certificate-unusable') logger.error(event, 'the certificate cannot be used: the old one stays')
  else logger.info(event, 'new connections get the new certificate')
}

function tellUpstream(logger: Logger, event: UpstreamEvent): void {
  if (event.kind === 'upstream-up') logger.info(event, 'the BI server is there again')
  else logger.warn(event, 'the BI server is not there, or says that it is not well')
}

function tellForward(logger: Logger, event: ForwardEvent): void {
  if (event.kind === 'passed' || event.kind === 'piece-passed') return
  if (event.kind === 'failed' || event.kind === 'withheld' || event.kind === 'unrecorded')
    logger.error(event, event.kind)
  else logger.info(event, event.kind)
}
