/**
 * The report service's end of the command `tilsyn`: the service itself, and the same questions from a terminal. Every
 * question put here goes through `reports/query`, so the use of the log is logged whichever way it is used.
 */
import { randomInt } from 'node:crypto'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { readFile } from 'node:fs/promises'
import { pino } from 'pino'
import type { Command, Invocation } from '../schema/command/command.ts'
import { UsageError, textOption } from '../schema/command/command.ts'
import { readSecretLine } from '../schema/command/secret-input.ts'
import { stopRequested, tellReady } from '../schema/command/stop.ts'
import type { Config } from '../schema/config/config.ts'
import { journalFolders, leftoverJournals } from '../schema/config/journal-folders.ts'
import type { LogId, Origin } from '../schema/record/ids.ts'
import type { PersonRules } from '../schema/record/person-number.ts'
import { combinedStatus, parseRecorderStatus } from '../schema/record/recorder-status.ts'
import type { RecorderStatus } from '../schema/record/recorder-status.ts'
import { LISTED_LETTERS, ROLES } from '../schema/store/store.ts'
import type { LogEntry, PersonHit, Store } from '../schema/store/store.ts'
import { openRetention } from '../schema/store/open.ts'
import { openWhenNeeded } from '../schema/store/when-needed.ts'
import { buildApp } from './app.ts'
import { readLog } from './query/log.ts'
import type { LogQuestion } from './query/log.ts'
import { searchCovered } from './query/coverage.ts'
import type { CoveredAnswer, CoveredHit } from './query/coverage.ts'
import { searchPerson } from './query/person.ts'
import type { PersonQuestion } from './query/person.ts'
import { coveredRow, entryRow, hitRow, logRow } from './query/row.ts'
import { UseLog } from './query/use.ts'
import type { Asker, Desk, Mistake } from './query/use.ts'
import { deletingLocation, retention, retentionCompact, retentionRun } from './retention/retention-command.ts'
import { Schedule } from './retention/schedule.ts'
import { createSignInCodes, newToken } from './routes/access.ts'

/** All report services on one store share it; the store gives their entries numbers. */
const ORIGIN = 'reports' as Origin
const DAY_MS = 24 * 3600 * 1000
const ROWS = 50
const MOST_ROWS = 10_000

const reports: Command = {
  summary: 'run the report service alone',
  help: `tilsyn reports

Prints its address and a link that signs you in once; the link is good for a day.`,
  options: {},
  async run({ config, print }) {
    const settings = config()
    const stop = stopRequested()
    const logger = pino({ name: 'reports', level: settings.log.level }, pino.destination({ dest: 2, sync: true }))
    const store = openWhenNeeded(settings.store)
    const signInCodes = createSignInCodes({ ttlMs: DAY_MS })
    const app = await buildApp({
      store,
      persons: personRules(settings),
      origin: ORIGIN,
      journalNumber: randomInt(256),
      lag: () => recorderStatus(settings.proxy),
      retention: settings.retention,
      signInCodes,
      logger,
    })
    const deletion = () => openRetention(deletingLocation(settings))
    const schedule = new Schedule({ config: settings.retention, store, openRetention: deletion, logger })
    const url = await app.listen({ ...settings.reports.listen })
    const signIn = `${url}/sign-in?code=${signInCodes.issue({ name: userInfo().username, role: 'auditor' })}`
    print(`report service listening on ${url}`)
    print(`sign in once with ${signIn}`)
    tellReady({ half: 'reports', url, signIn })
    schedule.start()
    await stop
    await schedule.close()
    await app.close()
    await store.close()
    return 0
  },
}

const PERIOD = {
  from: { type: 'string' },
  to: { type: 'string' },
  json: { type: 'boolean' },
  limit: { type: 'string' },
} as const

