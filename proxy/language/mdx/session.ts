import { STATEMENT_LIMITS, StatementLimitError, StatementSyntaxError } from '../syntax-error.ts'
import { TokenPurse } from '../token-purse.ts'
import type { Definition, Path, Statement } from './ast.ts'
import { MdxParser } from './parser.ts'
import { pathOf } from './path-name.ts'
import { bare } from './wording.ts'

/**
 * What earlier statements of a session defined: members and sets that later queries use by name alone, so that a person
 * may stand behind a name whose formula came an hour before.
 *
 * The list of texts is kept by whoever keeps the session. Nothing here throws: a text that cannot be read defines
 * nothing. Each text is parsed once and its tree kept, within bounds, since every query of the session needs it.
 */

/** One text for each definition, oldest first; the oldest are dropped beyond these. */
export const MAX_SESSION_DEFINITIONS = 500
export const MAX_SESSION_LENGTH = 1024 * 1024

/** A definition of CREATE, which may name its cube: `[Borger].[Measures].[X]`; `CURRENTCUBE` is whichever it is. */
export interface Created {
  readonly cube: string | null
  readonly definition: Definition
}

/** The list after `text`: what it creates is added, in place of what bore the name, and what it drops is gone. */
export function sessionDefinitions(text: string, before: readonly string[]): readonly string[] {
  if (!MAY_DEFINE.test(text)) return before
  // By what each defines alone, in the order they came; so that many in one text cost no more than each by itself.
  const list = new Map(before.map((known, i) => [onlyKey(known) ?? `several ${i}`, known]))
  for (const { body, start, end } of statementsOf(text)) {
    if (body.kind === 'create') {
      const names = body.definitions.map((definition) => keyOf(createdBy(definition)))
      for (const name of names) list.delete(name)
      list.set(names.length === 1 ? (names[0] ?? '') : `several at ${start}`, text.slice(start, end))
    } else if (body.kind === 'command' && body.words[0] === 'DROP') {
      for (const part of body.parts) if (part.kind === 'path') list.delete(droppedKey(part))
    }
  }
  return bounded([...list.values()])
}

const MAY_DEFINE = /create|drop/i

/** What the session adds to a query of `cube`, the latest first. */
export function definitionsFor(session: readonly string[], cube: string | null): readonly Definition[] {
  const wanted = cube?.toLowerCase()
  return session
    .toReversed()
    .flatMap(createdIn)
    .filter(({ cube: own }) => own === null || wanted === undefined || own.toLowerCase() === wanted)
    .map(({ definition }) => definition)
}

/** The definition under its own name, without the cube that stands before it. */
export function createdBy(definition: Definition): Created {
  const [first, ...rest] = definition.name.segments
  const hasCube = first !== undefined && rest.length > (definition.kind === 'member' ? 1 : 0)
  if (!hasCube) return { cube: null, definition }
  const cube = first.text.toUpperCase() === 'CURRENTCUBE' ? null : bare(first.text)
  return { cube, definition: { ...definition, name: pathOf(rest) } }
}

const keyOf = ({ cube, definition }: Created): string => `${cube?.toLowerCase() ?? ''}\n${definition.name.name.key}`

/** DROP MEMBER and DROP SET name the cube as CREATE did. */
function droppedKey(path: Path): string {
  const [first, ...rest] = path.segments
  if (first === undefined || rest.length === 0) return `\n${path.name.key}`
  const cube = first.text.toUpperCase() === 'CURRENTCUBE' ? '' : bare(first.text).toLowerCase()
  return `${cube}\n${pathOf(rest).name.key}`
}

/** What `text` defines, where that is one thing: a text of several stays whole, and what of it was dropped does no harm. */
function onlyKey(text: string): string | null {
  const [only, ...others] = createdIn(text)
  return only === undefined || others.length > 0 ? null : keyOf(only)
}

function bounded(list: readonly string[]): readonly string[] {
  let from = Math.max(0, list.length - MAX_SESSION_DEFINITIONS)
  let length = list.slice(from).reduce((sum, text) => sum + text.length, 0)
  for (; length > MAX_SESSION_LENGTH; from++) length -= list[from]?.length ?? 0
  return list.slice(from)
}

function statementsOf(text: string): readonly Statement[] {
  try {
    return new MdxParser(text, new TokenPurse(STATEMENT_LIMITS)).statements()
  } catch (error) {
    if (error instanceof StatementSyntaxError || error instanceof StatementLimitError) return []
    throw error
  }
}

const parsed = new Map<string, readonly Created[]>()
let parsedLength = 0

function createdIn(text: string): readonly Created[] {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const created = statementsOf(text).flatMap(({ body }) =>
    body.kind === 'create' ? body.definitions.map(createdBy) : [],
  )
  if (parsedLength + text.length > MAX_PARSED_LENGTH) {
    parsed.clear()
    parsedLength = 0
  }
  parsed.set(text, created)
  parsedLength += text.length
  return created
}

/** Trees are some ten times as large as their texts. */
const MAX_PARSED_LENGTH = 2 * MAX_SESSION_LENGTH
