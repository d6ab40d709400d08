/**
 * What the tests of this folder share: the two Mondrian servers that run.sh has started, clients nobody here wrote, the
 * product as a command of its own, and Mondrian's own logs, which the tables are held against.
 */
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = dirname(fileURLToPath(import.meta.url))
export const ROOT = join(FOLDER, '..', '..')
const CLIENT_LIMIT_MS = 90_000

export interface Mondrian {
  readonly url: URL
  readonly runFolder: string
}

function mondrianAt(variable: string): Mondrian {
  const port = process.env[variable]
  if (port === undefined) throw new Error(`${variable} is not set: start these tests with npm run test:mondrian`)
  return { url: new URL(`http://127.0.0.1:${port}/xmla`), runFolder: join(FOLDER, 'run', port) }
}

/** Without passwords and without compression. */
export const OPEN = mondrianAt('MONDRIAN_PORT')
/** AUTH=basic and GZIP=1. */
export const GUARDED = mondrianAt('MONDRIAN_BASIC_PORT')

/** The users of GUARDED. */
export const USERS = [
  { name: 'revisor', password: 'revisor' },
  { name: 'sagsbehandler', password: 'sagsbehandler' },
  { name: 'økonom', password: 'kroner&øre' },
] as const

export interface Ran {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end. One that does not end in time is killed and has no code. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const env = { ...process.env, ...options.env }
  const child = spawn(program, args, { cwd: ROOT, env, timeout: CLIENT_LIMIT_MS, killSignal: 'SIGKILL' })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
  child.stdin.on('error', () => undefined) // A program that has ended without reading it all says so by its code.
  child.stdin.end(options.input ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() })
    })
  })
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Uint8Array
}

const script = (name: string) => join(FOLDER, name)

/** olap4j's XML/A driver, a Java program. */
export function olap4j(url: URL, ...args: readonly string[]): Promise<Ran> {
  return run(script('olap4j-query.sh'), args, { env: { XMLA_URL: url.href } })
}

/** X4R, Simba's client for R; one run is one XML/A session. */
export function x4r(url: URL, ...args: readonly string[]): Promise<Ran> {
  return run(script('x4r-query.sh'), args, { env: { XMLA_URL: url.href } })
}

/** One request with curl, or with `--print` the envelope it would send. */
export function xmla(url: URL, ...args: readonly string[]): Promise<Ran> {
  return run(script('xmla.sh'), args, { env: { XMLA_URL: url.href } })
}

/** Names of all citizens by person number. */
export async function citizens(mondrian: Mondrian): Promise<ReadonlyMap<string, string>> {
  const [, ...rows] = (await readFile(join(mondrian.runFolder, 'borgere.csv'), 'utf8')).trimEnd().split('\n')
  return new Map(rows.map((row) => row.split(';')).map(([, cpr = '', name = '']) => [cpr, name]))
}

/** A log of Mondrian's, from where it stood when this was called. */
export async function tail(mondrian: Mondrian, file: 'mdx.log' | 'access.log'): Promise<() => Promise<string>> {
  const path = join(mondrian.runFolder, file)
  const { length } = await readFile(path)
  return async () => (await readFile(path)).subarray(length).toString()
}

/** The statements in a piece of mdx.log, as Mondrian prints them once it has understood them. */
export function statements(mdxLog: string): string[] {
  const entry = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+: (?!exec: )([\s\S]*?)\n\n/gm
  return [...mdxLog.matchAll(entry)].map(([, text = '']) => text)
}

/** How often each value occurs. */
export function tally(values: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}
