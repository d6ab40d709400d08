/**
 * How the questions to a log of 2 and of 20 million entries are answered: `npm run bench:big -- [--folder F] [--entries N]`.
 * The files are made once (some minutes, and 1 GB for each million) and kept in the folder for the next time; a run that was
 * broken off goes on where it was.
 */
import { mkdirSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fill } from './fill.ts'
import { measure } from './measure.ts'

/** So many are written entry by entry; more are made of them. */
const WRITTEN = 500_000
const DEFAULT = [2_000_000, 20_000_000]

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: join(tmpdir(), 'tilsyn-big') },
    entries: { type: 'string', multiple: true, default: DEFAULT.map(String) },
    'only-fill': { type: 'boolean', default: false },
  },
})
mkdirSync(values.folder, { recursive: true, mode: 0o700 })
const fileOf = (entries: number) => join(values.folder, `${entries / 1e6}m.db`)

for (const entries of values.entries.map(Number)) {
  const short = Math.min(entries, WRITTEN)
  await fill(fileOf(short), short, null, console.log)
  if (entries > WRITTEN) await fill(fileOf(entries), entries, { path: fileOf(WRITTEN), entries: WRITTEN }, console.log)
  if (values['only-fill']) continue
  console.log(`\n${entries} entries, ${(statSync(fileOf(entries)).size / 2 ** 30).toFixed(1)} GB`)
  await measure(fileOf(entries), console.log)
}
