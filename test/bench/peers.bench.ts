/**
 * Tilsyn beside other proxies, in one run: what all of it costs (journal synced, answers read, tables written), and what
 * is left for those who wait. `node test/bench/peers.bench.ts [--turns N] [--seconds N] [--json FILE]`
 *
 * Throughput: everybody before nginx, which answers at once, one short turn each, over and over, because the machine's
 * speed changes; what counts is the median of the ratios within a round. Each proxy's first thread has one core to
 * itself, everything else is on the others: the load, the BI server, and the other threads of a proxy.
 *
 * Latency: http-proxy and Tilsyn at half of Tilsyn's capacity, before a BI server that takes 5 ms, as fast ones do, and
 * before the one that answers at once.
 *
 * wrk makes the load and must be there; what else is not installed is left out, and said to be.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isInstalled, machine, processorTime, residentMb, spent } from './peers/machine.ts'
import { bareSide, instantUpstream, othersThan, ourSide, type Side, slowUpstream } from './peers/sides.ts'
import { ANSWER, REQUEST } from './peers/traffic.ts'
import { load, type Loaded } from './peers/wrk.ts'

const { values } = parseArgs({
  options: { turns: { type: 'string' }, seconds: { type: 'string' }, json: { type: 'string' } },
})
const turns = Number(values.turns ?? 4)
const seconds = Number(values.seconds ?? 2)
const CONNECTIONS = 32
const SLOW_MS = 5
/** What has just started is slow for some thousand requests. */
const WARM_REQUESTS = 8000
const WARM_TURNS = 5

interface Turn extends Loaded {
  readonly side: string
  readonly load: string
  readonly round: number
  /** Microseconds of processor time for each request: of the thread that proxies, and of all. */
  readonly first: number | null
  readonly all: number | null
  readonly byName: Readonly<Record<string, number>>
}

const raw: Turn[] = []
const folder = mkdtempSync(join(tmpdir(), 'tilsyn-peers-'))
const body = join(folder, 'request.xml')
writeFileSync(body, REQUEST.toString())

async function turn(side: Side, name: string, round: number, restMs = 0): Promise<void> {
  const before = side.pid === null ? null : processorTime(side.pid)
  const loaded = await load({ port: side.port, body, seconds, connections: CONNECTIONS, restMs })
  const after = side.pid === null ? null : processorTime(side.pid)
  const cost = before === null || after === null ? null : spent(before, after, loaded.requests)
  const { first, all, byName } = cost ?? { first: null, all: null, byName: {} }
  raw.push({ side: side.name, load: name, round, first, all, byName, ...loaded })
}

async function warm({ port }: Side): Promise<void> {
  let served = 0
  for (let round = 0; round < WARM_TURNS && served < WARM_REQUESTS; round += 1) {
    served += (await load({ port, body, seconds: 2, connections: CONNECTIONS })).requests
  }
}

const median = (of: readonly number[]) => of.toSorted((a, b) => a - b)[of.length >> 1] ?? Number.NaN
const of = (name: string, side: string) =>
  raw.filter((each) => each.load === name && each.side === side && each.round > 0)
const rate = ({ requests, micros }: Turn) => (requests * 1e6) / micros
/** Of what is measured in the same round of both. */
function ratio(name: string, side: string, to: string, what: (turn: Turn) => number): number {
  const others = new Map(of(name, to).map((each) => [each.round, what(each)]))
  return median(of(name, side).map((each) => what(each) / (others.get(each.round) ?? Number.NaN)))
}

async function throughput(sides: readonly Side[]): Promise<void> {
  // The first round warms up, too.
  for (const side of sides) await warm(side)
  for (let round = 0; round <= turns; round += 1) for (const side of sides) await turn(side, 'instant', round)
  console.log(
    'requests/s; to http-proxy; processor time of the proxying thread; to http-proxy; of all threads; to direct;',
  )
  console.log('p50 and p99 in ms')
  for (const { name } of sides) {
    const found = of('instant', name)
    const cost = median(found.map(({ first }) => first ?? Number.NaN))
    const figures = [
      median(found.map(rate)).toFixed(0),
      ratio('instant', name, 'http-proxy', rate).toFixed(2),
      `${cost.toFixed(0)} µs`,
      ratio('instant', name, 'http-proxy', ({ first }) => first ?? Number.NaN).toFixed(2),
      `${median(found.map(({ all }) => all ?? Number.NaN)).toFixed(0)} µs`,
      ratio('instant', name, 'direct', rate).toFixed(2),
      (median(found.map(({ p50 }) => p50)) / 1000).toFixed(1),
      (median(found.map(({ p99 }) => p99)) / 1000).toFixed(1),
    ]
    console.log(name.padEnd(22), ...figures.map((figure) => (figure.startsWith('NaN') ? '-' : figure).padStart(8)))
  }
  for (const { name, pid } of sides) if (pid !== null) threads('instant', name)
}

