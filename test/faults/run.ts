/**
 * Runs every campaign of this folder, each in a process of its own, two at a time: `npm run test:faults`. With `-- --full`
 * the long form, where no test begins a new round after an hour (`--minutes N`: after that many); `-- --seed N` begins one
 * again where it failed, `-- --only kill` runs one.
 * A campaign that does not come to its end has failed: whatever hangs is a finding.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string' },
    only: { type: 'string' },
  },
})
const seed = values.seed ?? String(Date.now() % 2 ** 31)
const AT_ONCE = 2
const LONGEST_MS = (values.full ? 6 * 3600 : 600) * 1000

// Dozens of proxies are started: what the first has compiled, the others have.
const compiled = mkdtempSync(join(tmpdir(), 'tilsyn-compiled-'))
const env = {
  ...process.env,
  TILSYN_FAULTS_FULL: values.full ? '1' : '0',
  TILSYN_FAULTS_MINUTES: values.minutes,
  TILSYN_FAULTS_SEED: seed,
  NODE_COMPILE_CACHE: compiled,
}

const campaigns = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.faults.ts'))
  .filter((file) => values.only === undefined || nameOf(file) === values.only)
  .toSorted()
if (campaigns.length === 0) process.exitCode = 1
console.log(`seed ${seed}`)
const running = new Set<() => void>()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    for (const end of running) end()
    process.exit(1)
  })
await Promise.all(Array.from({ length: AT_ONCE }, runTheNext))
rmSync(compiled, { recursive: true, force: true, maxRetries: 5 })

async function runTheNext(): Promise<void> {
  for (let file = campaigns.shift(); file !== undefined; file = campaigns.shift()) {
    if (await passes(file)) continue
    process.exitCode = 1
    console.error(`again: npm run test:faults -- --only ${nameOf(file)} --seed ${seed}${values.full ? ' --full' : ''}`)
  }
}

function nameOf(file: string): string {
  return basename(file, '.faults.ts')
}

/** What it prints comes out when it ends, lest two mix. */
async function passes(file: string): Promise<boolean> {
  const begun = performance.now()
  const child = spawn(
    process.execPath,
    ['--test', '--test-force-exit', '--test-reporter=spec', join(import.meta.dirname, file)],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      // A group of its own: with a campaign that hangs goes every process that it has started.
      detached: true,
    },
  )
  const end = () => void (child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'))
  const tooLong = setTimeout(end, LONGEST_MS)
  running.add(end)
  const exited = once(child, 'exit') as Promise<[number | null]>
  const [said, complained, [code]] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  clearTimeout(tooLong)
  running.delete(end)
  const took = `${Math.round((performance.now() - begun) / 1000)} s`
  console.log(`${said}${complained}${nameOf(file)}: ${code === 0 ? 'passed' : 'FAILED'} in ${took}`)
  return code === 0
}
