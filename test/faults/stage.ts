/**
 * A BI server, a configuration in a folder of its own, and clients whose every query is noted: what each has seen of its
 * answer. Whatever fails meanwhile, in the end the tables are held against that.
 */
import assert from 'node:assert/strict'
import { existsSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { pino } from 'pino'
import { openProxy, type RunningProxy } from '../../proxy/app.ts'
import type { Disk } from '../../proxy/journal/disk.ts'
import { loadConfig } from '../../schema/config/load.ts'
import type { Random } from '../support/random.ts'
import { eventually, freePort, scratch } from '../support/tilsyn.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'
import { assertNothingMissing } from './verified.ts'

/** `refused`: the proxy said 503. */
export type Seen = 'nothing' | 'refused' | 'part' | 'whole'

export interface Row {
  readonly origin: string
  readonly seq: number
  readonly logId: bigint
  readonly outcome: string
  readonly action: string
  readonly query: string
  readonly mark: string | null
}

export interface StageOptions {
  readonly proxy?: object
  readonly server?: object
  readonly store?: object
  /** Where journal and database lie, within or outside the folder. */
  readonly data?: string
}

const ANSWER = dataset([['[Borger].[Kommune].&[Sønderå]', 'Sønderå']])
const CLIENTS = 6

export class Stage {
  readonly folder: string
  readonly port: number
  readonly asked = new Map<string, Seen>()
  /** How long each took, in the order they ended. */
  readonly tookMs: number[] = []
  readonly #onSeen = new Set<(seen: Seen) => void>()
  #round = 0

  private constructor(folder: string, port: number) {
    this.folder = folder
    this.port = port
  }

  static async open(t: TestContext, random: Random, options: StageOptions = {}): Promise<Stage> {
    const upstream = await biServer((_request, _body, response) => {
      response.writeHead(200, { 'Content-Type': 'text/xml' })
      response.write(ANSWER.slice(0, 100))
      setTimeout(() => response.end(ANSWER.slice(100)), random.below(5))
    })
    const port = await freePort()
    const { data = 'data' } = options
    const folder = scratch({
      proxy: { listen: `127.0.0.1:${port}`, journal: join(data, 'journal'), ...options.proxy },
      servers: [{ name: 'bi01', upstream: upstream.url, ...options.server }],
      store: options.store ?? { kind: 'embedded', path: join(data, 'tilsyn.db') },
      log: { level: 'error' },
    })
    t.after(async () => {
      await upstream.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    })
    return new Stage(folder, port)
  }

  get config() {
    return loadConfig(null, this.folder, {})
  }

  /** The whole proxy, in this process. */
  proxy(disk?: Disk): Promise<RunningProxy> {
    // Not only silent: a configuration that is read again says how much is told.
    const logger = pino({ level: 'silent' }, { write: () => undefined })
    return openProxy({ config: this.config, logger, ...(disk === undefined ? {} : { disk }) })
  }

  /** Clients that ask, one query after another each, until `over`. */
  async ask(over: Promise<unknown>, clients = CLIENTS): Promise<void> {
    const round = (this.#round += 1)
    const abort = new AbortController()
    const end = () => abort.abort()
    over.then(end, end)
    const client = async (name: number) => {
      // Each at an address of its own (the whole network 127.0.0.0/8 is this computer): workers go by addresses.
      const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress: `127.0.0.${name + 2}` })
      for (let n = 0; !abort.signal.aborted; n++) {
        const mark = `${round}-${name}-${n}`
        const begun = performance.now()
        const seen = await ask(this.port, agent, mark)
        this.asked.set(mark, seen)
        this.tookMs.push(performance.now() - begun)
        for (const tell of this.#onSeen) tell(seen)
        // Nobody there: it is asked for again when there may be, not a thousand times meanwhile.
        if (seen === 'nothing' || seen === 'refused') await new Promise((resolve) => setTimeout(resolve, 5))
      }
      agent.destroy()
    }
    await Promise.all(Array.from({ length: clients }, (_, name) => client(name)))
  }

  /** Resolves when so many more queries have ended, or have been seen so: however slow this computer is just now. */
  more(count: number, as?: Seen): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    let left = count
    const hear = (seen: Seen) => {
      if (as !== undefined && seen !== as) return
      left -= 1
      if (left > 0) return
      this.#onSeen.delete(hear)
      resolve()
    }
    this.#onSeen.add(hear)
    return promise
  }

  /** How many queries have been seen so. */
  count(seen: Seen): number {
    return [...this.asked.values()].filter((one) => one === seen).length
  }

  /** The tables of the embedded store as they are. */
  rows(): readonly Row[] {
    const { store } = this.config
    if (store.kind !== 'embedded' || !existsSync(store.path)) return []
    const db = new DatabaseSync(store.path, { readOnly: true, timeout: 20_000 })
    try {
      const isMade = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log'").all().length > 0
      return isMade ? rowsOf(prepared(db).all()) : []
    } finally {
      db.close()
    }
  }

  /** Resolves when every answer that left has its entry. */
  async written(rows: () => readonly Row[] = () => this.rows()): Promise<void> {
    await eventually(120_000, async () => {
      const there = new Set(rows().map(({ mark }) => mark))
      const isThere = ([mark, seen]: [string, Seen]) => there.has(mark) || !hasLeft(seen)
      return [...this.asked].every(isThere) ? true : null
    })
  }

  /** Every answer that left has one entry, and no query has two; no number or id is there twice. */
  assertOnce(rows: readonly Row[]): void {
    const byMark = Map.groupBy(rows, ({ mark }) => mark)
    for (const [mark, seen] of this.asked) {
      const found = byMark.get(mark) ?? []
      assert.ok(found.length <= 1, `${mark} is there ${found.length} times`)
      if (hasLeft(seen)) assert.equal(found.length, 1, `${mark} was seen (${seen}) and is not there`)
      if (seen === 'whole') assert.match(found[0]?.outcome ?? '', /^(answered|unknown)$/, mark)
    }
    assert.equal(new Set(rows.map(({ logId }) => logId)).size, rows.length, 'an id is there twice')
    const numbers = new Set(rows.map(({ origin, seq }) => `${origin} ${seq}`))
    assert.equal(numbers.size, rows.length, 'a number is there twice')
  }

  /** `tilsyn verify` finds nothing missing: from the files alone, and in files and tables. */
  async assertVerified(): Promise<void> {
    await assertNothingMissing(this.config)
  }
}