/** Where the processor time goes: each thread that takes more than a microsecond of a request. */
function threads(name: string, side: string): void {
  const found = of(name, side)
  const names = [...new Set(found.flatMap(({ byName }) => Object.keys(byName)))]
  const shares = names.map((one) => [one, median(found.map(({ byName }) => byName[one] ?? 0))] as const)
  const told = shares.filter(([, micros]) => micros > 1).map(([one, micros]) => `${one} ${micros.toFixed(0)} µs`)
  console.log(`  ${side}, by thread: ${told.join(', ')}`)
}

/** At half of what Tilsyn can do. */
async function latency(name: string, sides: readonly Side[]): Promise<void> {
  if (name !== 'instant') for (const side of sides) await warm(side)
  for (const side of sides) for (const round of [1, 2, 3]) await turn(side, `${name}, full`, round)
  const capacity = median(of(`${name}, full`, 'Tilsyn').map(rate))
  const restMs = Math.max(1, Math.round(CONNECTIONS / (capacity / 2000) - (name === 'instant' ? 1 : SLOW_MS + 2)))
  const half = `${name}, half`
  for (let round = 0; round <= turns; round += 1) for (const side of sides) await turn(side, half, round, restMs)
  const server = name === 'instant' ? 'answers at once' : `takes ${name}`
  console.log(`before a BI server that ${server}, with which Tilsyn does ${capacity.toFixed(0)} requests/s:`)
  for (const { name: side } of sides) {
    const [p50, p99] = [median(of(half, side).map((each) => each.p50)), median(of(half, side).map((each) => each.p99))]
    console.log(`  ${side}: ${median(of(half, side).map(rate)).toFixed(0)} requests/s, p50 ${ms(p50)}, p99 ${ms(p99)}`)
  }
  const more = (what: (turn: Turn) => number) =>
    median(
      of(half, 'Tilsyn').map(({ round, ...its }) => {
        const other = of(half, 'http-proxy').find((each) => each.round === round)
        return other === undefined ? Number.NaN : what({ round, ...its }) - what(other)
      }),
    )
  console.log(`  Tilsyn over http-proxy: p50 ${ms(more(({ p50 }) => p50))}, p99 ${ms(more(({ p99 }) => p99))}`)
}

const ms = (micros: number) => `${(micros / 1000).toFixed(2)} ms`

async function withSides(work: (opened: Side[]) => Promise<void>): Promise<void> {
  const opened: Side[] = []
  try {
    await work(opened)
  } finally {
    await Promise.all(opened.map((side) => side.stop()))
  }
}

const before = machine()
console.log(
  `${before.cores} cores of ${before.processor}, load ${before.load.join(' ')}; ${REQUEST.length} bytes asked, ${ANSWER.length} answered`,
)
try {
  if (!['wrk', 'nginx', 'taskset'].every(isInstalled)) {
    console.log('wrk, nginx and taskset are needed, and not all there: left out')
  } else {
    await withSides(async (opened) => {
      const open = async (side: Side | Promise<Side>) => opened[opened.push(await side) - 1] ?? (await side)
      const upstream = await open(instantUpstream(join(folder, 'upstream'), ANSWER))
      const bare = await open(bareSide(upstream.port))
      const ours = await open(ourSide(join(folder, 'ours'), upstream.port))
      const others = await othersThan(folder, upstream.port, (text) => console.log(text))
      opened.push(...others)
      await throughput([upstream, bare, ...others, ours])
      if (ours.pid !== null) console.log(`resident memory of Tilsyn: ${residentMb(ours.pid)} MB`)
      await latency('instant', [bare, ours])
    })
    await withSides(async (opened) => {
      const open = async (side: Side | Promise<Side>) => opened[opened.push(await side) - 1] ?? (await side)
      const upstream = await open(slowUpstream(folder, ANSWER, SLOW_MS))
      const bare = await open(bareSide(upstream.port))
      const ours = await open(ourSide(join(folder, 'ours-slow'), upstream.port))
      await latency(`${SLOW_MS} ms`, [bare, ours])
    })
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}
const after = machine()
console.log(`load at the end ${after.load.join(' ')}`)
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ before, after, turns, seconds, raw }, null, 1))
