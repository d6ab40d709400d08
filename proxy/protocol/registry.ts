import type { Adapter } from './adapter.ts'
import type { MappingFile } from '../../schema/config/mapping.ts'
import { declaredAdapters } from './declared/declared.ts'
import { json } from './json/json.ts'
import { xmla } from './xmla/xmla.ts'

/** The operator's mappings first, then what is known by itself. */
export function adaptersFor(mappings: readonly MappingFile[]): readonly Adapter[] {
  return mappings.length === 0 ? ADAPTERS : [...declaredAdapters(mappings), ...ADAPTERS]
}

/** Asked in this order; the first that knows the request reads it, and `unknown/any-request.ts` reads what none knows. */
export const ADAPTERS: readonly Adapter[] = [xmla, json]
