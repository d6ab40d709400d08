/**
 * Runs every campaign of this folder, each in a process of its own, one after the other: `npm run test:faults`. With
 * `-- --full` the long form, which takes hours; `-- --seed N` begins one again where it failed, `-- --only kill` runs one.
 * A campaign that does not come to its end has failed: whatever hangs is a finding.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, seed: { type: 'string' }, only: { type: 'string' } },
})
const seed = values.seed ?? String(Date.now() % 2 ** 31)
const LONGEST_MS = (values.full ? 6 * 3600 : 180) * 1000

const campaigns = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.faults.ts'))
  .filter((file) => values.only === undefined || nameOf(file) === values.only)
  .toSorted()
if (campaigns.length === 0) process.exitCode = 1
for (const file of campaigns) {
  if (await passes(file)) continue
  process.exitCode = 1
  console.error(`again: npm run test:faults -- --only ${nameOf(file)} --seed ${seed}${values.full ? ' --full' : ''}`)
}

function nameOf(file: string): string {
  return basename(file, '.faults.ts')
}

async function passes(file: string): Promise<boolean> {
  const begun = performance.now()
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', join(import.meta.dirname, file)], {
    stdio: 'inherit',
    env: { ...process.env, TILSYN_FAULTS_FULL: values.full ? '1' : '0', TILSYN_FAULTS_SEED: seed },
    timeout: LONGEST_MS,
    killSignal: 'SIGTERM',
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  console.log(
    `${nameOf(file)}: ${code === 0 ? 'passed' : 'FAILED'} in ${Math.round((performance.now() - begun) / 1000)} s`,
  )
  return code === 0
}
