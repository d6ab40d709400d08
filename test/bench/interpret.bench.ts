/**
 * What it costs to understand one query, by kind: `interpret` alone, without journal and store, in processor time of
 * this process. No two texts of one kind are the same. `node test/bench/interpret.bench.ts [queries] [turns] [kind]`
 *
 * Of the turns the fastest counts: what others do on the machine only ever adds.
 */
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'
import type { Exchange } from '../../proxy/exchange.ts'
import { interpret } from '../../proxy/protocol/interpret.ts'
import type { InterpretSettings } from '../../proxy/protocol/settings.ts'
import type { LogId, Origin } from '../../schema/record/ids.ts'
import { answered, asked } from '../journal/samples.ts'
import { discover, statement } from '../support/exchanges.ts'
import { REQUEST } from './peers/traffic.ts'

const queries = Number(process.argv[2] ?? 500)
const turns = Number(process.argv[3] ?? 60)
const only = process.argv[4]
const SETTINGS: InterpretSettings = {
  modules: [],
  mappings: [],
  metadata: 'summary',
  persons: { latestBirth: '2057-12-31', threshold: 20, attributes: [] },
}

/** "@@" stands for six digits, so that no two are the same. */
const KINDS: Readonly<Record<string, string>> = {
  'as in the bench of the recorder': REQUEST.toString(),
  'pivot, refreshed': statement(
    `SELECT NON EMPTY Hierarchize(DrilldownMember({{DrilldownLevel({[Tid].[Kalender].[Alle]},,,INCLUDE_CALC_MEMBERS)}},
{[Tid].[Kalender].[År].&[2026],[Tid].[Kalender].[Kvartal].&[2026]&[3]},,,INCLUDE_CALC_MEMBERS)) DIMENSION PROPERTIES
PARENT_UNIQUE_NAME,HIERARCHY_UNIQUE_NAME ON COLUMNS, NON EMPTY Hierarchize({DrilldownLevel({[Skole].[Skole].[Alle]},,,
INCLUDE_CALC_MEMBERS)}) DIMENSION PROPERTIES PARENT_UNIQUE_NAME,HIERARCHY_UNIQUE_NAME ON ROWS FROM (SELECT
Filter([Elev].[Navn].[Navn].Members, InStr(1, [Elev].[Navn].CurrentMember.Properties("Nummer"), "@@") > 0) ON COLUMNS
FROM [Skoler]) WHERE ([Measures].[Elever],[Elev].[Trin].&[7]) CELL PROPERTIES VALUE,FORMAT_STRING,LANGUAGE`,
    '<Catalog>Kommunedata</Catalog><Format>Multidimensional</Format>',
  ),
  'a small one': statement('SELECT FROM [Borger] WHERE ([Sag].[Nummer].&[@@])', '<Catalog>Kommunedata</Catalog>'),
  'a drillthrough': statement(
    `DRILLTHROUGH MAXROWS 1000 SELECT FROM [Borger] WHERE ([Measures].[Beløb],[Borger].[CPR].&[2802475017],
[Sag].[Nummer].&[@@],[Tid].[Kalender].[Måned].&[202603]) RETURN [$Borger].[CPR],[$Borger].[Navn],[$Sag].[Nummer]`,
    '<Catalog>Kommunedata</Catalog><Format>Tabular</Format>',
  ),
  'DAX as Power BI writes it': statement(
    `DEFINE VAR __DS0FilterTable = TREATAS({"Bymidten", "Havnen", "Engparken"}, 'Borger'[Distrikt])
VAR __DS0FilterTable2 = TREATAS({@@}, 'Sag'[Nummer])
VAR __DS0Core = SUMMARIZECOLUMNS(ROLLUPADDISSUBTOTAL('Tid'[Måned], "IsGrandTotalRowTotal"), __DS0FilterTable,
__DS0FilterTable2, "Sum_Beløb", CALCULATE(SUM('Ydelse'[Beløb])), "Antal", 'Ydelse'[Antal])
VAR __DS0PrimaryWindowed = TOPN(502, __DS0Core, [IsGrandTotalRowTotal], 0, 'Tid'[Måned], 1)
EVALUATE __DS0PrimaryWindowed ORDER BY [IsGrandTotalRowTotal] DESC, 'Tid'[Måned]`,
    '<Catalog>Kommunedata</Catalog><Format>Tabular</Format>',
  ),
  'a discover of members': discover(
    'MDSCHEMA_MEMBERS',
    `<CATALOG_NAME>Kommunedata</CATALOG_NAME><CUBE_NAME>Borger</CUBE_NAME>
<MEMBER_UNIQUE_NAME>[Sag].[Nummer].&amp;[@@]</MEMBER_UNIQUE_NAME><TREE_OP>8</TREE_OP>`,
    '<Catalog>Kommunedata</Catalog>',
  ),
}

const facts = { ...UNREAD_ANSWER, kind: 'dataset' as const, decoded: true, rows: 42, cells: 84, axes: [2, 42] }

function exchangesOf(text: string): Exchange[] {
  const [before = '', behind = ''] = text.split('@@')
  return Array.from({ length: queries }, (_, n) => ({
    logId: String(913_425_000_000_000_000n + BigInt(n) * 256n) as LogId,
    origin: 'bench-000000' as Origin,
    seq: n,
    asked: asked(`${before}${String(n).padStart(6, '0')}${behind}`),
    answered: { ...answered(), answerBytes: 20_372, requestHash: '0'.repeat(64), facts },
  }))
}

function microseconds(exchanges: readonly Exchange[]): number {
  const used = process.cpuUsage()
  let criteria = 0
  for (const exchange of exchanges) criteria += interpret(exchange, SETTINGS).records[0]?.criteria.length ?? 0
  if (criteria === 0) throw new Error('nothing was understood')
  const { user, system } = process.cpuUsage(used)
  return (user + system) / exchanges.length
}

for (const [kind, text] of Object.entries(KINDS)) {
  if (only !== undefined && !kind.includes(only)) continue
  const exchanges = exchangesOf(text)
  const fastest = Math.min(...Array.from({ length: turns }, () => microseconds(exchanges)))
  const { length } = interpret(exchanges[0] ?? never(), SETTINGS).records[0]?.criteria ?? []
  console.log(`${fastest.toFixed(1).padStart(7)} µs  ${kind}, ${length} criteria, ${text.length} characters`)
}

function never(): never {
  throw new Error('there are no queries')
}
