/**
 * XML for Analysis over HTTP: Excel, MSOLAP, ADOMD.NET, olap4j and all who speak SOAP to an OLAP server. Recognised by
 * the envelope in the body; binary XML by its media type, and kept unread where it could not be decoded.
 *
 * What a request leaves unsaid it has from its session (`session.ts`); how the cube is built, from metadata that passed
 * by (`model.ts`). Without either every entry is made all the same.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion, OpaqueReason } from '../../../schema/record/record.ts'
import { assertNever } from '../../../schema/record/record.ts'
import type { Exchange } from '../../exchange.ts'
import type { Adapter, Known, Part, Reading, Request } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import { binaryTransport } from '../binary/transport.ts'
import { mentionedIn, personsMentioned } from '../criteria/mentioned.ts'
import { readableStages } from '../persons/readable.ts'
import { NO_ROWS } from '../criteria/rows.ts'
import { maskSecrets } from '../entry/secrets.ts'
import type { StatementContext } from '../statement/statement.ts'
import { parameterRows } from '../statement/statement.ts'
import type { Call, Envelope, Stranger } from './call.ts'
import { claimsOf } from './claims.ts'
import { discoverPart } from './discover.ts'
import { readEnvelope } from './envelope.ts'
import { executeParts, saysSomething, sessionPart } from './execute.ts'
import { modelLessons } from './model.ts'
import { decodeReferences } from './references.ts'
import type { InSession } from './session.ts'
import { inSession, sessionLessons, withSession } from './session.ts'

export const xmla: Adapter = {
  name: 'xmla',
  read(request, rules, known) {
    if (request.text === null && binaryTransport(request.mediaType) !== null)
      return unread(request, request.failure ?? 'unreadable', null, null, rules, known)
    if (request.text === null || request.text === '') return null
    const reading = readEnvelope(request.text, request.extent !== 'whole')
    switch (reading.kind) {
      case 'foreign':
        return null
      case 'broken':
        return unread(request, reading.reason, reading.at, reading.partial, rules, known)
      case 'envelope':
        if (request.extent === 'head') return unread(request, 'too-large', null, reading.envelope, rules, known)
        if (request.extent === 'cut') return unread(request, 'unreadable', null, reading.envelope, rules, known)
        return read(request, reading.envelope, rules, known)
      default:
        return assertNever(reading)
    }
  },
}

function read(request: Request, envelope: Envelope, rules: PersonRules, known: Known): Reading {
  const own = inSession(envelope, request, known)
  const calls = envelope.calls.map((call) => ({ ...call, properties: withSession(call.properties, own.session) }))
  const claims = claimsOf(envelope, own, calls[0]?.properties ?? withSession(new Map(), own.session), request)
  const parts = calls.flatMap((call) => partsOfCall(call, own, claims.catalog, rules, known))
  const teaches = (_: unknown, exchange: Exchange) => [
    ...sessionLessons(envelope, own, statementsOf(calls), exchange),
    ...modelLessons(parts[0]?.catalog ?? claims.catalog, exchange),
  ]
  return { claims, parts: withTarget(withStrangers(parts, request, envelope, rules), request, rules), teaches }
}

function partsOfCall(call: Call, own: InSession, catalog: string | null, rules: PersonRules, known: Known): Part[] {
  const named = call.properties.get('catalog') ?? catalog
  switch (call.kind) {
    case 'discover': {
      const part = discoverPart(call, rules)
      return [{ ...part, catalog: part.catalog ?? named, cube: part.cube ?? call.properties.get('cube') ?? null }]
    }
    case 'execute': {
      const context = contextOf(call, own, named, known)
      return executeParts(call, context, rules).map((part) => ({ ...part, catalog: part.catalog ?? named }))
    }
    default:
      return assertNever(call)
  }
}

function contextOf(call: Call, own: InSession, catalog: string | null, known: Known): StatementContext {
  const cubeOf = (named: string | null): string | null => named ?? call.properties.get('cube') ?? null
  return {
    model(named) {
      const cube = cubeOf(named)
      return cube === null ? null : known.model(catalog, cube)
    },
    session: own.session?.definitions ?? [],
  }
}

const statementsOf = (calls: readonly Call[]): string[] =>
  calls.flatMap((call) =>
    call.kind === 'discover' ? [] : call.commands.flatMap((one) => (one.kind === 'statement' ? [one.text] : [])),
  )

/** Elements that are none of the protocol's are parts of their own beside a call; alone they are a request unknown to us. */
function withStrangers(parts: readonly Part[], request: Request, envelope: Envelope, rules: PersonRules): Part[] {
  const { calls, strangers, session } = envelope
  const silent = calls.every((call) => call.kind === 'execute' && !call.commands.some(saysSomething))
  if (strangers.length === 0 && silent && (session !== null || calls.length > 0)) return [sessionPart(session)]
  if (calls.length === 0) return [unreadPart(request, 'unknown-protocol', null, envelope, rules)]
  return [...parts, ...strangers.map((stranger) => strangerPart(stranger, rules)).filter(tellsSomething)]
}

