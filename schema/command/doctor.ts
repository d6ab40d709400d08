/**
 * `tilsyn doctor`: does the whole way work, here and now? Each check is told in a line; the last sends one planted query
 * through the running proxy and finds it in the tables.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { getCACertificates } from 'node:tls'
import type { Config, ServerConfig } from '../config/config.ts'
import type { Listener } from '../config/front.ts'
import { journalFolders, leftoverJournals } from '../config/journal-folders.ts'
import { StoreError } from '../store/store.ts'
import type { LogEntry, RecordReader } from '../store/store.ts'
import { openStore } from '../store/open.ts'
import { overdueSince } from '../store/overdue.ts'
import type { Command } from './command.ts'
import { certificates } from './doctor-certificate.ts'
import { listenerForDoctor, openTo } from './doctor-connection.ts'
import { origins } from './doctor-origins.ts'
import { post, type PostAnswer, type PostOptions } from './doctor-post.ts'
import { users } from './doctor-users.ts'
import { failed, type Finding, ok, warning } from './finding.ts'

const LOW_DISK_BYTES = 2 * 1024 ** 3
const SKEW_MS = 5_000
const ANSWER_MS = 10_000
const ENTRY_MS = 15_000

const MARKS = { ok: 'ok      ', warning: 'WARNING ', failed: 'FAILED  ' } as const

export const doctor: Command = {
  summary: 'check configuration, BI server, store, clock and disk, and send a planted query',
  help: `tilsyn doctor

Run it beside the running proxy. Exit code 1 when a check failed.`,
  options: {},
  async run({ config, print }) {
    const settings = config()
    let sound = true
    const say = ({ state, text }: Finding) => {
      sound &&= state !== 'failed'
      print(MARKS[state] + text)
    }
    say(ok('configuration: read and sound'))
    for (const finding of choices(settings, new Date())) say(finding)
    for (const finding of await users(settings)) say(finding)
    for (const finding of await disks(settings.proxy)) say(finding)
    for (const server of settings.servers) for (const finding of await upstream(server)) say(finding)
    for (const finding of await certificates(settings)) say(finding)
    for await (const finding of storeAndQuery(settings)) say(finding)
    return sound ? 0 : 1
  },
}

/** What has been set that an operator ought to have before his eyes. Whether mappings fit is tried by `interpret`. */
export function choices({ servers, persons, record, mappings }: Config, now: Date): readonly Finding[] {
  const told = servers.flatMap(({ name, onJournalFailure, binaryXml }) => [
    ...(onJournalFailure === 'forward'
      ? [warning(`BI server ${name}: queries pass unrecorded while the journal cannot be written (onJournalFailure)`)]
      : []),
    ...(binaryXml === 'pass' ? [ok(`BI server ${name}: binary XML passes, and its copy is decoded (binaryXml)`)] : []),
  ])
  const { latestBirth } = persons
  if (latestBirth !== null && latestBirth > now.toISOString().slice(0, 10)) {
    told.push(warning(`persons: also births up to ${latestBirth} are taken for persons (persons.latestBirth)`))
  }
  if (record.metadata === 'drop') told.push(ok('requests for the model: counted, and left out (record.metadata)'))
  if (mappings.length > 0) told.push(ok(`mappings: ${mappings.map(({ mapping }) => mapping.name).join(', ')}`))
  return told
}

async function disks(proxy: Config['proxy']): Promise<readonly Finding[]> {
  const folders = journalFolders(proxy)
  const found = await Promise.all(
    folders.map((folder, at) => disk(folder, folders.length === 1 ? 'disk' : `disk, worker ${at + 1}`)),
  )
  const leftOver = leftoverJournals(proxy).length
  if (leftOver === 0) return found
  return [...found, ok(`journals of former processes: ${leftOver}, shipped when the proxy starts`)]
}

async function disk(folder: string, place: string): Promise<Finding> {
  const probe = join(folder, `doctor-${randomUUID()}.tmp`)
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const file = await open(probe, 'wx', 0o600)
    await file.write(Buffer.alloc(4096))
    await file.datasync()
    await file.close()
    await rm(probe)
    const { bavail, bsize } = await statfs(folder)
    const free = bavail * bsize
    const text = `${place}: the journal's folder can be written, ${(free / 1024 ** 3).toFixed(1)} GB free`
    return free < LOW_DISK_BYTES ? warning(text) : ok(text)
  } catch (error) {
    return failed(`${place}: the journal's folder cannot be written (${reason(error)})`)
  }
}

async function upstream(server: ServerConfig): Promise<readonly Finding[]> {
  const began = performance.now()
  try {
    const answer = await ask(
      server.upstream,
      discover('DISCOVER_DATASOURCES'),
      {},
      { tls: { ca: server.ca ?? everybodys() } },
    )
    const took = Math.round(performance.now() - began)
    return [ok(`BI server ${server.name}: answers with status ${answer.status} in ${took} ms`), clock(server, answer)]
  } catch (error) {
    return [failed(`BI server ${server.name}: no answer (${reason(error)})`)]
  }
}

