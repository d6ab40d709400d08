/**
 * JSONPath (RFC 9535) by the package `json-p3`, less what could cost more than the document is long: regular expressions
 * (`match`, `search`), a second descent (`..`), and filters that go back to the document (`$` inside `[?…]`).
 */
import { JSONPathEnvironment, JSONPathError } from 'json-p3'
import { MAX_DEPTH } from './limits.ts'
import { PathError } from './x-path.ts'

export interface JsonFound {
  readonly kind: 'json'
  readonly value: Json
  /** From the value the path was asked of. */
  readonly location: readonly (string | number)[]
}

/** JSON as plain values. */
export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** Documents within documents add up to no more than this. */
const environment = new JSONPathEnvironment({ maxRecursionDepth: MAX_DEPTH * 10 })
for (const name of ['match', 'search']) environment.functionRegister.delete(name)

/** JSONPath begins with `$`, or with `@` for the item at hand; an XPath's `@` has a name behind it. */
export const isJsonPath = (text: string): boolean => /^[$@](?:$|[.[])/.test(text)

/**
 * Compiles `text`.
 *
 * @throws PathError
 */
export function compileJsonPath(text: string): (from: Json) => readonly JsonFound[] {
  const bare = text.replaceAll(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, '')
  if (bare.split('..').length > 2) throw new PathError('expected .. at most once in a path')
  if (bare.indexOf('$', 1) > 0) throw new PathError('expected @ inside a filter, not $')
  const query = compile(`$${text.slice(1)}`)
  return (from) => {
    const nodes = query.query(from).nodes
    return nodes.map((node): JsonFound => ({ kind: 'json', value: node.value as Json, location: node.location }))
  }
}

function compile(text: string) {
  try {
    return environment.compile(text)
  } catch (error) {
    const detail = error instanceof JSONPathError ? `: ${error.message}` : ''
    throw new PathError(`expected a JSONPath (RFC 9535)${detail}`)
  }
}
