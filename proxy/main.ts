/**
 * The proxy's end of the command `tilsyn`: runs the proxy, with a sample BI server where none is configured, and lets an
 * operator ask what would be logged.
 */
import { userInfo } from 'node:os'
import { type Logger, pino } from 'pino'
import type { Command } from '../schema/command/command.ts'
import { stopRequested, tellReady } from '../schema/command/stop.ts'
import type { Config, ServerConfig } from '../schema/config/config.ts'
import { ConfigError } from '../schema/config/config-error.ts'
import { leftoverJournals } from '../schema/config/journal-folders.ts'
import { openProxy, type ProxyOptions, recorderOptions, type RunningProxy } from './app.ts'
import { codeOf } from './forward/event.ts'
import { type Answer, type Control, openControl, type Request } from './reload/control.ts'
import { reload } from './reload/reload-command.ts'
import type { Reloaded, Who } from './reload/who.ts'
import { SAMPLE_PERSON, sendSampleQueries } from './sample/sample-queries.ts'
import type { SampleServer } from './sample/server.ts'
import { startSampleServer } from './sample/server.ts'
import { interpret } from './trial/interpret-command.ts'
import { verify } from './verify/verify-command.ts'
import { openWorkers } from './workers/app.ts'
import { Leftovers } from './workers/leftovers.ts'

/** The sample server's persons are born in the future, so that none of them can be anybody's. */
const SAMPLE_LATEST_BIRTH = '2057-12-31'

const proxy: Command = {
  summary: 'run the proxy alone',
  help: `tilsyn proxy

Forwards, journals, and writes the tables. Without a BI server in the configuration it starts a sample one.`,
  options: {},
  async run(invocation) {
    const written = invocation.config()
    let readAgain: () => void = () => undefined
    // Whoever asks before the proxy has opened: it has only just read it.
    const stop = stopRequested(() => readAgain())
    const logger = pino({ name: 'proxy', level: written.log.level }, pino.destination({ dest: 2, sync: true }))
    const sample = written.servers.length === 0 ? await startSampleServer({ host: '127.0.0.1', port: 0 }) : null
    const config = completed(written, sample)
    try {
      const running = await open({ config, logger })
      const { urls, adminUrl, isNew } = running
      const again = (who: Who) => reloadFrom(running, () => completed(invocation.config(), sample), who)
      readAgain = () => void again({ through: 'signal' }).catch(() => undefined) // told in the log
      const control = await controlOf(again, config, logger)
      try {
        if (adminUrl !== null) invocation.print(`admin address on ${adminUrl}`)
        for (const url of urls) invocation.print(`proxy listening on ${url}`)
        // Only a journal that has never seen a query gets the sample ones: a restart does not repeat them.
        if (sample !== null && isNew) await sendFirstQueries(config.proxy, urls)
        tellReady({ half: 'proxy', url: urls[0] ?? '', samplePerson: sample === null ? null : SAMPLE_PERSON })
        await stop
      } finally {
        control?.close()
        await running.close()
      }
    } finally {
      await sample?.close()
    }
    return 0
  },
}

type Running = Omit<RunningProxy, 'learn'>

/** One process or several; either ships what others have left over, too. */
async function open(options: ProxyOptions): Promise<Running> {
  const { config, logger } = options
  if (config.proxy.workers > 1) return openWorkers(options)
  const folders = leftoverJournals(config.proxy)
  const running = await openProxy(options)
  const leftovers = new Leftovers({ folders, name: config.proxy.name, recorder: recorderOptions(config), logger })
  const close = async () => {
    await Promise.all([leftovers.close(), running.close()])
  }
  const { urls, adminUrl } = running
  const isNew = running.isNew && folders.length === 0
  return {
    urls,
    adminUrl,
    isNew,
    reload: (wanted, who) => running.reload(wanted, who),
    refused: (mistakes, who) => running.refused(mistakes, who),
    close,
  }
}

/** They are sent as a client without TLS and without a load balancer in front of it sends them, or not at all. */
async function sendFirstQueries({ proxyProtocol }: Config['proxy'], urls: readonly string[]): Promise<void> {
  const plain = urls.find((url) => url.startsWith('http:'))
  if (plain !== undefined && !proxyProtocol) await sendSampleQueries(new URL(plain))
}

/** Without a BI server of its own a configuration is about the sample one, if that runs. */
function completed(config: Config, sample: SampleServer | null): Config {
  if (config.servers.length > 0) return config
  if (sample !== null) return withSample(config, sample)
  const expected = 'expected a BI server: the sample one begins at a start only'
  throw new ConfigError(config.file, [{ path: 'servers', expected, example: null }])
}

/** @throws ConfigError, also where the file cannot be read: that is on record too */
async function reloadFrom(running: Running, read: () => Config, who: Who): Promise<Reloaded> {
  let config: Config
  try {
    config = read()
  } catch (error) {
    if (error instanceof ConfigError) await running.refused(error.mistakes, who)
    throw error
  }
  return running.reload(config, who)
}

/** Without it the proxy does its work all the same; what it offers, a signal offers too. */
async function controlOf(
  again: (who: Who) => Promise<Reloaded>,
  { file, proxy: { journal } }: Config,
  logger: Logger,
): Promise<Control | null> {
  const own = userInfo().username
  const answer = async ({ user }: Request): Promise<Answer> => {
    try {
      const reloaded = await again({ through: 'command', user, vouched: user === own })
      return { kind: 'reloaded', file, ...reloaded }
    } catch (error) {
      if (error instanceof ConfigError) return { kind: 'refused', file: error.file, mistakes: error.mistakes }
      return { kind: 'failed', code: codeOf(error) }
    }
  }
  try {
    return await openControl(journal, answer)
  } catch (error) {
    logger.error({ code: codeOf(error) }, 'the control channel cannot be opened: tilsyn reload will not work')
    return null
  }
}

function withSample(config: Config, sample: SampleServer): Config {
  const { persons } = config
  const latestBirth = persons.latestBirth ?? SAMPLE_LATEST_BIRTH
  return { ...config, servers: [sampleConfig(sample)], persons: { ...persons, latestBirth } }
}

function sampleConfig({ url }: SampleServer): ServerConfig {
  return {
    name: 'sample',
    upstream: url,
    host: null,
    path: null,
    port: null,
    ca: null,
    health: null,
    forwardedHeaders: 'pass',
    onJournalFailure: 'refuse',
    binaryXml: 'avoid',
    sessionCookies: [],
    rollingCookies: [],
    timeoutMs: 60_000,
  }
}

export const commands = { proxy, reload, interpret, verify }
