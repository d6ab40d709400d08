/** The command `tilsyn verify`: is anything missing, in the journals here and in the tables? */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command, Invocation } from '../../schema/command/command.ts'
import type { Config } from '../../schema/config/config.ts'
import type { Origin } from '../../schema/record/ids.ts'
import { countOf, rangesText } from '../../schema/record/numbers.ts'
import { openStore } from '../../schema/store/open.ts'
import type { RecordReader } from '../../schema/store/store.ts'
import { listSegments } from '../journal/segment.ts'
import { verifyJournal } from '../journal/verify.ts'
import type { JournalReport } from '../journal/verify.ts'
import { type JournalFinding, journalFinding, type TableFinding, tableFinding } from './findings.ts'

export const verify: Command = {
  summary: 'is any number missing, in the journals and in the tables?',
  help: `tilsyn verify [--journal] [--json]

Counts the journals of this proxy from their files, and the numbers in the tables: each must have an entry, be told of in
another, have been deleted because its time was over, or still wait in the journal. Changes nothing, and may run beside the proxy. Tables are read whole.

  --journal   only the files; the store is not asked
  --json      a finding a line

Exit code 0 nothing is missing; 1 something is missing or damaged.`,
  options: { journal: { type: 'boolean' }, json: { type: 'boolean' } },
  async run(invocation) {
    const config = invocation.config()
    const folders = await journalFolders(config.proxy.journal)
    const all = invocation.values['journal'] === true ? await journals(folders) : await everything(config, folders)
    for (const finding of all) tell(invocation, finding)
    if (all.length === 0) invocation.tell(`There is no journal in ${config.proxy.journal}, and nothing in the tables.`)
    return all.every(({ sound }) => sound) ? 0 : 1
  },
}

type Finding = JournalFinding | TableFinding

/** The folder of the configuration, and those under it that workers have. */
async function journalFolders(folder: string): Promise<readonly string[]> {
  if (!existsSync(folder)) return []
  const under = readdirSync(folder, { withFileTypes: true }).filter((each) => each.isDirectory())
  const all = [folder, ...under.map(({ name }) => join(folder, name))]
  const found = await Promise.all(all.map(async (each) => (await listSegments(each)).length > 0))
  return all.filter((_, at) => found[at])
}

async function journals(folders: readonly string[]): Promise<readonly JournalFinding[]> {
  const findings: JournalFinding[] = []
  for (const folder of folders) findings.push(journalFinding(folder, await verifyJournal(folder)))
  return findings
}

/**
 * The tables are asked how far they are before the journal is read, and what they hold after it: whatever is written
 * meanwhile is then there, or still waits.
 */
async function everything(config: Config, folders: readonly string[]): Promise<readonly Finding[]> {
  const store = await openStore(config.store)
  try {
    const findings: Finding[] = []
    const positions = new Map((await store.reader.origins()).map(({ origin, position }) => [origin, position]))
    const here = new Map<Origin, JournalReport>()
    for (const folder of folders) {
      const { origin } = await verifyJournal(folder)
      const report = await verifyJournal(folder, positions.get(origin) ?? 0)
      here.set(origin, report)
      findings.push(journalFinding(folder, report))
    }
    for (const origin of new Set([...positions.keys(), ...here.keys()])) {
      findings.push(await tables(store.reader, origin, here.get(origin) ?? null))
    }
    return findings
  } finally {
    await store.close()
  }
}

async function tables(reader: RecordReader, origin: Origin, report: JournalReport | null): Promise<TableFinding> {
  return tableFinding(origin, await reader.numbers(origin), report)
}

function tell({ values, print }: Invocation, finding: Finding): void {
  if (values['json'] === true) return print(JSON.stringify(finding))
  for (const line of finding.kind === 'journal' ? journalLines(finding) : tableLines(finding)) print(line)
}

function journalLines({ folder, report, sound }: JournalFinding): readonly string[] {
  const { origin, segments, bytes, firstSeq, lastSeq, missingSeqs, unanswered, damaged, strayBytes } = report
  const extent = lastSeq === 0 ? 'no numbers' : `numbers ${firstSeq} to ${lastSeq}`
  return [
    `${sound ? 'ok     ' : 'FAILED '} journal ${folder}: ${origin}`,
    `        ${segments} segment${segments === 1 ? '' : 's'}, ${bytes} bytes; ${extent}, ${missingSeqs} missing`,
    `        ${unanswered} under way or cut off; ${strayBytes} bytes of torn ends`,
    ...damaged.map(
      ({ firstN, lastN, from }) =>
        `        frames ${firstN} to ${lastN} cannot be read: segment ${from.segment} at byte ${from.offset}`,
    ),
  ]
}

function tableLines(finding: TableFinding): readonly string[] {
  const { origin, stored, told, deleted, waiting, missing, alone, complete, sound } = finding
  const extent = stored.last === 0 ? 'no numbers' : `numbers ${stored.first} to ${stored.last}`
  const elsewhere = alone ? ' (its journal is not here: they may wait there)' : ''
  return [
    `${sound ? 'ok     ' : 'FAILED '} tables: ${origin}`,
    `        ${extent}: ${stored.count} have an entry, ${countOf(told)} are told of in another, ${countOf(waiting)} wait`,
    ...(deleted.length === 0 ? [] : [`        ${countOf(deleted)} were deleted, their time being over`]),
    ...(missing.length === 0 ? [] : [`        missing${elsewhere}: ${rangesText(missing.slice(0, 100))}`]),
    ...(complete ? [] : ['        there are more holes than were looked at']),
  ]
}
