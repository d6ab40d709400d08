/**
 * Runs every campaign of this folder, each in a process of its own, one after the other: `npm run fuzz -- --seconds 60`.
 * Fails when one fails, or does not come to its end: whatever hangs is a finding.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** Time to start, and for the trial that is under way when the time is over. */
const GRACE_MS = 20_000

const { values } = parseArgs({ options: { seed: { type: 'string' }, seconds: { type: 'string', default: '20' } } })
const seed = values.seed ?? String(Date.now() % 2 ** 31)
const campaigns = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.fuzz.ts'))

for (const file of campaigns.toSorted()) if (!(await runs(file))) process.exitCode = 1
if (campaigns.length === 0) process.exitCode = 1

async function runs(file: string): Promise<boolean> {
  const args = [join(import.meta.dirname, file), '--seed', seed, '--seconds', values.seconds]
  const child = spawn(process.execPath, args, {
    stdio: 'inherit',
    timeout: Number(values.seconds) * 1000 + GRACE_MS,
    killSignal: 'SIGKILL',
  })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (code !== 0) console.error(`${file} failed: ${signal === null ? `exit code ${code}` : 'it did not end'}`)
  return code === 0
}
