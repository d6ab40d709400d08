/** What an interface over JSON sees of a request, and what it has to be. */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Claims, Known, Part, Reading, Request } from '../adapter.ts'
import { readable } from '../persons/readable.ts'
import { NO_ROWS } from '../criteria/rows.ts'
import { maskSecrets } from '../entry/secrets.ts'
import type { Json, MaybeJson } from './json-value.ts'

export interface Call {
  readonly method: string
  /** Of the target, percent-encoding undone; without its query. */
  readonly path: string
  /** Of the target's query. */
  readonly parameters: URLSearchParams
  /** Of a body that is a form (`application/x-www-form-urlencoded`). */
  readonly form: URLSearchParams
  /** `null`: the request has no body, or a form. */
  readonly body: Json | null
  /** The body as text; offsets in `body` are its. */
  readonly text: string
  readonly request: Request
  readonly rules: PersonRules
  readonly known: Known
}

export interface JsonApi {
  readonly name: string
  /**
   * What the address alone tells, where it is one of this interface's; else `null`. Asked where the body cannot be read
   * or does not have to be: the entry then says whose it is all the same.
   */
  address(path: string): Claims | null
  /** `null`: not my interface. Persons it leaves out are found by whoever calls it. */
  read(call: Call): Reading | null
}

/** `null` for a request whose body is neither JSON, nor a form, nor empty. */
export function bodyOf({ text, mediaType }: Request): 'json' | 'form' | 'empty' | null {
  if (text === null) return null
  if (/^[\s\ufeff]*[[{]/.test(text)) return 'json'
  if (text.trim() === '') return 'empty'
  return mediaType === 'application/x-www-form-urlencoded' ? 'form' : null
}

export function callOf(request: Request, body: Json | null, rules: PersonRules, known: Known): Call {
  const { method, target } = request
  const [before = '', ...query] = target.split('#', 1)[0]?.split('?') ?? []
  const form = bodyOf(request) === 'form' ? (request.text ?? '') : ''
  return {
    method: method.toUpperCase(),
    // A server behind a full URL as target (RFC 9112 section 3.2.2 "absolute-form") sees its path only.
    path: readable(before.replaceAll('+', '%2B').replace(/^https?:\/\/[^/]*/i, '')),
    parameters: new URLSearchParams(query.join('?')),
    form: new URLSearchParams(form),
    body,
    text: request.text ?? '',
    request,
    rules,
    known,
  }
}

/** The request as it is kept where it is one query: its body, readable; or its target where that says all. */
export function queryText({ text, request }: Call): string {
  if (text.trim() === '') return maskSecrets(`${request.method} ${request.target}`)
  return maskSecrets(bodyOf(request) === 'form' ? readable(text) : text)
}

/**
 * The text of each of several queries in one body. What stands before, between and behind them belongs to some part, so
 * that the whole text is kept.
 */
export function slicesOf(text: string, nodes: readonly MaybeJson[]): string[] {
  const starts = nodes.map((node) => (node?.kind === 'object' || node?.kind === 'list' ? node.start : null))
  return nodes.map((_, i) => maskSecrets(text.slice(i === 0 ? 0 : (starts[i] ?? 0), starts[i + 1] ?? undefined)))
}

/** A part that is understood and asks in JSON. */
export function jsonPart(query: string, part: Partial<Part>): Part {
  const common = { action: 'query' as const, language: 'json', query, opaque: null, opaqueAt: null, cube: null }
  return { ...common, ...NO_ROWS, ...part }
}
