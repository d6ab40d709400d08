import { ConfigError } from '../../schema/config/config-error.ts'
import type { MappingFile } from '../../schema/config/mapping.ts'
import { MappingError, declaredAdapters } from '../protocol/declared/declared.ts'

/**
 * `mappings`, every path of which can be used: checked before the first request, not at it.
 *
 * @throws ConfigError naming the file, and each place with what was expected there
 */
export function usableMappings(mappings: readonly MappingFile[]): readonly MappingFile[] {
  try {
    declaredAdapters(mappings)
    return mappings
  } catch (error) {
    if (!(error instanceof MappingError)) throw error
    const mistakes = error.mistakes.map((mistake) => ({ ...mistake, example: null }))
    throw new ConfigError(error.file, mistakes, { cause: error })
  }
}
