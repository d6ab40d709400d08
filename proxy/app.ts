/**
 * The proxy in one process: forwarding, journal, reader of answers and recorder, wired together.
 *
 * Parts are opened in the order of the way of a query, backwards, so that each finds the next already there; and closed
 * in its order, so that each finds the next still there. A start that fails leaves nothing open.
 *
 * Left to others: configuration files, signals and the terminal (`main.ts`).
 */
import type { Logger } from 'pino'
import type { Config } from '../schema/config/config.ts'
import type { Admin } from './admin/admin.ts'
import { createAnswerReader } from './answer/answer-threads.ts'
import type { ReadAnswer } from './exchange.ts'
import type { Forward, ForwardEvent } from './forward/forward.ts'
import { createForward } from './forward/forward.ts'
import type { TokenVerifier } from './identity/token-verifier.ts'
import { ClientOrigin } from './front/client-origin.ts'
import type { FrontEvent } from './front/front-event.ts'
import { type Front, openFront } from './front/front.ts'
import { WhoAsks } from './identity/who-asks.ts'
import type { JournalState } from './journal/journal.ts'
import { openJournal } from './journal/journal.ts'
import { JsonMessageId } from './protocol/message-id.ts'
import type { InterpretSettings } from './protocol/settings.ts'
import type { Places } from './ship/messages.ts'
import { type RecorderHandleOptions, startRecorder } from './ship/recorder-handle.ts'
import { usableMappings } from './trial/usable-mappings.ts'

/** How long answers under way may take to finish once the proxy has been asked to stop. */
const DEADLINE_MS = 10_000

export interface ProxyOptions {
  readonly config: Config
  readonly logger: Logger
}

export interface RunningProxy {
  /** One for each address of `proxy.listen`, in its order. */
  readonly urls: readonly string[]
  /** `null`: there is none. */
  readonly adminUrl: string | null
  /** Its journal has never seen a query. */
  readonly isNew: boolean
  /** Lets answers under way finish, within a bound, and ships what is durable. */
  close(): Promise<void>
}

/** @throws ConfigError, JournalError, and what listening throws; nothing is open then */
export async function openProxy({ config, logger }: ProxyOptions): Promise<RunningProxy> {
  const settings = interpretSettings(config)
  const admin = await adminOf(config)
  const verifier = await openVerifier(config, logger)
  const journal = await openJournal({
    folder: config.proxy.journal,
    name: config.proxy.name,
    onState: (state) => tellJournal(logger, state),
    onSync: (tookMs) => admin?.synced(tookMs),
  })
  const answers = createAnswerReader({ persons: settings.persons })
  const origin = new ClientOrigin(config.proxy)
  const forward = createForward({
    servers: config.servers,
    witness: journal,
    whoAsks: new WhoAsks({ ...config.identity, verifier }),
    readAnswer: answers.readAnswer,
    findMessageId: () => new JsonMessageId(),
    origin,
    captureBytes: config.proxy.captureBytes,
    report: (event) => {
      admin?.heard(event)
      tellForward(logger, event)
    },
  })
  const recorder = startRecorder({
    journal,
    store: config.store,
    settings,
    places: placesOf(config),
    logger,
    ...heardBy(admin),
  })
  let front: Front | null = null
  const close = async () => {
    admin?.enter('stopping')
    await closeWithin(DEADLINE_MS, forward, front)
    await answers.close()
    await journal.close()
    await recorder.stop()
    await admin?.close()
  }
  try {
    const adminUrl =
      admin === null || config.proxy.admin === null
        ? null
        : await admin.listen(config.proxy.admin, { journal, forward })
    await readFirst(answers.readAnswer)
    front = await openFront({ config: config.proxy, origin, forward, report: (event) => tellFront(logger, event) })
    admin?.enter('serving')
    return { urls: front.urls, adminUrl, isNew: journal.stats().seq === 0, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The thread that reads answers has loaded once it has read one: before that, what an answer said would wait for it. */
async function readFirst(readAnswer: ReadAnswer): Promise<void> {
  await readAnswer({ status: 200, headers: [['Content-Type', 'text/xml']] })?.end(true)
}

/** Loaded only where it is asked for: it brings a web server with it. */
async function adminOf({ proxy, modules, servers }: Config): Promise<Admin | null> {
  if (proxy.admin === null) return null
  const { Admin } = await import('./admin/admin.ts')
  return new Admin({ servers, modules: modules.map(({ module }) => module) })
}

/** What the recorder tells of itself goes to the admin address, where there is one. */
function heardBy(admin: Admin | null): Pick<RecorderHandleOptions, 'onStatus' | 'onWritten' | 'onTrouble'> {
  return {
    onStatus: (status) => admin?.recorderTold(status),
    onWritten: (tally) => admin?.wrote(tally),
    onTrouble: (code) => admin?.troubled(code),
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

function tellForward(logger: Logger, event: ForwardEvent): void {
  if (event.kind === 'passed') return
  if (event.kind === 'failed' || event.kind === 'withheld' || event.kind === 'unrecorded')
    logger.error(event, event.kind)
  else logger.info(event, event.kind)
}
