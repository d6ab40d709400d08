/**
 * Entries of last resort: for an exchange that could not be interpreted, a record that the store refuses, frames that can
 * no longer be read. Less is said in them, but that there was a query, when, by whom and where, is.
 */
import { createHash } from 'node:crypto'
import type { Exchange, Gap } from '../exchange.ts'
import { answerColumns } from '../protocol/entry/outcome.ts'
import { maskSecrets } from '../protocol/entry/secrets.ts'
import { entryAbout, NOTHING_KNOWN } from '../../schema/record/nothing-known.ts'
import { leftOutText, lostText, queriesText } from '../../schema/record/numbers.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Lost } from './pairing.ts'

/** @param trusted `false`: reading this exchange has ended the recorder before; nothing in its body is looked at. */
export function minimalEntry(exchange: Exchange, trusted: boolean): QueryRecord {
  const { asked, answered } = exchange
  const { bytes, extent } = asked.body
  const hash = bytes.length === 0 ? null : sha256(bytes)
  return {
    ...entryAbout(exchange, asked.askedAt),
    ...answerColumns(answered),
    opaque: 'unreadable',
    durationMs: answered === null ? null : Math.max(answered.endedAt - asked.askedAt, 0),
    server: asked.server,
    userName: asked.identity.user,
    userSource: asked.identity.source,
    userConfirmed: answered?.userConfirmed ?? false,
    ip: asked.clientAddress,
    action: 'request',
    query: (trusted ? textOf(bytes) : null) ?? `sha256:${hash ?? sha256(bytes)}`,
    requestBytes: answered?.requestBytes ?? bytes.length,
    requestHash: answered?.requestHash ?? (extent === 'whole' ? hash : null),
  }
}

/** An entry for frames that are damaged: that there was a query is known from its number alone. */
export function lostEntry(lost: Lost): QueryRecord {
  return { ...gapEntry(lost), query: lostText(lost.count), faultCode: 'JOURNAL_DAMAGED' }
}

export function minimalGap(gap: Gap): QueryRecord {
  const query = `${queriesText(gap.count)} passed unrecorded`
  return { ...gapEntry(gap), server: gap.server, query, opaque: null }
}

/** An entry for all the exchanges that the settings leave out, in a row: their numbers are told, and so none is missing. */
export function leftOutEntry(exchanges: readonly [Exchange, ...Exchange[]]): QueryRecord {
  const sorted = exchanges.toSorted((one, other) => one.seq - other.seq)
  const [first = exchanges[0]] = sorted
  const last = Math.max(...sorted.map(({ asked }) => asked.askedAt))
  const { askedAt, server } = first.asked
  return {
    ...entryAbout(first, askedAt),
    durationMs: Math.max(last - askedAt, 0),
    server: sorted.every(({ asked }) => asked.server === server) ? server : '',
    action: 'metadata',
    outcome: 'answered',
    decoded: true,
    query: leftOutText(sorted.map(({ seq: number }) => number)),
  }
}

function gapEntry(gap: Lost | Gap) {
  const { from, to } = gap
  const durationMs = Math.max(to - from, 0)
  return { ...entryAbout(gap, from), durationMs, opaque: 'unreadable' as const, action: 'gap' as const }
}

/** What is tried with a record that the store refuses, from losing nothing to losing what it says of the query. */
export const REDUCTIONS: readonly ((record: QueryRecord) => QueryRecord)[] = [cleaned, withoutDetails, bare]

function cleaned(record: QueryRecord): QueryRecord {
  return mapTexts(record, clean)
}

function withoutDetails(record: QueryRecord): QueryRecord {
  // Changes stay: they are what such an entry is for, and nobody else's words.
  const { criteria, dimensions, measures, seen } = NOTHING_KNOWN
  return { ...cleaned(record), criteria, dimensions, measures, seen, opaque: 'unreadable', opaqueAt: null }
}

function bare(record: QueryRecord): QueryRecord {
  const short = (text: string | null) => (text === null ? null : clean(text).slice(0, 128))
  const { part, askedAt, durationMs, userSource, userConfirmed, action, outcome } = record
  return {
    ...entryAbout(record, askedAt),
    opaque: 'unreadable',
    part,
    durationMs,
    userSource,
    userConfirmed,
    action,
    outcome,
    server: short(record.server) ?? '',
    ip: short(record.ip) ?? '',
    userName: short(record.userName),
    query: `sha256:${sha256(Buffer.from(record.query))}`,
  }
}

/** Without what some databases keep in no text: NUL, and halves of surrogate pairs. */
function clean(text: string): string {
  return text.replaceAll('\0', '\u2400').toWellFormed()
}

function mapTexts<T>(value: T, change: (text: string) => string): T
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((one: unknown) => mapTexts(one, change))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => [name, mapTexts(one, change)]),
  )
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return maskSecrets(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return null // no UTF-8: its hash stands for it
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
