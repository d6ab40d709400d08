/**
 * Runs every `*.bench.ts` of this folder in turn, each in a process of its own: `npm run bench [-- NAME …] [--json FILE]`.
 * With names only those; with a file, what each printed is written there too, and what `mssql` and `peers` measured beside it, raw.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true })
const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.bench.ts'))
const wanted = files.filter((file) => positionals.length === 0 || positionals.includes(file.replace('.bench.ts', '')))
const KEEPS_RAW = new Set(['mssql.bench.ts', 'peers.bench.ts'])
const printed: Record<string, readonly string[]> = {}
let failed = wanted.length === 0
for (const file of wanted) {
  console.log(`\n${file}`)
  const raw = values.json !== undefined && KEEPS_RAW.has(file) ? ['--json', `${values.json}.${file}.json`] : []
  const { stdout, status } = spawnSync(process.execPath, [join(import.meta.dirname, file), ...raw], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.stdout.write(stdout)
  printed[file] = stdout.trimEnd().split('\n')
  failed ||= status !== 0
}
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(printed, null, 2))
process.exitCode = failed ? 1 : 0
