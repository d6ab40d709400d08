/**
 * The proxy's end of the command `tilsyn`: runs the proxy, with a sample BI server where none is configured, and lets an
 * operator ask what would be logged.
 */
import { pino } from 'pino'
import type { Command } from '../schema/command/command.ts'
import { stopRequested, tellReady } from '../schema/command/stop.ts'
import type { Config, ServerConfig } from '../schema/config/config.ts'
import { leftoverJournals } from '../schema/config/journal-folders.ts'
import { openProxy, type ProxyOptions, recorderOptions, type RunningProxy } from './app.ts'
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
    const stop = stopRequested()
    const logger = pino({ name: 'proxy', level: written.log.level }, pino.destination({ dest: 2, sync: true }))
    const sample = written.servers.length === 0 ? await startSampleServer({ host: '127.0.0.1', port: 0 }) : null
    const config = sample === null ? written : withSample(written, sample)
    try {
      const running = await open({ config, logger })
      const { urls, adminUrl, isNew } = running
      try {
        if (adminUrl !== null) invocation.print(`admin address on ${adminUrl}`)
        for (const url of urls) invocation.print(`proxy listening on ${url}`)
        // Only a journal that has never seen a query gets the sample ones: a restart does not repeat them.
        if (sample !== null && isNew) await sendFirstQueries(config.proxy, urls)
        tellReady({ half: 'proxy', url: urls[0] ?? '', samplePerson: sample === null ? null : SAMPLE_PERSON })
        await stop
      } finally {
        await running.close()
      }
    } finally {
      await sample?.close()
    }
    return 0
  },
}

/** One process or several; either ships what others have left over, too. */
async function open(options: ProxyOptions): Promise<Omit<RunningProxy, 'learn'>> {
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
  return { urls, adminUrl, isNew, reload: (wanted, who) => running.reload(wanted, who), close }
}

/** They are sent as a client without TLS and without a load balancer in front of it sends them, or not at all. */
async function sendFirstQueries({ proxyProtocol }: Config['proxy'], urls: readonly string[]): Promise<void> {
  const plain = urls.find((url) => url.startsWith('http:'))
  if (plain !== undefined && !proxyProtocol) await sendSampleQueries(new URL(plain))
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
    timeoutMs: 60_000,
  }
}

export const commands = { proxy, interpret, verify }
