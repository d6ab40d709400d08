/**
 * What it costs to understand MDX: parsing alone, and parsing with extraction, over the collected queries that lie beside
 * the project (`../shared/corpus/mdx.dev.jsonl`), or over generated ones where they do not.
 *
 *     node test/bench/mdx.bench.ts [passes] [--json FILE]
 *
 * Method: the texts are held in memory; one run is one pass over all of them, those that are refused included. Runs of
 * the two kinds take turns, so that a change of the machine's speed meets both. The first third warms the compiler up
 * and does not count. Time is the processor time of this thread. Printed are the median and the better quarter: what
 * disturbs a machine only makes it slower.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { parseMdx, readMdx } from '../../proxy/language/mdx/read.ts'
import { StatementLimitError, StatementSyntaxError } from '../../proxy/language/syntax-error.ts'

const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true })
const passes = Number(positionals[0] ?? 60)
const CORPUS = join(import.meta.dirname, '../../../shared/corpus/mdx.dev.jsonl')

function collected(): readonly string[] {
  const lines = readFileSync(CORPUS, 'utf8').trimEnd().split('\n')
  return lines.map((line) => (JSON.parse(line) as { readonly text: string }).text)
}

function generated(): readonly string[] {
  return Array.from({ length: 1000 }, (_, i) => {
    const keys = Array.from({ length: 1 + (i % 20) }, (_, k) => `[Borger].[Kommune].&[${i}${k}]`).join(', ')
    return `WITH MEMBER [Measures].[Snit ${i}] AS '[Measures].[Beløb] / [Measures].[Antal]', FORMAT_STRING = '#,##0'
SELECT {[Measures].[Snit ${i}], [Measures].[Antal]} ON COLUMNS,
NON EMPTY Hierarchize({DrilldownLevel({[Ydelse].[Gruppe].[All]})}) DIMENSION PROPERTIES PARENT_UNIQUE_NAME ON ROWS
FROM (SELECT {${keys}} ON COLUMNS FROM [Borger]) WHERE ([Tid].[Kalender].[År].&[2031]) CELL PROPERTIES VALUE`
  })
}

const texts = existsSync(CORPUS) ? collected() : generated()
const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)

/** Milliseconds of processor time for one pass. */
function pass(read: (text: string) => unknown): number {
  const before = process.threadCpuUsage()
  for (const text of texts) {
    try {
      read(text)
    } catch (error) {
      if (!(error instanceof StatementSyntaxError || error instanceof StatementLimitError)) throw error
    }
  }
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

const KINDS = { parse: parseMdx, 'parse and extraction': readMdx }
const runs: Record<keyof typeof KINDS, number[]> = { parse: [], 'parse and extraction': [] }
for (let i = 0; i < passes; i++) {
  runs.parse.push(pass(KINDS.parse))
  runs['parse and extraction'].push(pass(KINDS['parse and extraction']))
}

const at = (sorted: readonly number[], share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN
const speeds = Object.entries(runs).map(([kind, all]) => {
  const sorted = all.slice(Math.floor(all.length / 3)).toSorted((a, b) => a - b)
  const speed = (ms: number) => ({ MBs: bytes / 1000 / ms, queriesPerSecond: (texts.length / ms) * 1000 })
  return { kind, runs: sorted.length, median: speed(at(sorted, 0.5)), betterQuarter: speed(at(sorted, 0.25)) }
})
const machine = `${os.cpus()[0]?.model ?? 'unknown processor'}, node ${process.version}, load ${os.loadavg()[0]?.toFixed(1)}`
console.log(`MDX: ${texts.length} queries, ${(bytes / 1e6).toFixed(2)} MB, one thread; ${machine}`)
for (const { kind, runs, median, betterQuarter } of speeds) {
  const shown = ({ MBs, queriesPerSecond }: typeof median) =>
    `${MBs.toFixed(1)} MB/s, ${queriesPerSecond.toFixed(0)} queries/s`
  console.log(`${kind}: ${shown(median)} (median of ${runs} passes); better quarter ${shown(betterQuarter)}`)
}
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ machine, bytes, queries: texts.length, speeds }))
