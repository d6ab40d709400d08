/**
 * Tries one exchange: what would be recorded of it, who read it, and what a mapping made of it. What a person who writes
 * a mapping looks at, again and again, until nothing is missing.
 */
import type { PersonNumber } from '../../schema/record/ids.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { createAnswerReader } from '../answer/answer-threads.ts'
import type { Exchange } from '../exchange.ts'
import type { MappedReading } from '../protocol/declared/declared.ts'
import { declaredAdapters, readMapped } from '../protocol/declared/declared.ts'
import { interpret } from '../protocol/interpret.ts'
import type { InterpretSettings } from '../protocol/interpret.ts'
import { adaptersFor } from '../protocol/registry.ts'
import { requestOf } from '../protocol/request/request.ts'
import { personRulesAt } from '../protocol/settings.ts'
import type { ExchangeFiles } from './exchange-files.ts'
import { exchangeOf, factsOf, triedNow } from './exchange.ts'

/** What one mapping made of the request. */
export interface MappingReport {
  readonly name: string
  readonly file: string
  /** The part of `match` that does not fit; `null`: all does. */
  readonly foreign: Extract<MappedReading, { kind: 'foreign' }>['because'] | null
  /** Places of the mapping where this request had nothing. */
  readonly unmatched: readonly string[]
  /** Places that promised something, and had nothing: the entry says so. */
  readonly missing: readonly string[]
}

export interface Trial {
  /** Name of the mapping or adapter; `null`: nobody knows this interface. */
  readonly readBy: string | null
  readonly mappings: readonly MappingReport[]
  readonly records: readonly QueryRecord[]
  /** Persons in the request that no criterion of a named attribute holds: the mapping does not reach them. */
  readonly personsBeside: readonly PersonNumber[]
}

export async function tryExchange(files: ExchangeFiles, settings: InterpretSettings, nowMs: number): Promise<Trial> {
  const exchange = await readAnswered(files, settings, nowMs)
  const request = requestOf(exchange.asked)
  const rules = personRulesAt(settings.persons, exchange.asked.askedAt)
  const mappings = settings.mappings ?? []
  const reports = declaredAdapters(mappings).map(({ name, file, compiled }) => {
    return { name, file, ...reportOf(readMapped(compiled, request, rules), compiled.places) }
  })
  const nothingKnown = { session: () => null, model: () => null }
  const reader = adaptersFor(mappings).find((adapter) => adapter.read(request, rules, nothingKnown) !== null)
  const { records } = interpret(exchange, settings)
  return { readBy: reader?.name ?? null, mappings: reports, records, personsBeside: personsBeside(records) }
}

/** The exchange with what the real reader of answers finds in its answer. */
async function readAnswered(files: ExchangeFiles, settings: InterpretSettings, nowMs: number): Promise<Exchange> {
  const { request, response } = files
  const answers = createAnswerReader({ persons: settings.persons })
  try {
    const facts = response === null ? null : await factsOf(response, answers.readAnswer)
    return exchangeOf(request, response, facts, triedNow(nowMs))
  } finally {
    await answers.close()
  }
}

function reportOf(
  reading: MappedReading,
  places: readonly string[],
): Pick<MappingReport, 'foreign' | 'unmatched' | 'missing'> {
  if (reading.kind === 'foreign') return { foreign: reading.because, unmatched: [], missing: [] }
  const { hits, misses } = reading.trace
  const unmatched = places.filter((place) => (hits.get(place) ?? 0) === 0 && place !== 'match.node')
  return { foreign: null, unmatched, missing: [...new Set(misses)] }
}

function personsBeside(records: readonly QueryRecord[]): PersonNumber[] {
  const criteria = records.flatMap((record) => record.criteria)
  const beside = criteria.filter(({ originClause }) => originClause === 'mentioned').map(({ person }) => person)
  return [...new Set(beside)].filter((person) => person !== null)
}
