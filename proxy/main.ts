/**
 * The proxy's end of the command `tilsyn`: wires forwarding, journal, reader of answers and recorder together, and lets
 * an operator ask what would be logged.
 */
import { pino } from 'pino'
import type { Logger } from 'pino'
import type { Command } from '../schema/command/command.ts'
import { stopRequested, tellReady } from '../schema/command/stop.ts'
import type { Config, ServerConfig } from '../schema/config/config.ts'
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
import { SAMPLE_PERSON, sendSampleQueries } from './sample/sample-queries.ts'
import type { SampleServer } from './sample/server.ts'
import { startSampleServer } from './sample/server.ts'
import type { Places } from './ship/messages.ts'
import { type RecorderHandleOptions, startRecorder } from './ship/recorder-handle.ts'
import { interpret } from './trial/interpret-command.ts'
import { usableMappings } from './trial/usable-mappings.ts'

/** The sample server's persons are born in the future, so that none of them can be anybody's. */
const SAMPLE_LATEST_BIRTH = '2057-12-31'

/** How long answers under way may take to finish once the proxy has been asked to stop. */
const DEADLINE_MS = 10_000

const proxy: Command = {
  summary: 'run the proxy alone',
  help: `tilsyn proxy

Forwards, journals, and writes the tables. Without a BI server in the configuration it starts a sample one.`,
  options: {},
  async run(invocation) {
    const config = invocation.config()
    const stop = stopRequested()
    const logger = pino({ name: 'proxy', level: config.log.level }, pino.destination({ dest: 2, sync: true }))
    const settings = interpretSettings(config, config.servers.length === 0)
    const sample = config.servers.length === 0 ? await startSampleServer({ host: '127.0.0.1', port: 0 }) : null
    const servers = sample === null ? config.servers : [sampleConfig(sample)]

    const admin = await adminOf(config, servers)
    const journal = await openJournal({
      folder: config.proxy.journal,
      name: config.proxy.name,
      onState: (state) => tellJournal(logger, state),
      onSync: (tookMs) => admin?.synced(tookMs),
    })
    const answers = createAnswerReader({ persons: settings.persons })
    const origin = new ClientOrigin(config.proxy)
    const forward = createForward({
      servers,
      witness: journal,
      whoAsks: new WhoAsks({ ...config.identity, verifier: await openVerifier(config, logger) }),
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
    try {
      if (admin !== null && config.proxy.admin !== null) {
        invocation.print(`admin address on ${await admin.listen(config.proxy.admin, { journal, forward })}`)
      }
      await readFirst(answers.readAnswer)
      front = await openFront({ config: config.proxy, origin, forward, report: (event) => tellFront(logger, event) })
      admin?.enter('serving')
      for (const url of front.urls) invocation.print(`proxy listening on ${url}`)
      // Only a journal that has never seen a query gets the sample ones: a restart does not repeat them.
      if (sample !== null && journal.stats().seq === 0) await sendFirstQueries(config.proxy, front)
      tellReady({ half: 'proxy', url: front.urls[0] ?? '', samplePerson: sample === null ? null : SAMPLE_PERSON })
      await stop
    } finally {
      admin?.enter('stopping')
      // In the order of the way of a query, so that each finds the next still there.
      await closeWithin(DEADLINE_MS, forward, front)
      await answers.close()
      await journal.close()
      await recorder.stop()
      await admin?.close()
      await sample?.close()
    }
    return 0
  },
}

/** The thread that reads answers has loaded once it has read one: before that, what an answer said would wait for it. */
async function readFirst(readAnswer: ReadAnswer): Promise<void> {
  await readAnswer({ status: 200, headers: [['Content-Type', 'text/xml']] })?.end(true)
}

/** Loaded only where it is asked for: it brings a web server with it. */
async function adminOf({ proxy, modules }: Config, servers: readonly ServerConfig[]): Promise<Admin | null> {
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

/** They are sent as a client without TLS and without a load balancer in front of it sends them, or not at all. */
async function sendFirstQueries({ proxyProtocol }: Config['proxy'], { urls }: Front): Promise<void> {
  const plain = urls.find((url) => url.startsWith('http:'))
  if (plain !== undefined && !proxyProtocol) await sendSampleQueries(new URL(plain))
}

function sampleConfig({ url }: SampleServer): ServerConfig {
  return {
    name: 'sample',
    upstream: url,
    host: null,
    path: null,
    port: null,
    ca: null,
    forwardedHeaders: 'pass',
    onJournalFailure: 'refuse',
    binaryXml: 'avoid',
    timeoutMs: 60_000,
  }
}

function interpretSettings(config: Config, sample: boolean): InterpretSettings {
  const latestBirth = config.persons.latestBirth ?? (sample ? SAMPLE_LATEST_BIRTH : null)
  const mappings = usableMappings(config.mappings)
  const { modules, record } = config
  return { modules, mappings, metadata: record.metadata, persons: { ...config.persons, latestBirth } }
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

export const commands = { proxy, interpret }