/** The authorities that the proxy itself goes by. */
function everybodys(): string[] {
  return [...getCACertificates('default'), ...getCACertificates('system')]
}

function clock(server: ServerConfig, { date = '' }: PostAnswer): Finding {
  const theirs = Date.parse(date)
  if (Number.isNaN(theirs)) return ok(`clock: BI server ${server.name} does not tell its time`)
  const skew = Math.abs(Date.now() - theirs)
  const text = `clock: ${Math.round(skew / 1000)} s from the BI server ${server.name}`
  return skew > SKEW_MS ? warning(`${text}; entries are timed by this computer's clock`) : ok(text)
}

async function* storeAndQuery(config: Config): AsyncGenerator<Finding> {
  let store
  try {
    store = await openStore(config.store)
    const states = await store.reader.origins()
    yield ok(`store: open, ${states.length} journal${states.length === 1 ? ' has' : 's have'} written to it`)
    yield* origins(states, Date.now())
    yield await keeping(config, store.reader)
    yield* planted(config, store.reader)
  } catch (error) {
    yield failed(`store: ${reason(error)}`)
  } finally {
    await store?.close()
  }
}

/** Whoever does not delete by himself has to be reminded of it (requirement N17). */
export async function keeping(
  { retention }: Pick<Config, 'retention'>,
  reader: Pick<RecordReader, 'oldest'>,
): Promise<Finding> {
  const { period, automatic } = retention
  const since = await overdueSince(reader, retention, Date.now())
  const text = `retention: entries are kept for ${period}, and ${automatic ? 'then deleted every day' : 'deleted by hand (retention.automatic)'}`
  if (since === null) return ok(text)
  return warning(`${text}; OVERDUE: the oldest is of ${new Date(since).toISOString()}: see tilsyn retention`)
}

async function* planted(config: Config, reader: RecordReader): AsyncGenerator<Finding> {
  const listener = listenerForDoctor(config.proxy)
  if (listener === null) {
    const why = 'every address requires a certificate of its clients, and doctor has none'
    yield warning(`planted query: not sent, so nobody has tried whether it would be recorded (${why})`)
    return
  }
  const target = urlOf(listener, config)
  const mark = randomUUID()
  const began = Date.now()
  try {
    // Whether its certificate is trusted is for the clients to say: certificates() has looked at it.
    const own = { tls: { rejectUnauthorized: false }, wire: await openTo(listener, config.proxy) }
    const answer = await ask(target, execute('SELECT FROM [Tilsyn doctor]'), { 'X-AS-ActivityID': mark }, own)
    yield ok(`proxy: answers on ${target.host} with status ${answer.status}`)
  } catch (error) {
    yield failed(`proxy: no answer on ${target.host} (${reason(error)}); start it with: tilsyn up`)
    return
  }
  const entry = await find(reader, mark, began)
  yield entry === null
    ? failed(`planted query: sent, but not in the tables after ${ENTRY_MS / 1000} s`)
    : ok(`planted query: is entry ${entry.logId} of the log, after ${Date.now() - began} ms`)
}

function urlOf({ host, port, tls }: Listener, { servers }: Config): URL {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  return new URL(`${tls ? 'https' : 'http'}://${authority}${servers[0]?.path ?? '/'}`)
}

async function find(reader: RecordReader, mark: string, since: number): Promise<LogEntry | null> {
  while (Date.now() - since < ENTRY_MS) {
    const entries = await reader.log({ from: since - 60_000 }, { limit: 500 })
    const entry = entries.find(({ correlationId }) => correlationId === mark)
    if (entry !== undefined) return entry
    // Another process writes the tables, and the store has no signal for it: look again shortly.
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return null
}

function ask(
  url: URL,
  body: string,
  headers: Record<string, string>,
  over: Pick<PostOptions, 'tls' | 'wire'>,
): Promise<PostAnswer> {
  return post(url, {
    headers: { 'Content-Type': 'text/xml; charset=utf-8', ...headers },
    body: `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>${body}</Body></Envelope>`,
    timeoutMs: ANSWER_MS,
    ...over,
  })
}

const XMLA = 'xmlns="urn:schemas-microsoft-com:xml-analysis"'
const PROPERTIES =
  '<Properties><PropertyList><SspropInitAppName>tilsyn doctor</SspropInitAppName></PropertyList></Properties>'

function discover(requestType: string): string {
  const restrictions = '<Restrictions><RestrictionList/></Restrictions>'
  return `<Discover ${XMLA}><RequestType>${requestType}</RequestType>${restrictions}${PROPERTIES}</Discover>`
}

function execute(mdx: string): string {
  return `<Execute ${XMLA}><Command><Statement>${mdx}</Statement></Command>${PROPERTIES}</Execute>`
}

/** What went wrong, without what it concerned: a cause's code where there is one. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  // Its words say what to mend, and never what was stored.
  if (error instanceof StoreError) return error.message
  const cause = error.cause instanceof Error ? error.cause : error
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message
}
