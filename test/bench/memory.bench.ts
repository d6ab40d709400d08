/**
 * How much memory the whole proxy takes under load, recorder and reader of answers included, and whether it grows:
 * `node test/bench/memory.bench.ts [seconds]`, 40 where nothing else is said; 300 is the form that tells of growth.
 *
 * Sixteen connections ask without a pause what `peers` asks. Resident memory of the process is read every half second;
 * the first quarter is the time in which it fills.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isInstalled, machine, residentMb } from './peers/machine.ts'
import { instantUpstream, ourSide } from './peers/sides.ts'
import { ANSWER, REQUEST } from './peers/traffic.ts'
import { load } from './peers/wrk.ts'

const seconds = Number(process.argv[2] ?? 40)
const folder = mkdtempSync(join(tmpdir(), 'tilsyn-memory-'))
const body = join(folder, 'request.xml')
writeFileSync(body, REQUEST)

async function measure(): Promise<void> {
  const upstream = await instantUpstream(join(folder, 'upstream'), ANSWER)
  // The first start keeps what it compiles; from the second on that is not done again.
  await (await ourSide(join(folder, 'first'), upstream.port)).stop()
  const ours = await ourSide(join(folder, 'ours'), upstream.port)
  const { pid } = ours
  if (pid === null) throw new Error('there is no process to measure')
  const atRest = residentMb(pid)
  const seen: number[] = []
  const look = setInterval(() => seen.push(residentMb(pid)), 500)
  try {
    const { requests } = await load({ port: ours.port, body, seconds, connections: 16 })
    console.log(`${requests} queries in ${seconds} s, load ${machine().load[0]}`)
  } finally {
    clearInterval(look)
    await ours.stop()
    await upstream.stop()
  }
  const quarter = Math.floor(seen.length / 4)
  const mean = (of: readonly number[]) => (of.reduce((sum, mb) => sum + mb, 0) / of.length).toFixed(0)
  const quarters = [0, 1, 2, 3].map((n) => mean(seen.slice(n * quarter, (n + 1) * quarter)))
  console.log(`resident: ${atRest} MB before, at most ${Math.max(...seen)} MB; by quarters ${quarters.join(', ')} MB`)
}

try {
  if (['wrk', 'nginx', 'taskset'].every(isInstalled)) await measure()
  else console.log('wrk, nginx and taskset are needed, and not all there: left out')
} finally {
  rmSync(folder, { recursive: true, force: true })
}
