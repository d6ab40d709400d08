import { Ajv } from 'ajv'
import { ConfigError } from './config-error.ts'
import { mistakesOf, readJson } from './checked-json.ts'
import type { Mapping, MappingFile } from './mapping.ts'
import schema from './mapping.schema.json' with { type: 'json' }

const ajv = new Ajv({ allErrors: true, strict: true, allowUnionTypes: true, strictRequired: false, verbose: true })
const check = ajv.compile<Mapping>(schema)

/**
 * Reads a declared mapping and checks its form. Whether its paths can be read is found where they are compiled
 * (`proxy/protocol/declared`), which the start of the proxy does before it listens.
 *
 * @throws ConfigError naming every mistake
 */
export function loadMapping(file: string): MappingFile {
  const mapping = readJson(file)
  if (check(mapping)) return { file, mapping }
  throw new ConfigError(file, mistakesOf(check.errors ?? []))
}
