/**
 * The proxy's end of the command `tilsyn`: wires forwarding, journal, reader of answers and recorder together, and lets
 * an operator ask what would be logged.
 */
import type { Server } from 'node:http'
import { pino } from 'pino'
import type { Logger } from 'pino'
import type { Command } from '../schema/command/command.ts'
import { stopRequested, tellReady } from '../schema/command/stop.ts'
import type { Address, Config, ServerConfig } from '../schema/config/config.ts'
import type { Admin } from './admin/admin.ts'
import { createAnswerReader } from './answer/answer-threads.ts'
import type { ReadAnswer } from './exchange.ts'
import type { Forward, ForwardEvent } from './forward/forward.ts'
import { createForward } from './forward/forward.ts'
import type { TokenVerifier } from './identity/token-verifier.ts'
import { WhoAsks } from './identity/who-asks.ts'
import type { JournalState } from './journal/journal.ts'
import { openJournal } from './journal/journal.ts'
import { JsonMessageId } from './protocol/message-id.ts'
import type { InterpretSettings } from './protocol/settings.ts'
import { SAMPLE_PERSON, sendSampleQueries } from './sample/sample-queries.ts'
import type { SampleServer } from './sample/server.ts'
import { startSampleServer } from './sample/server.ts'
import type { Places } from './ship/messages.ts'
import { startRecorder } from './ship/recorder-handle.ts'
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
    const forward = createForward({
      servers,
      witness: journal,
      whoAsks: new WhoAsks({ ...config.identity, verifier: await openVerifier(config, logger) }),
      readAnswer: answers.readAnswer,
      findMessageId: () => new JsonMessageId(),
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
      onStatus: (status) => admin?.recorderTold(status),
      onWritten: (tally) => admin?.wrote(tally),
      onTrouble: (code) => admin?.troubled(code),
    })
    try {
      if (admin !== null && config.proxy.admin !== null) {
        invocation.print(`admin address on ${await admin.listen(config.proxy.admin, { journal, forward })}`)
      }
      await readFirst(answers.readAnswer)
      const url = await listen(forward.server, config.proxy.listen)
      admin?.enter('serving')
      invocation.print(`proxy listening on ${url}`)
      // Only a journal that has never seen a query gets the sample ones: a restart does not repeat them.
      if (sample !== null && journal.stats().seq === 0) await sendSampleQueries(new URL(url))
      tellReady({ half: 'proxy', url, samplePerson: sample === null ? null : SAMPLE_PERSON })
      await stop
    } finally {
      admin?.enter('stopping')
      // In the order of the way of a query, so that each finds the next still there.
      await closeWithin(DEADLINE_MS, forward)
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

function sampleConfig({ url }: SampleServer): ServerConfig {
  return {
    name: 'sample',
    upstream: url,
    host: null,
    path: null,
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
async function closeWithin(deadlineMs: number, forward: Forward): Promise<void> {
  const cut = setTimeout(() => forward.server.closeAllConnections(), deadlineMs)
  await forward.close()
  clearTimeout(cut)
}

/** Resolves with the address in use, once it is. */
function listen(server: Server, { host, port }: Address): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  server.once('error', reject)
  server.listen(port, host, () => {
    server.off('error', reject)
    const bound = server.address()
    const actual = typeof bound === 'object' && bound !== null ? bound.port : port
    resolve(`http://${host.includes(':') ? `[${host}]` : host}:${actual}`)
  })
  return promise
}

function tellJournal(logger: Logger, state: JournalState): void {
  if (state.kind === 'ready') logger.info('the journal writes')
  else
    logger.error(
      { code: state.error.code },
      'the journal cannot be written: queries are refused, or pass and are counted',
    )
}

function tellForward(logger: Logger, event: ForwardEvent): void {
  if (event.kind === 'passed') return
  if (event.kind === 'failed' || event.kind === 'withheld' || event.kind === 'unrecorded')
    logger.error(event, event.kind)
  else logger.info(event, event.kind)
}

export const commands = { proxy, interpret }
