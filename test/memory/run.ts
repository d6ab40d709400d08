/**
 * Does the memory of the whole proxy, recorder and reader of answers included, stay within its bound, and does it not
 * grow? `npm run test:memory` loads it for five minutes, `npm run test:memory -- --seconds 3600` for an hour.
 *
 *     node test/memory/run.ts [--seconds N] [--rate N] [--users N] [--json FILE]
 *
 * The load is steady and moderate, so that all is read and written as it comes: 20 kB answers with persons in them, over
 * connections that are kept, that are not, and that are logged in with NTLM, each with an upstream connection of its own.
 * Resident memory is read each second, by this process; the load and the BI server have processes of their own, too. The
 * run fails where memory was over 250 MB, where it grew in the second half as only a leak makes it grow (of 50 bytes in a
 * request where it takes half an hour or more, of 600 in a shorter one), where a request
 * was not answered, and where an answered one is not in the tables once.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { machine, residentMb } from '../bench/peers/machine.ts'
import { COMMAND, eventually, freePort, printed, type Running, tilsyn } from '../support/tilsyn.ts'
import { growth, type Sample } from './growth.ts'

const MOST_MB = 250
/**
 * In 100,000 requests. For half an hour and more: 50 bytes of each, if all of it were leaked. In the first minutes heaps still
 * fill, and only what holds on to requests themselves shows.
 */
const MOST_GROWTH_MB = { settled: 5, filling: 60 }
const SETTLED_SECONDS = 1800

const WRITTEN_WITHIN_MS = 60_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '300' },
    rate: { type: 'string', default: '150' },
    users: { type: 'string', default: '40' },
    json: { type: 'string' },
  },
})
const [seconds, rate, users] = [Number(values.seconds), Number(values.rate), Number(values.users)]

const mostGrowth = seconds < SETTLED_SECONDS ? MOST_GROWTH_MB.filling : MOST_GROWTH_MB.settled

interface Counts {
  readonly answered: number
  readonly challenged: number
  readonly failed: number
}

interface Run extends Counts {
  readonly samples: readonly Sample[]
  /** Answered queries in the tables. */
  readonly written: number
}

async function run(folder: string): Promise<Run> {
  const server = child('bi-server.ts', [])
  try {
    const [{ port: upstream }] = (await once(server, 'message')) as [{ port: number }]
    const proxy = await freePort()
    configure(folder, proxy, upstream)
    return await loaded(folder, proxy)
  } finally {
    server.disconnect()
  }
}

async function loaded(folder: string, proxy: number): Promise<Run> {
  const running = await started(folder)
  const samples: Sample[] = []
  const look = setInterval(() => samples.push(sampleOf(running)), 1000)
  try {
    const [counts] = (await once(child('clients.ts', [proxy, rate, seconds, users].map(String)), 'message')) as [Counts]
    clearInterval(look)
    const written = await writtenOf(join(folder, 'tilsyn.db'), counts.answered)
    await stopped(running)
    return { ...counts, samples, written }
  } finally {
    clearInterval(look)
    running.child.kill('SIGTERM')
  }
}

function child(script: string, args: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, script), args, { execArgv: ['--no-deprecation'] })
}

function configure(folder: string, proxy: number, upstream: number): void {
  const config = {
    proxy: { listen: `127.0.0.1:${proxy}`, journal: 'journal' },
    servers: [{ name: 'bi', upstream: `http://127.0.0.1:${upstream}` }],
    store: { kind: 'embedded', path: 'tilsyn.db' },
    persons: { latestBirth: '2057-12-31' },
    log: { level: 'warn' },
  }
  writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify(config))
}

/** The first start keeps what it compiles; from the second on that is not done again. */
async function started(folder: string): Promise<Running> {
  const first = tilsyn(['proxy'], { cwd: folder, main: COMMAND })
  await printed(first, /proxy listening on/)
  first.child.kill('SIGTERM')
  await first.ended
  const running = tilsyn(['proxy'], { cwd: folder, main: COMMAND })
  await printed(running, /proxy listening on/)
  return running
}

function sampleOf({ child: { pid } }: Running): Sample {
  return { at: Math.round(performance.now() / 1000), mb: residentMb(pid ?? 0) }
}

/** How many answered queries are in the tables: as many as `expected`, once the recorder has written all. */
async function writtenOf(path: string, expected: number): Promise<number> {
  const db = new DatabaseSync(path, { readOnly: true })
  const count = db.prepare("SELECT count(*) AS written FROM log WHERE outcome = 'answered' AND action <> 'configure'")
  const written = () => Number(count.get()?.['written'])
  try {
    return await eventually(WRITTEN_WITHIN_MS, async () => (written() >= expected ? written() : null))
  } catch {
    return written()
  } finally {
    db.close()
  }
}

async function stopped(running: Running): Promise<void> {
  running.child.kill('SIGTERM')
  const { code, err } = await running.ended
  if (code !== 0 || err !== '') throw new Error(`the proxy ended with ${String(code)}: ${err}`)
}

function faultsOf({ samples, answered, failed, written }: Run, most: number, grew: number): string[] {
  return [
    ...(most > MOST_MB ? [`it took ${most} MB, more than ${MOST_MB}`] : []),
    ...(grew > mostGrowth ? [`it grew by more than ${mostGrowth} MB in 100,000 requests`] : []),
    ...(failed > 0 ? [`${failed} requests were not answered`] : []),
    ...(written === answered ? [] : [`${answered} were answered, and ${written} are in the tables`]),
    ...(samples.length < seconds / 2 ? ['memory was not read often enough'] : []),
  ]
}

function tell(found: Run): readonly string[] {
  const { samples, answered, challenged } = found
  const most = Math.max(...samples.map(({ mb }) => mb))
  const second = samples.slice(samples.length >> 1)
  const grew = (growth(second) * 100_000 * seconds) / (answered + challenged)
  const quarter = Math.ceil(samples.length / 4)
  const quarters = [0, 1, 2, 3].map((n) => samples.slice(n * quarter, (n + 1) * quarter).map(({ mb }) => mb))
  const mean = (of: readonly number[]) => (of.reduce((sum, mb) => sum + mb, 0) / of.length).toFixed(0)
  console.log(`${answered} queries answered in ${seconds} s, ${users} of the clients logged in with NTLM`)
  console.log(
    `resident: ${samples[0]?.mb} MB at first, at most ${most} MB; by quarters ${quarters.map(mean).join(', ')} MB`,
  )
  console.log(`growth in the second half: ${grew.toFixed(1)} MB in 100,000 requests (load ${machine().load.join(' ')})`)
  if (values.json !== undefined)
    writeFileSync(values.json, JSON.stringify({ machine: machine(), rate, users, seconds, most, grew, ...found }))
  return faultsOf(found, most, grew)
}

if (!existsSync('/proc/self/status')) console.log('resident memory is read from /proc, which is not there: left out')
else {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-memory-'))
  try {
    const faults = tell(await run(folder))
    for (const fault of faults) console.error(`FAILED: ${fault}`)
    process.exitCode = faults.length === 0 ? 0 : 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
