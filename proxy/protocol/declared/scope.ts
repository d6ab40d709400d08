/** What one request is asked with: its documents, the item at hand, and a note of what was found where. */
import { createHash } from 'node:crypto'
import { assertNever } from '../../../schema/record/record.ts'
import type { Request } from '../adapter.ts'
import { header } from '../request/headers.ts'
import type { CompiledLookup, CompiledMapping, CompiledValue } from './compile.ts'
import type { Documents } from './documents.ts'
import { queryOf } from './documents.ts'
import { find } from './find.ts'
import { DocumentError, MAX_ROWS } from './limits.ts'
import type { Item, Path } from './path.ts'
import { textsOf } from './path.ts'
import { unwrap } from './unwrap.ts'

/** What a mapping met: how often each place had something, and where something was promised and missing. */
export interface Trace {
  readonly hits: ReadonlyMap<string, number>
  readonly misses: readonly string[]
}

interface Texts {
  readonly all: readonly string[]
  readonly first: string | null
}

/** Anything shorter lets nobody in, and may stand anywhere in a text by chance. */
const MIN_SECRET = 6

/** Misses beyond this many say nothing more. */
const MAX_MISSES = 100

export class Scope implements Trace {
  readonly hits = new Map<string, number>()
  readonly misses: string[] = []
  /** What is recorded as a hash only, and must not stand in the text that is kept. */
  readonly secrets = new Set<string>()
  readonly documents: Documents
  readonly #compiled: CompiledMapping
  readonly #request: Request
  readonly #kept = new Map<CompiledValue, Texts>()
  readonly #tables = new Map<string, ReadonlyMap<string, string>>()

  constructor(compiled: CompiledMapping, request: Request, documents: Documents) {
    this.#compiled = compiled
    this.#request = request
    this.documents = documents
  }

  hit(place: string, count: number): void {
    this.hits.set(place, (this.hits.get(place) ?? 0) + count)
  }

  /** How often something was missing, also beyond what is listed. */
  missed = 0

  miss(place: string): void {
    this.missed += 1
    if (this.misses.length < MAX_MISSES) this.misses.push(place)
  }

  /** The items that `path` leads to, noted at `place`; the item at hand where there is no path. */
  each(path: Path | null, place: string, item: Item | null): readonly (Item | null)[] {
    if (path === null) return [item]
    const items = find(path, this.documents, item)
    this.hit(place, items.length)
    return items
  }

  /** Every text of `value`, seen from `item`; noted as missing where it was promised. */
  all(value: CompiledValue | null, item: Item | null): readonly string[] {
    return value === null ? [] : this.#texts(value, item).all
  }

  /** The first that is not empty. */
  one(value: CompiledValue | null | undefined, item: Item | null): string | null {
    return value === null || value === undefined ? null : this.#texts(value, item).first
  }

  /** What does not depend on the item is worked out once, however many items there are. */
  #texts(value: CompiledValue, item: Item | null): Texts {
    const { source } = value
    const alone = source.kind !== 'path' || source.path.absolute || item?.kind !== source.path.kind
    const kept = alone ? this.#kept.get(value) : undefined
    if (kept !== undefined) return kept
    const all = this.#textsAnew(value, item)
    const texts = { all, first: all.find((text) => text !== '') ?? null }
    if (alone) this.#kept.set(value, texts)
    return texts
  }

  #textsAnew(value: CompiledValue, item: Item | null): readonly string[] {
    const { place, split, lookup } = value
    const raw = this.#raw(value, item)
    this.hit(place, raw.length)
    if (raw.length === 0 && value.required) this.miss(place)
    const whole = raw.map((text) => unwrap(text, value.undo, this.documents.purse))
    const texts = split === null ? whole : whole.flatMap((text) => pieces(text, split))
    const named = lookup === null ? texts : texts.map((text) => this.#lookUp(text, lookup, place))
    if (!value.hash) return named
    for (const text of named) if (text.length >= MIN_SECRET) this.secrets.add(text)
    return named.map(hashed)
  }

  #raw({ source }: CompiledValue, item: Item | null): readonly string[] {
    switch (source.kind) {
      case 'constant':
        return [source.text]
      case 'header': {
        const text = header(this.#request.headers, source.name)
        return text === null ? [] : [text]
      }
      case 'parameter':
        return new URLSearchParams(queryOf(this.#request.target)).getAll(source.name)
      case 'path':
        return find(source.path, this.documents, item).flatMap(textsOf)
      default:
        return assertNever(source)
    }
  }

  /** A code that no table knows stays as it is, and is told. */
  #lookUp(text: string, name: string, place: string): string {
    const table = this.#tables.get(name) ?? this.#tableOf(name)
    const found = table.get(text)
    if (found === undefined && text !== '') this.miss(place)
    return found ?? text
  }

  #tableOf(name: string): ReadonlyMap<string, string> {
    const lookup = this.#compiled.lookups.get(name)
    const table = lookup === undefined ? new Map<string, string>() : this.#lines(lookup)
    this.#tables.set(name, table)
    return table
  }

  /** The first line of a code counts; lines of the document go before what is known beforehand. */
  #lines(lookup: CompiledLookup): ReadonlyMap<string, string> {
    if (lookup.kind === 'table') return lookup.table
    const table = new Map<string, string>()
    for (const item of this.each(lookup.each, lookup.place, null)) {
      const [key, value] = [this.one(lookup.key, item), this.one(lookup.value, item)]
      if (key !== null && value !== null && !table.has(key)) table.set(key, value)
    }
    for (const [key, value] of lookup.table) if (!table.has(key)) table.set(key, value)
    return table
  }
}

/** @throws DocumentError where there are more than one entry can have rows */
function pieces(text: string, separator: string): readonly string[] {
  const found = text.split(separator, MAX_ROWS + 1)
  if (found.length > MAX_ROWS) throw new DocumentError('limits')
  return found.map((piece) => piece.trim())
}

const hashed = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