const searched: Command = {
  summary: 'who searched for, or saw, a person',
  help: `tilsyn searched [--covered] [--from DATE] [--to DATE] [--limit N] [--json]

The person number is read from standard input, or typed unseen at a prompt; never give it as an argument. Dates are
2026-01-31 (Copenhagen days, both included) or date-times with a zone. --json prints an entry a line. Newest first, at
most 50 entries unless --limit says otherwise. --covered shows instead the entries that do not name the person and may
have covered them all the same, by a range, a pattern or a list, and why. The search itself becomes an entry of module
Logning.`,
  options: { ...PERIOD, covered: { type: 'boolean' } },
  async run(invocation) {
    const question = { ...period(invocation), person: await readSecretLine(process.stdin, 'Person number: ') }
    if (invocation.values['covered'] === true) return covered(invocation, question)
    return atDesk(invocation, async ({ desk, asker }) => {
      const answer = await searchPerson(desk, asker, question)
      if (answer.kind === 'mistake') throw mistaken(answer)
      for (const hit of answer.hits) invocation.print(invocation.values['json'] === true ? asJson(hit) : asLine(hit))
      if (answer.hits.length === 0) invocation.tell('Nobody has searched for this person, or seen them.')
      if (answer.next !== null) invocation.tell('There are older entries: use --limit, or --to.')
      return 0
    })
  },
}

/** A page may end early, after many entries that cover nobody: so it goes on until it has as many as were asked for. */
function covered(invocation: Invocation, question: PersonQuestion & { readonly limit: number }): Promise<number> {
  return atDesk(invocation, async ({ desk, asker }) => {
    let [found, before]: [number, string | null] = [0, null]
    do {
      const rest = { ...question, limit: question.limit - found, ...(before === null ? {} : { before }) }
      const answer: CoveredAnswer | Mistake = await searchCovered(desk, asker, rest)
      if (answer.kind === 'mistake') throw mistaken(answer)
      for (const hit of answer.hits) invocation.print(asCoveredLine(invocation, hit))
      found += answer.hits.length
      before = answer.next
    } while (before !== null && found < question.limit)
    if (found === 0) invocation.tell('No other entry can have covered this person.')
    if (before !== null) invocation.tell('There are older entries: use --limit, or --to.')
    return 0
  })
}

const log: Command = {
  summary: 'the log, newest first',
  help: `tilsyn log [--user NAME] [--module NAME] [--from DATE] [--to DATE] [--limit N] [--json]

--json prints an entry a line: all columns of log, with its criteria, dimensions, measures, seen and changes. At most 50 entries
unless --limit says otherwise. Reading becomes an entry of module Logning.`,
  options: { ...PERIOD, user: { type: 'string' }, module: { type: 'string' } },
  async run(invocation) {
    const user = textOption(invocation, 'user')
    const module = textOption(invocation, 'module')
    const question: LogQuestion = {
      ...period(invocation),
      ...(user === undefined ? {} : { user }),
      ...(module === undefined ? {} : { module }),
    }
    return atDesk(invocation, async ({ desk, asker, store }) => {
      const answer = await readLog(desk, asker, question)
      if (answer.kind === 'mistake') throw mistaken(answer)
      const whole = invocation.values['json'] === true ? await childrenOf(store, answer.entries) : null
      for (const entry of answer.entries) {
        const children = whole?.get(entry.logId)
        if (children === undefined) invocation.print(lineOf(entry))
        else invocation.print(JSON.stringify(entryRow({ ...(await uncut(store, entry)), ...children })))
      }
      if (answer.next !== null) invocation.tell('There are older entries: use --limit, or --to.')
      return 0
    })
  },
}

const token: Command = {
  summary: 'make a key to the REST interface',
  help: `tilsyn token --role auditor|operator [--name TEXT] [--days N]

Prints the token once; only its hash is kept. Default: named for you, good for 90 days.`,
  options: { role: { type: 'string' }, name: { type: 'string' }, days: { type: 'string' } },
  async run(invocation) {
    const role = ROLES.find((each) => each === invocation.values['role'])
    if (role === undefined) throw new UsageError(`--role: expected one of ${ROLES.join(', ')}`)
    const ttlMs = wholeNumber(textOption(invocation, 'days') ?? '90', '--days', 3650) * DAY_MS
    const name = textOption(invocation, 'name') ?? userInfo().username
    const made = newToken({ name, role, now: Date.now(), ttlMs })
    const store = openWhenNeeded(invocation.config().store)
    try {
      await store.access.addToken(made.record)
    } finally {
      await store.close()
    }
    invocation.print(made.token)
    return 0
  },
}

export const commands = { reports, searched, log, token, retention, retentionRun, retentionCompact }

interface Session {
  readonly desk: Desk
  readonly asker: Asker
  readonly store: Store
}

