/** The product, run as its operators run it: the command, a configuration file in a folder of its own, and its tables. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ROOT, run } from './lab.ts'

const COMMAND = join(ROOT, 'schema', 'command', 'tilsyn.mjs')
const START_LIMIT_MS = 30_000
const ARRIVAL_LIMIT_MS = 20_000

/** One line of `tilsyn log --json`: the columns of the tables, by name. */
export interface Entry {
  readonly log_id: string
  readonly origin: string
  readonly seq: number
  readonly part: number
  readonly module: string | null
  readonly server: string
  readonly catalog: string | null
  readonly cube: string | null
  readonly application: string | null
  readonly user_name: string | null
  readonly user_source: string
  readonly user_confirmed: boolean | number
  readonly action: string
  readonly language: string | null
  readonly query: string
  readonly opaque: string | null
  readonly outcome: string
  readonly status: number | null
  readonly fault_code: string | null
  readonly persons_seen: number | null
  readonly decoded: boolean | number
  readonly session_id: string | null
  readonly criteria: readonly CriterionRow[]
  readonly dimensions: readonly { readonly dimension: string; readonly axis: string | null }[]
  readonly measures: readonly {
    readonly measure: string
    readonly calculated: boolean | number
    readonly via: string | null
  }[]
  readonly seen: readonly { readonly person: string; readonly place: string }[]
}

export interface CriterionRow {
  readonly dimension: string | null
  readonly hierarchy: string | null
  readonly level: string | null
  readonly operator: string
  readonly value: string
  readonly person: string | null
  readonly origin_clause: string
}

/** A proxy in front of one BI server, with tables of its own. It outlives its process: see `kill` and `start`. */
export class Tilsyn {
  readonly url: URL
  readonly #folder: string
  #child: ChildProcess | null = null
  #told = ''

  private constructor(folder: string, url: URL) {
    this.#folder = folder
    this.url = url
  }

  static async before(upstream: URL): Promise<Tilsyn> {
    const folder = await mkdtemp(join(tmpdir(), 'tilsyn-mondrian-'))
    const listen = `127.0.0.1:${await freePort()}`
    const config = {
      proxy: { listen },
      servers: [{ name: 'bi01', upstream: upstream.origin }],
      store: { kind: 'embedded', path: 'tilsyn.db' },
      persons: { latestBirth: '2057-12-31' },
    }
    await writeFile(join(folder, 'tilsyn.config.json'), JSON.stringify(config))
    const tilsyn = new Tilsyn(folder, new URL(`http://${listen}/xmla`))
    await tilsyn.start()
    return tilsyn
  }

  get #config(): readonly string[] {
    return ['--config', join(this.#folder, 'tilsyn.config.json')]
  }

  /** Starts the proxy and waits until it says that it listens. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [COMMAND, 'proxy', ...this.#config], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    child.stderr.on('data', (chunk: Buffer) => (this.#told += String(chunk)))
    const listening = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (chunk: Buffer) => {
        this.#told += String(chunk)
        if (/listening on http/.test(this.#told)) resolve()
      })
      child.once('exit', (code) => reject(new Error(`tilsyn proxy ended with ${code}: ${this.#told}`)))
    })
    const late = AbortSignal.timeout(START_LIMIT_MS)
    const tooLate = once(late, 'abort').then(() => {
      throw new Error(`tilsyn proxy did not say within ${START_LIMIT_MS} ms that it listens: ${this.#told}`)
    })
    await Promise.race([listening, tooLate])
    this.#told = ''
  }

  /** SIGKILL: nothing can be written any more. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Ctrl-C; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGINT')
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null) return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    return child.exitCode
  }

  /** Stops and removes everything. */
  async remove(): Promise<void> {
    await this.#end('SIGKILL')
    await rm(this.#folder, { recursive: true, force: true })
  }

  /** What BI users did, oldest first; what is about Tilsyn itself (modules `Logning`, `Ændringslog`) is left out. */
  async log(): Promise<Entry[]> {
    const lines = await this.#ask(['log', '--limit', '10000'])
    return lines
      .map((line): Entry => JSON.parse(line))
      .filter(({ module }) => module !== 'Logning' && module !== 'Ændringslog')
      .sort((a, b) => a.seq - b.seq || a.part - b.part)
  }

  /** The log once `enough` holds; entries arrive a moment after their answer. */
  async logWhen(enough: (entries: readonly Entry[]) => boolean): Promise<Entry[]> {
    const end = Date.now() + ARRIVAL_LIMIT_MS
    for (;;) {
      const entries = await this.log()
      if (enough(entries) || Date.now() > end) return entries
      await pause(200)
    }
  }

  /** The log once `count` exchanges are in it; fails with what is there if they do not come. */
  async logOf(count: number): Promise<Entry[]> {
    const exchanges = (entries: readonly Entry[]) => new Set(entries.map(({ seq }) => seq)).size
    const entries = await this.logWhen((all) => exchanges(all) >= count)
    if (exchanges(entries) === count) return entries
    throw new Error(`expected ${count} exchanges in the log, found ${exchanges(entries)}; proxy said: ${this.#told}`)
  }

  /** The entries that searched for a person or showed one, as `tilsyn searched` tells them. */
  async searched(person: string): Promise<string[]> {
    return this.#ask(['searched'], person)
  }

  async #ask(args: readonly string[], input = ''): Promise<string[]> {
    const { code, stdout, stderr } = await run(process.execPath, [COMMAND, ...args, ...this.#config, '--json'], {
      input,
    })
    if (code !== 0) throw new Error(`tilsyn ${args[0]} ended with ${code}: ${stderr}`)
    return stdout.split('\n').filter((line) => line !== '')
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
