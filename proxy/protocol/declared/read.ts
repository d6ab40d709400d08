/** Reads one request by one mapping: does it fit, and if so, what does it ask? */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Claims, Part, Reading, Request } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import type { Found } from '../json/sweep.ts'
import { sqlPart } from '../json/sql.ts'
import { withMentions } from '../json/sweep.ts'
import { matchesWildcards } from '../entry/module-rule.ts'
import { NO_ROWS } from '../criteria/rows.ts'
import { maskSecrets } from '../entry/secrets.ts'
import { partsOf } from '../statement/statement.ts'
import type { CompiledMapping } from './compile.ts'
import type { Documents } from './documents.ts'
import { readBody } from './documents.ts'
import { find } from './find.ts'
import { DocumentError } from './limits.ts'
import { mappedRows } from './mapped-rows.ts'
import type { Item } from './path.ts'
import { sourceOf, textsOf } from './path.ts'
import type { Trace } from './scope.ts'
import { Scope } from './scope.ts'
import { openIn } from './open.ts'
import { escapedXml } from './xml-node.ts'
import { personsOf } from './sweep.ts'

export type MappedReading =
  /** Another interface's; `because` is the part of `match` that does not fit. */
  | { readonly kind: 'foreign'; readonly because: 'method' | 'path' | 'contentType' | 'body' | 'node' | 'equals' }
  | {
      readonly kind: 'read'
      readonly reading: Reading
      readonly trace: Trace
      /** Every person in the request, wherever it stands. */
      readonly persons: readonly Found[]
    }

const NOTHING_TRACED: Trace = { hits: new Map(), misses: [] }

/** Never throws but for faults of its own. */
export function readMapped(compiled: CompiledMapping, request: Request, rules: PersonRules): MappedReading {
  const { mapping, match } = compiled
  if (match.method !== undefined && match.method !== request.method) return { kind: 'foreign', because: 'method' }
  if (!fits(pathOf(request.target), match.path)) return { kind: 'foreign', because: 'path' }
  if (!fits(request.mediaType, match.contentType)) return { kind: 'foreign', because: 'contentType' }
  // The first steps of a log-in, and what a WebSocket's server says unasked, have no body and ask nothing.
  if (request.text === '' && mapping.body !== 'target') return { kind: 'foreign', because: 'body' }
  const body = read(() => bodyOf(compiled, request))
  if (body instanceof DocumentError) {
    // What a node would have decided cannot be told: some other interface's, or nobody's, and kept whole all the same.
    if (match.node !== null) return { kind: 'foreign', because: 'body' }
    return unread(request, mapping.body, body, null, NO_CLAIMS, rules)
  }
  const node = nodeOf(compiled, body)
  if (node !== null) return { kind: 'foreign', because: node }
  const scope = new Scope(compiled, request, body)
  const reading = read(() => readingOf(compiled, scope, request, rules))
  if (reading instanceof DocumentError) {
    const claims = read(() => claimsOf(compiled, scope))
    return unread(request, mapping.body, reading, scope, claims instanceof DocumentError ? NO_CLAIMS : claims, rules)
  }
  const persons = personsOf(request, body, rules)
  return { kind: 'read', reading: withMentions(reading, persons), trace: scope, persons }
}

const pathOf = (target: string): string => target.split(/[?#]/, 1)[0] ?? ''

const fits = (text: string, pattern: string | undefined): boolean =>
  pattern === undefined || matchesWildcards(text.toLowerCase(), pattern.toLowerCase())

function read<T>(attempt: () => T): T | DocumentError {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof DocumentError) return error
    throw error
  }
}

function bodyOf({ mapping }: CompiledMapping, request: Request): Documents {
  if (mapping.body !== 'target' && request.text === null) throw new DocumentError('unreadable')
  return readBody(mapping.body, request)
}

/** Which part of the rule about a node does not fit; `null` when all does. */
function nodeOf({ match: { node, equals } }: CompiledMapping, documents: Documents): 'node' | 'equals' | null {
  if (node === null) return null
  const items = read(() => find(node, documents, null))
  if (items instanceof DocumentError || items.length === 0) return 'node'
  return equals === undefined || items.some((item) => textsOf(item).includes(equals)) ? null : 'equals'
}

/** Kept whole, with the reason, and everybody it mentions. */
function unread(
  request: Request,
  kind: CompiledMapping['mapping']['body'],
  { reason, at }: DocumentError,
  scope: Scope | null,
  claims: Claims,
  rules: PersonRules,
): MappedReading {
  const opaque = request.failure ?? (request.extent === 'head' ? 'too-large' : reason)
  const part = { ...partAbout(bodyText(request), kind), opaque, opaqueAt: at }
  const parts = withoutSecrets([part], scope?.secrets ?? new Set())
  const persons = personsOf(request, scope?.documents ?? null, rules)
  const trace = scope ?? NOTHING_TRACED
  return { kind: 'read', reading: withMentions({ claims, parts }, persons), trace, persons }
}