/** Opens the store for one command, as the person at the terminal. */
async function atDesk(invocation: Invocation, work: (session: Session) => Promise<number>): Promise<number> {
  const config = invocation.config()
  const store = openWhenNeeded(config.store)
  try {
    const uses = new UseLog(store.writer, ORIGIN, randomInt(256), Date.now)
    return await work({
      desk: { reader: store.reader, uses, persons: personRules(config) },
      asker: atTerminal(),
      store,
    })
  } finally {
    await store.close()
  }
}

function atTerminal(): Asker {
  const name = userInfo().username
  const nobody = { sessionId: null, correlationId: null }
  return { name, role: 'auditor', source: 'session', ip: '127.0.0.1', through: 'command', ...nobody }
}

function personRules({ persons }: Config): PersonRules {
  return {
    latestBirth: persons.latestBirth ?? new Date().toISOString().slice(0, 10),
    attributes: persons.attributes,
    domains: persons.domains,
  }
}

/** Of all its processes, and of journals that are left over. */
async function recorderStatus(proxy: Config['proxy']): Promise<RecorderStatus | null> {
  const [own, leftOver] = await Promise.all([
    Promise.all(journalFolders(proxy).map(statusIn)),
    Promise.all(leftoverJournals(proxy).map(statusIn)),
  ])
  return combinedStatus(
    own,
    leftOver.filter((status) => status !== null),
  )
}

async function statusIn(journal: string): Promise<RecorderStatus | null> {
  try {
    return parseRecorderStatus(JSON.parse(await readFile(join(journal, 'status.json'), 'utf8')))
  } catch (error) {
    // No proxy has run here yet, or it runs on another computer: nobody knows, which is what null says.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** The entry with all of its texts: a list cuts the long ones, and `--json` promises them. */
async function uncut(store: Store, entry: LogEntry): Promise<LogEntry> {
  const texts = [entry.query, entry.purpose, entry.effectiveRoles, entry.customData]
  if (texts.every((text) => (text?.length ?? 0) < LISTED_LETTERS)) return entry
  return (await store.reader.entry(entry.logId)) ?? entry
}

function childrenOf(store: Store, entries: readonly { readonly logId: LogId }[]) {
  return store.reader.children(entries.map(({ logId }) => logId))
}

function period(invocation: Invocation): { from?: string; to?: string; limit: number } {
  const from = textOption(invocation, 'from')
  const to = textOption(invocation, 'to')
  const limit = wholeNumber(textOption(invocation, 'limit') ?? String(ROWS), '--limit', MOST_ROWS)
  return { limit, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }
}

function wholeNumber(text: string, option: string, most: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > most) throw new UsageError(`${option}: expected a whole number from 1 to ${most}`)
  return number
}

const REASONS: Readonly<Record<Mistake['reason'], string>> = {
  'person-number': 'expected a Danish person number, ten characters with or without hyphen',
  date: 'expected a date, for example 2026-01-31',
  period: 'the end lies before the beginning',
  'log-id': 'expected the number of an entry',
  'number-in-text': 'a person number may not stand here',
  'number-in-url': 'a person number may not stand here: use tilsyn searched',
}

function mistaken({ place, reason }: Mistake): UsageError {
  return new UsageError(`${place}: ${REASONS[reason]}`)
}

function asJson(hit: PersonHit): string {
  return JSON.stringify(hitRow(hit))
}

function asCoveredLine(invocation: Invocation, hit: CoveredHit): string {
  const row = coveredRow(hit)
  if (invocation.values['json'] === true) return JSON.stringify(row)
  return [lineOf(hit.entry), row.covered, row.reason, printable(row.attribute ?? '-')].join('  ')
}

function asLine(hit: PersonHit): string {
  const { how } = hitRow(hit)
  return `${lineOf(hit.entry)}  ${how}`
}

function lineOf(entry: PersonHit['entry']): string {
  const row = logRow(entry)
  const what = [row.module, row.cube, row.report].filter((part) => part !== null).join(' / ')
  return [row.asked_at, row.user_name ?? '-', row.ip, row.server, row.action, row.outcome, what]
    .map(printable)
    .join('  ')
}

/** What came over the wire may hold codes that a terminal obeys. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u00b7')
}
