/** docs/scale.md reckons: its second table is what follows from its first. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const PAGE = readFileSync(join(import.meta.dirname, '../docs/scale.md'), 'utf8')

/** The rows of the table below `heading`: what it is, and its two figures as they are written. */
function tableBelow(heading: string): Map<string, readonly [string, string]> {
  const section = PAGE.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
  const rows = [...section.matchAll(/^\| (.+?) +\| +([\d,.]+) +\| +([\d,.]+) +\|/gm)]
  return new Map(rows.map(([, name = '', ordinary = '', heavy = '']) => [name, [ordinary, heavy]]))
}

const DAYS_OF_A_WEEKEND = 2
const LOGGED = 1.3

type Input = (name: string) => number

function results(of: Input): Readonly<Record<string, number>> {
  const one = of('BI users in each') * of('queries of a user on a working day')
  const day = one * of('municipalities')
  const year = day * of('working days in a year')
  const hour = of("share of a day's queries in its busiest hour, per cent") / 100 / 3600
  const second = hour * of('busiest second over the mean of that hour')
  const capacity = of('requests a second of one proxy, one worker, everything on')
  const stored = of('bytes of an entry in SQL Server') / 1e9
  const compressed = (stored * of('what page compression leaves of it, per cent')) / 100
  const kept = of('bytes of a query in the journal')
  return {
    'entries a day, all': day,
    'entries a day, one municipality': one,
    'entries a year, all, millions': year / 1e6,
    'rows a year, all, millions': (year * of('rows of an entry, in all tables')) / 1e6,
    'queries in the busiest second, all': day * second,
    'queries in the busiest second, one municipality': one * second,
    'share of one proxy that one municipality takes then, per cent': ((one * second) / capacity) * 100,
    'proxies of one worker for all in that second': Math.ceil((day * second) / capacity),
    'cores for all in that second': (day * second * of('processor time of a request, all threads, microseconds')) / 1e6,
    'share of one recorder for all in that second, per cent':
      ((day * second) / of('queries a second that one recorder understands and writes')) * 100,
    'rows a second into SQL Server in the busiest hour, all': day * hour * of('rows of an entry, in all tables'),
    'SQL Server, 6 months, all, GB': (year / 2) * stored,
    'SQL Server, 6 months, all, compressed, GB': (year / 2) * compressed,
    'SQL Server, 5 years, all, GB': year * 5 * stored,
    'SQL Server, 5 years, all, compressed, GB': year * 5 * compressed,
    'SQL Server, 5 years, one municipality, compressed, GB': (year * 5 * compressed) / of('municipalities'),
    'embedded store, 6 months, one municipality, GB':
      ((year / 2 / of('municipalities')) * of('bytes of an entry in the embedded store')) / 1e9,
    "SQL Server's log and its backups a day, all, GB": day * stored * LOGGED,
    'journal a day, one municipality, MB': (one * kept) / 1e6,
    'journal of a weekend without a database, all, GB': (day * DAYS_OF_A_WEEKEND * kept) / 1e9,
  }
}

/** To three digits that count. */
const shown = (number: number) => Number(number.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 3 })

test('what docs/scale.md says comes out follows from what it says goes in', () => {
  const [inputs, written] = [tableBelow('What goes in'), tableBelow('What comes out')]
  const input =
    (column: 0 | 1): Input =>
    (name) =>
      Number((inputs.get(name)?.[column] ?? assert.fail(`there is no input "${name}"`)).replaceAll(',', ''))
  const [ordinary, heavy] = [results(input(0)), results(input(1))]
  const reckoned = Object.keys(ordinary).map((name) => [name, shown(ordinary[name] ?? 0), shown(heavy[name] ?? 0)])
  assert.deepEqual(
    [...written].map(([name, figures]) => [name, ...figures]),
    reckoned,
  )
})
