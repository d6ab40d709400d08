/**
 * Declared mappings: proprietary XML or JSON read by a file that a person has written from their own traffic
 * (docs/mappings.md), because no public text describes it.
 *
 * Invariants. A request that fits is never dropped: what cannot be read, costs too much, or lacks what the mapping
 * promised is recorded whole, with the reason. Persons are found in all of it, also where the mapping does not look. The
 * document is hostile and the mapping is not: every size, depth and cost is bounded by the document's length.
 *
 * The form of a mapping and its schema stand in `schema/config`, for the configuration is checked there; the answer is
 * read by the generic reader, which does not know the question.
 */
import type { MappingFile } from '../../../schema/config/mapping.ts'
import type { Adapter } from '../adapter.ts'
import type { CompiledMapping, MappingMistake } from './compile.ts'
import { compileMapping } from './compile.ts'
import { readMapped } from './read.ts'

export type { CompiledMapping, MappingMistake } from './compile.ts'
export type { MappedReading } from './read.ts'
export { compileMapping } from './compile.ts'
export { readMapped } from './read.ts'

/** A mapping whose paths cannot be used. The start of the proxy has found it before the first request. */
export class MappingError extends Error {
  override readonly name = 'MappingError'
  readonly code = 'MAPPING_INVALID'
  readonly file: string
  readonly mistakes: readonly MappingMistake[]

  constructor(file: string, mistakes: readonly MappingMistake[]) {
    super(`${file}: ${mistakes.map(({ path, expected }) => `${path}: ${expected}`).join('; ')}`)
    this.file = file
    this.mistakes = mistakes
  }
}

export interface DeclaredAdapter extends Adapter {
  readonly file: string
  readonly compiled: CompiledMapping
}

/** Compiled once for each list of settings: a thread has one. */
const compiled = new WeakMap<readonly MappingFile[], readonly DeclaredAdapter[]>()

/**
 * The adapters that `mappings` make.
 *
 * @throws MappingError
 */
export function declaredAdapters(mappings: readonly MappingFile[]): readonly DeclaredAdapter[] {
  const known = compiled.get(mappings)
  if (known !== undefined) return known
  const adapters = mappings.map(adapterOf)
  compiled.set(mappings, adapters)
  return adapters
}

function adapterOf({ file, mapping }: MappingFile): DeclaredAdapter {
  const result = compileMapping(mapping)
  if (result.kind === 'mistaken') throw new MappingError(file, result.mistakes)
  return {
    name: mapping.name,
    file,
    compiled: result.mapping,
    read(request, rules) {
      const read = readMapped(result.mapping, request, rules)
      return read.kind === 'foreign' ? null : read.reading
    },
  }
}