const hasLeft = (seen: Seen) => seen === 'part' || seen === 'whole'

export const ROWS = 'SELECT origin, seq, log_id, outcome, action, query FROM'

function prepared(db: DatabaseSync) {
  const statement = db.prepare(`${ROWS} log ORDER BY origin, seq, part`)
  statement.setReadBigInts(true)
  return statement
}

export function rowsOf(found: readonly Record<string, unknown>[]): readonly Row[] {
  return found.map((row) => ({
    origin: String(row['origin']),
    seq: Number(row['seq']),
    logId: BigInt(String(row['log_id'])),
    outcome: String(row['outcome']),
    action: String(row['action']),
    query: String(row['query']),
    mark: /&\[([^\]]*)\]/.exec(String(row['query']))?.[1] ?? null,
  }))
}

/** Sends one query and tells how much of the answer came. */
function ask(port: number, agent: Agent, mark: string): Promise<Seen> {
  return new Promise((resolve) => {
    let seen: Seen = 'nothing'
    const body = execute(`SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE ([Prøve].[Mærke].&[${mark}])`)
    const headers = { 'Content-Type': 'text/xml', 'Content-Length': Buffer.byteLength(body) }
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/xmla', agent, headers }, (answer) => {
      const isRefused = answer.statusCode !== 200
      seen = isRefused ? 'refused' : 'part'
      answer.on('end', () => (seen = answer.complete && !isRefused ? 'whole' : seen))
      answer.on('error', () => undefined).on('close', () => resolve(seen))
      answer.resume()
    })
    sent.on('error', () => resolve(seen))
    sent.end(body)
  })
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
