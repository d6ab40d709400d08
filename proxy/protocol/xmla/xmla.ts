/**
 * XML for Analysis over HTTP: Excel, MSOLAP, ADOMD.NET, olap4j and all who speak SOAP to an OLAP server. Recognised by
 * the envelope in the body; binary XML by its media type, and kept unread.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { OpaqueReason } from '../../../schema/record/record.ts'
import { assertNever } from '../../../schema/record/record.ts'
import type { Adapter, Claims, Part, Reading, Request } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import { binaryTransport } from '../binary/transport.ts'
import { mentionedIn, personsMentioned } from '../mentioned.ts'
import { NO_ROWS } from '../rows.ts'
import { maskSecrets } from '../secrets.ts'
import type { Call, Envelope, Properties } from './call.ts'
import { discoverPart } from './discover.ts'
import { readEnvelope } from './envelope.ts'
import { executeParts, sessionPart } from './execute.ts'
import { parameterRows } from '../statement.ts'
import { reportOf } from './report.ts'

export const xmla: Adapter = {
  name: 'xmla',
  read(request, rules) {
    if (request.text === null && binaryTransport(request.mediaType) !== null)
      return unread(request, request.failure ?? 'unreadable', null, null, rules)
    if (request.text === null || request.text === '') return null
    const reading = readEnvelope(request.text, request.extent !== 'whole')
    switch (reading.kind) {
      case 'foreign':
        return null
      case 'broken':
        return unread(request, reading.reason, reading.at, reading.partial, rules)
      case 'envelope':
        if (request.extent === 'head') return unread(request, 'too-large', null, reading.envelope, rules)
        if (request.extent === 'cut') return unread(request, 'unreadable', null, reading.envelope, rules)
        return read(request, reading.envelope, rules)
      default:
        return assertNever(reading)
    }
  },
}

function read(request: Request, envelope: Envelope, rules: PersonRules): Reading {
  const parts = envelope.calls.flatMap((call) => partsOfCall(call, envelope, rules))
  const claims = claimsOf(envelope)
  if (parts.length > 0) return { claims, parts }
  if (envelope.session !== null && envelope.others.length === 0)
    return { claims, parts: [sessionPart(envelope.session)] }
  return { claims, parts: [unreadPart(request, 'unknown-protocol', null, envelope, rules)] }
}

function partsOfCall(call: Call, envelope: Envelope, rules: PersonRules): Part[] {
  const catalog = call.properties.get('catalog') ?? null
  switch (call.kind) {
    case 'discover': {
      const part = discoverPart(call, rules)
      return [{ ...part, catalog: part.catalog ?? catalog, cube: part.cube ?? call.properties.get('cube') ?? null }]
    }
    case 'execute':
      return executeParts(call, envelope.session, rules).map((part) => ({ ...part, catalog }))
    default:
      return assertNever(call)
  }
}

/** Kept whole; criteria are what the statements mention as far as they came, else what the text as it stands does. */
function unread(
  request: Request,
  reason: OpaqueReason,
  at: string | null,
  partial: Envelope | null,
  rules: PersonRules,
): Reading {
  const claims = partial === null ? NO_CLAIMS : claimsOf(partial)
  return { claims, parts: [unreadPart(request, reason, at, partial, rules)] }
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
  const criteria = request.text === null ? [] : mentionedInEnvelope(query, partial?.calls ?? [], broken, rules)
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
  const rest = known.length === 0 || broken ? personsMentioned(unescapeXml(xml), rules) : []
  const persons = new Set(known.map(({ person }) => person))
  return [...known, ...rest.filter(({ person }) => !persons.has(person))]
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** Roughly: enough to find names in XML that no parser takes. */
function unescapeXml(xml: string): string {
  return xml.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '')
}

function claimsOf(envelope: Envelope): Claims {
  const properties: Properties = envelope.calls[0]?.properties ?? new Map<string, string>()
  const property = (...names: readonly string[]): string | null => {
    const name = names.find((name) => properties.has(name))
    return name === undefined ? null : (properties.get(name) ?? null)
  }
  return {
    catalog: property('catalog'),
    application: property('sspropinitappname'),
    report: reportOf(property('applicationcontext')),
    sessionId: envelope.sessionId,
    correlationId: property('dbpropmsmdactivityid', 'dbpropmsmdcurrentactivityid', 'dbpropmsmdrequestid'),
    effectiveUser: property('effectiveusername') ?? envelope.securityUser,
    effectiveRoles: property('roles', 'effectiveroles'),
    customData: property('customdata'),
  }
}