function partAbout(query: string, kind: CompiledMapping['mapping']['body']): Part {
  const language = kind === 'xml' ? 'xml' : 'json'
  return { action: 'query', language, query, opaque: null, opaqueAt: null, cube: null, ...NO_ROWS }
}

/** The request whole; one without a body says all in its target. */
function bodyText({ method, target, kept }: Request): string {
  return maskSecrets(kept === '' ? `${method} ${target}` : kept)
}

function readingOf(compiled: CompiledMapping, scope: Scope, request: Request, rules: PersonRules): Reading {
  for (const opening of compiled.open) {
    const opened = openIn(scope.documents, opening)
    scope.hit(opening.place, opened)
    if (opened === 0 && opening.required) scope.miss(opening.place)
  }
  const queries = scope.each(compiled.queries, 'queries', null)
  if (queries.length === 0) scope.miss('queries')
  const claims = claimsOf(compiled, scope)
  const items = queries.length === 0 ? [null] : queries
  const parts = items.flatMap((item, i) => partsAt(compiled, scope, item, i === 0, request, rules))
  const kept = withoutSecrets(parts, scope.secrets)
  return { claims, parts: request.extent === 'whole' ? kept : kept.map(cutShort) }
}

/** Replaces them as they stand in XML and in JSON, too. */
function withoutSecrets(parts: readonly Part[], secrets: ReadonlySet<string>): readonly Part[] {
  const forms = [...secrets].flatMap((text) => [text, escapedXml(text), JSON.stringify(text).slice(1, -1)])
  if (forms.length === 0) return parts
  return parts.map((part) => ({
    ...part,
    query: forms.reduce((query, form) => query.replaceAll(form, '…'), part.query),
  }))
}

/** A body that ends early can still be well formed, as a form is; what it would have gone on to ask nobody knows. */
function cutShort(part: Part): Part {
  return { ...part, opaque: part.opaque ?? 'unreadable' }
}

/**
 * The parts of one query. What was promised and is missing marks the entry; it is then kept as the body whole, beside
 * all that was found.
 */
function partsAt(
  compiled: CompiledMapping,
  scope: Scope,
  item: Item | null,
  isFirst: boolean,
  request: Request,
  rules: PersonRules,
): Part[] {
  const before = isFirst ? 0 : scope.missed
  const cube = scope.one(compiled.claims.cube, item)
  const rows = mappedRows(compiled, scope, item, rules)
  const [first, ...rest] = statementParts(compiled, scope, item, rules) ?? [
    partAbout(isFirst || item === null ? bodyText(request) : maskSecrets(sourceOf(item)), compiled.mapping.body),
  ]
  if (first === undefined) return []
  const part: Part = {
    ...first,
    action: compiled.mapping.action ?? first.action,
    cube: first.cube ?? cube,
    criteria: [...first.criteria, ...rows.criteria],
    dimensions: [...first.dimensions, ...rows.dimensions],
    measures: [...first.measures, ...rows.measures],
  }
  if (scope.missed === before) return [part, ...rest]
  const misfit = { opaque: 'misfit' as const, opaqueAt: scope.misses[before] ?? scope.misses.at(-1) ?? null }
  return [{ ...part, ...(isFirst && { query: bodyText(request) }), ...misfit }, ...rest]
}

function statementParts(
  { statement, mapping }: CompiledMapping,
  scope: Scope,
  item: Item | null,
  rules: PersonRules,
): Part[] | null {
  const text = scope.one(statement, item)?.trim()
  if (text === undefined || text === '') return null
  return mapping.statement?.language === 'sql' ? [sqlPart(text, [], rules)] : partsOf(text, new Map(), rules)
}

function claimsOf({ claims, mapping }: CompiledMapping, scope: Scope): Claims {
  const user = scope.one(claims.user, null)
  const trust = typeof mapping.user === 'object' && mapping.user.trust === 'body' ? mapping.user : null
  return {
    ...NO_CLAIMS,
    catalog: scope.one(claims.catalog, null),
    application: scope.one(claims.application, null),
    report: scope.one(claims.report, null),
    sessionId: scope.one(claims.session, null),
    correlationId: scope.one(claims.correlation, null),
    effectiveUser: user,
    module: scope.one(claims.module, null),
    believed: trust === null || user === null ? null : { from: trust.accounts ?? [] },
  }
}
