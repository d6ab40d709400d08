/** `tilsyn retention`: what is too old, and its deletion by hand. */
import { randomInt, randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { type Command, type Invocation, textOption, UsageError } from '../../schema/command/command.ts'
import type { Config } from '../../schema/config/config.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import {
  isAtLeast,
  KEPT,
  type Kept,
  keptFrom,
  retentionPeriod,
  type RetentionPeriod,
} from '../../schema/record/retention.ts'
import { openRetention, openStore, type StoreLocation } from '../../schema/store/open.ts'
import { overdueSince } from '../../schema/store/overdue.ts'
import type { RecordReader, Retention } from '../../schema/store/store.ts'
import { deleteOlder } from './run.ts'

type Periods = Readonly<Record<Kept, RetentionPeriod>>

const WHAT: Readonly<Record<Kept, string>> = { log: 'the log', changes: 'changes and deletions' }

/** Who may delete in SQL Server need not be who may write. */
export function deletingLocation({ store, retention }: Pick<Config, 'store' | 'retention'>): StoreLocation {
  if (store.kind === 'embedded' || retention.connection === null) return store
  return { kind: 'mssql', connection: retention.connection }
}

export const retention: Command = {
  summary: 'what is kept for longer than it may be, and its deletion',
  help: `tilsyn retention [--json]
tilsyn retention run [--older-than PERIOD] [--yes]
tilsyn retention compact

Tells how many entries are older than the configuration lets them be; changes nothing. Exit code 1 when a deletion is
overdue. "run" deletes them, and the log tells of it; "compact" makes the file of the embedded store smaller.`,
  options: { json: { type: 'boolean' } },
  async run(invocation) {
    const { retention: set, store: location } = invocation.config()
    const store = await openStore(location)
    try {
      const periods = { log: set.period, changes: set.changes }
      const overdue = await overdueSince(store.reader, set, Date.now())
      const all = await survey(store.reader, periods)
      if (invocation.values['json'] === true) {
        const overdueSinceText = overdue === null ? null : new Date(overdue).toISOString()
        invocation.print(JSON.stringify({ automatic: set.automatic, overdue_since: overdueSinceText, kept: all }))
      } else {
        for (const one of all) invocation.print(lineOf(one))
        if (overdue !== null) invocation.print(overdueLine(overdue, set.automatic))
      }
      return overdue === null ? 0 : 1
    } finally {
      await store.close()
    }
  },
}

export const retentionRun: Command = {
  summary: 'delete what is kept for longer than it may be',
  help: `tilsyn retention run [--older-than PERIOD] [--yes]

Deletes what is older than the configuration lets it be, in short pieces, beside the running proxy. Without --yes it only
tells what it would delete. --older-than names a longer period (1Y), never a shorter one. The deletion is told of in the
log, before and after. Interrupted, it is gone on with by the next.`,
  options: { 'older-than': { type: 'string' }, yes: { type: 'boolean' } },
  async run(invocation) {
    const config = invocation.config()
    const periods = periodsOf(invocation, config)
    const store = await openStore(config.store)
    try {
      const all: Survey[] = []
      for (const one of await survey(store.reader, periods))
        if ((await store.reader.oldest(one.kept, Date.parse(one.before))) !== null) all.push(one)
      if (all.length === 0) invocation.print('nothing is that old')
      for (const one of all) invocation.print(lineOf(one))
      if (all.length === 0) return 0
      if (invocation.values['yes'] !== true) {
        invocation.tell('Nothing was deleted: say --yes.')
        return 1
      }
      const retention = await openRetention(deletingLocation(config))
      try {
        return await deleteAll(invocation, retention, store.writer, all)
      } finally {
        await retention.close()
      }
    } finally {
      await store.close()
    }
  },
}

export const retentionCompact: Command = {
  summary: 'make the file of the embedded store smaller',
  help: `tilsyn retention compact

After a deletion the file keeps its size, for the next entries. This writes it anew, without its free pages. It takes as much
disk again, and minutes for a large file, in which nothing else can be written to the tables: entries wait in the journal,
and no BI user notices. In SQL Server the space is the database's own.`,
  options: {},
  async run({ config, print }) {
    const retention = await openRetention(deletingLocation(config()))
    try {
      const came = await retention.compact()
      print(came === 'compacted' ? 'the file is as small as its entries' : 'SQL Server keeps its own space')
      return 0
    } finally {
      await retention.close()
    }
  },
}

interface Survey {
  readonly kept: Kept
  readonly period: RetentionPeriod
  /** ISO 8601. */
  readonly before: string
  readonly entries: number
}

async function survey(reader: RecordReader, periods: Periods): Promise<readonly Survey[]> {
  const now = Date.now()
  const all: Survey[] = []
  for (const kept of KEPT) {
    const period = periods[kept]
    const before = keptFrom(period, now)
    all.push({ kept, period, before: new Date(before).toISOString(), entries: await reader.countOlder(kept, before) })
  }
  return all
}

function lineOf({ kept, period, before, entries }: Survey): string {
  return `${WHAT[kept]}, kept for ${period}: ${entries} entr${entries === 1 ? 'y' : 'ies'} from before ${before}`
}

function overdueLine(since: number, automatic: boolean): string {
  const how = automatic ? 'the report service has not deleted it: see its log' : 'nothing is deleted by itself'
  return `OVERDUE: the oldest is of ${new Date(since).toISOString()}; ${how}; tilsyn retention run deletes it`
}

/** Nobody deletes what the set-up says to keep. */
function periodsOf(invocation: Invocation, { retention: { period, changes } }: Config): Periods {
  const text = textOption(invocation, 'older-than')
  if (text === undefined) return { log: period, changes }
  const wanted = retentionPeriod(text, 'log')
  if (wanted === null || !isAtLeast(wanted, period, Date.now()))
    throw new UsageError(`--older-than: expected a period from ${period} (retention.period) to 5Y`)
  return { log: wanted, changes }
}

async function deleteAll(
  { print, tell }: Invocation,
  retention: Retention,
  writer: Parameters<typeof deleteOlder>[0]['writer'],
  all: readonly Survey[],
): Promise<number> {
  let isStopped = false
  process.once('SIGINT', () => (isStopped = true))
  const by = { name: userInfo().username, through: 'command' } as const
  const deleting = {
    retention,
    writer,
    by,
    mint: new LogIdMint(randomInt(256)),
    holder: randomUUID(),
    now: Date.now,
    rest: (ms: number) => wait(ms),
    isStopped: () => isStopped,
  }
  for (const { kept, before } of all) {
    const deleted = await deleteOlder(deleting, kept, Date.parse(before))
    if (deleted.kind === 'ended') {
      for (const { run, entries, rows } of deleted.ended)
        print(`deletion ${run}: ${entries} entries deleted, ${rows} rows`)
    } else {
      tell(deleted.kind === 'busy' ? 'Another process is deleting.' : 'Stopped; the next deletion goes on with it.')
      return 1
    }
  }
  return 0
}
