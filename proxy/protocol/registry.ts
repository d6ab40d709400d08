import type { Adapter } from './adapter.ts'
import { json } from './json/json.ts'
import { xmla } from './xmla/xmla.ts'

/** Asked in this order; the first that knows the request reads it, and `any-request.ts` reads what none knows. */
export const ADAPTERS: readonly Adapter[] = [xmla, json]
