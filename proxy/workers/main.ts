/**
 * A worker: a process that runs the whole proxy of `proxy/app.ts` with a journal of its own, and has its connections and
 * its orders from the primary process. It ends in order when the primary says so, and also when the primary is gone.
 */
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { pino } from 'pino'
import { ConfigError } from '../../schema/config/config-error.ts'
import type { Watch } from '../admin/watch.ts'
import { openProxy, type RunningProxy } from '../app.ts'
import { JournalError } from '../journal/journal-error.ts'
import { assertNever } from '../../schema/record/record.ts'
import { unpacked } from './config-message.ts'
import { Handed } from './handed.ts'
import type { Who } from '../reload/who.ts'
import type { Failure, FromWorker, Told, ToWorker, WorkerStart } from './messages.ts'

/** A primary that was killed leaves workers that still finish their answers: for so long their journals are waited for. */
const HANDOVER_MS = 15_000
const LOOK_AGAIN_MS = 100

const say = (message: FromWorker) => process.send?.(message)
const handed = new Handed(leftOneByOne())
let watch: Watch | null = null
let running: Promise<RunningProxy> | null = null

process.on('message', (message: ToWorker, socket: unknown) => void hear(message, socket))
process.once('disconnect', () => void end())
// A terminal and a service manager send their signals to all processes; when to stop is the primary's to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)

async function hear(message: ToWorker, socket: unknown): Promise<void> {
  switch (message.kind) {
    case 'start':
      return begin(message.start)
    case 'connection':
      say({ kind: 'took', handing: message.handing })
      // One that has closed on its way does not come, and so does not close either.
      return isSocket(socket) ? handed.take(message.door, socket) : void say({ kind: 'left', connections: 1 })
    case 'learn':
      return (await running)?.learn(message.taught)
    case 'ask':
      return tell(message.question, message.about)
    case 'reload':
      return reload(message.question, message.config, message.who)
    case 'refused':
      return (await running)?.refused(message.mistakes, message.who)
    case 'stop':
      return end()
    default:
      assertNever(message)
  }
}

async function begin(start: WorkerStart): Promise<void> {
  try {
    running = open(start)
    const { isNew } = await running
    say({ kind: 'ready', isNew })
  } catch (error) {
    process.send?.({ kind: 'failed', failure: failureOf(error) } satisfies FromWorker, () => process.exit(1))
  }
}

async function open({ worker, config: message, journalNumber, changesIn }: WorkerStart): Promise<RunningProxy> {
  const config = unpacked(message)
  const destination = pino.destination({ dest: 2, sync: true })
  const logger = pino({ name: 'proxy', level: config.log.level }, destination).child({ worker })
  const post = {
    listening: handed,
    watched: (its) => {
      watch = its
    },
    journalNumber,
    changesIn,
    onTaught: (taught) => void say({ kind: 'taught', taught }),
  } satisfies Parameters<typeof openProxy>[0]['post']
  for (const until = Date.now() + HANDOVER_MS; ; await setTimeout(LOOK_AGAIN_MS)) {
    try {
      return await openProxy({ config, logger, post })
    } catch (error) {
      const isLocked = error instanceof JournalError && error.code === 'JOURNAL_LOCKED'
      if (!isLocked || Date.now() > until || !process.connected) throw error
    }
  }
}

async function tell(question: number, about: 'readiness' | 'metrics'): Promise<void> {
  if (watch === null) return
  const told: Told =
    about === 'readiness'
      ? { about, readiness: await watch.readiness() }
      : { about, metrics: await watch.metricsToAdd() }
  say({ kind: 'told', question, told })
}

async function reload(question: number, config: unknown, who: Who): Promise<void> {
  try {
    const proxy = await running
    if (proxy === null) return
    const reloaded = await proxy.reload(unpacked(config), who)
    say({ kind: 'told', question, told: { about: 'reload', reloaded } })
  } catch (error) {
    say({ kind: 'told', question, told: { about: 'refused', failure: failureOf(error) } })
  }
}

let ending: Promise<void> | null = null

function end(): Promise<void> {
  ending ??= (running ?? Promise.resolve(null))
    .then((proxy) => proxy?.close())
    // Of a start that has failed it was told, and it has left nothing open.
    .catch(() => undefined)
    .then(() => process.exit())
  return ending
}

/** Told once for all that close in one turn. */
function leftOneByOne(): () => void {
  let connections = 0
  return () => {
    connections += 1
    if (connections > 1) return
    setImmediate(() => {
      say({ kind: 'left', connections })
      connections = 0
    })
  }
}

function isSocket(value: unknown): value is Socket {
  return typeof value === 'object' && value !== null && 'remoteAddress' in value
}

function failureOf(error: unknown): Failure {
  if (error instanceof ConfigError) return { code: error.code, message: error.message, mistakes: error.mistakes }
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: 'unknown error', mistakes: [] }
  return { code: 'code' in error ? String(error.code) : error.name, message: error.message, mistakes: [] }
}
