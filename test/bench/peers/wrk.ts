/** Runs wrk: one thread, away from the core on which the proxies are. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { OTHER_CORES } from './machine.ts'

const SCRIPT = fileURLToPath(new URL('post.lua', import.meta.url))

export interface Load {
  readonly port: number
  /** File of the request body. */
  readonly body: string
  readonly seconds: number
  readonly connections: number
  /** How long a connection rests between two requests on average. */
  readonly restMs?: number
}

/** Latencies in microseconds. */
export interface Loaded {
  readonly requests: number
  readonly micros: number
  readonly failed: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

export async function load({ port, body, seconds, connections, restMs = 0 }: Load): Promise<Loaded> {
  const wrk = ['-t', '1', '-c', `${connections}`, '-d', `${seconds}s`, '--timeout', '30s', '-s', SCRIPT]
  const args = ['-c', OTHER_CORES, 'wrk', ...wrk, `http://127.0.0.1:${port}/olap/msmdpump.dll`, '--', body, `${restMs}`]
  const { stdout } = await promisify(execFile)('taskset', args)
  const line = stdout.split('\n').find((each) => each.startsWith('{'))
  if (line === undefined) throw new Error(`wrk said: ${stdout}`)
  const loaded: Loaded = JSON.parse(line)
  if (loaded.failed > 0) throw new Error(`${loaded.failed} of ${loaded.requests} requests failed`)
  return loaded
}