/** Some clients send with one call what belongs into the other; no server reads it there. */
const OF_ANOTHER_CALL = /^<(?:[\w.-]+:)?(?:RequestType|Restrictions|Command|Parameters)[\s/>]/u

const tellsSomething = ({ query, criteria }: Part): boolean => criteria.length > 0 || !OF_ANOTHER_CALL.test(query)

function strangerPart({ xml }: Stranger, rules: PersonRules): Part {
  const query = maskSecrets(xml)
  const criteria = personsMentioned(decodeReferences(query), rules)
  const kept = { query, opaque: 'unknown-protocol', opaqueAt: null, cube: null } as const
  return { action: 'request', language: 'xmla', ...kept, ...NO_ROWS, criteria }
}

/** What stands behind the `?` of the address was sent too: persons in it are on record with the first part. */
function withTarget(parts: readonly Part[], { target }: Request, rules: PersonRules): Part[] {
  const [first, ...rest] = parts
  const at = target.indexOf('?')
  if (first === undefined || at < 0) return [...parts]
  const criteria: readonly Criterion[] = personsMentioned(readableStages(target.slice(at + 1)), rules)
  return [{ ...first, criteria: [...first.criteria, ...criteria] }, ...rest]
}

/** Kept whole; criteria are what the statements mention as far as they came, else what the text as it stands does. */
function unread(
  request: Request,
  reason: OpaqueReason,
  at: string | null,
  partial: Envelope | null,
  rules: PersonRules,
  known: Known,
): Reading {
  const parts = withTarget([unreadPart(request, reason, at, partial, rules)], request, rules)
  if (partial === null) return { claims: NO_CLAIMS, parts }
  const own = inSession(partial, request, known)
  return {
    claims: claimsOf(partial, own, withSession(partial.calls[0]?.properties ?? new Map(), own.session), request),
    parts,
  }
}

function unreadPart(
  request: Request,
  opaque: OpaqueReason,
  opaqueAt: string | null,
  partial: Envelope | null,
  rules: PersonRules,
): Part {
  const query = maskSecrets(request.kept)
  const broken = opaque !== 'too-large'
  const criteria =
    request.text === null
      ? personsMentioned(request.traces, rules)
      : mentionedInEnvelope(query, partial?.calls ?? [], broken, rules)
  return { action: 'query', language: 'xmla', query, opaque, opaqueAt, cube: null, ...NO_ROWS, criteria }
}

function mentionedInEnvelope(
  xml: string,
  calls: readonly Call[],
  broken: boolean,
  rules: PersonRules,
): Part['criteria'] {
  const known = calls.flatMap((call) =>
    call.kind === 'discover'
      ? discoverPart(call, rules).criteria
      : [
          ...call.commands.flatMap((c) => (c.kind === 'statement' ? mentionedIn(c.text, rules) : [])),
          ...parameterRows(call.parameters, rules),
        ],
  )
  // Where the XML broke within a statement, the parser has not given that statement out.
  const rest = known.length === 0 || broken ? personsMentioned(decodeReferences(xml), rules) : []
  const persons = new Set(known.map(({ person }) => person))
  return [...known, ...rest.filter(({ person }) => !persons.has(person))]
}
