import { ConfigError } from './config-error.ts'
import { readRegularFile } from './regular-file.ts'

/** What a file that holds one secret and nothing else holds. `key` of `file` names it. */
export function secretOf(path: string, key: string, file: string): string {
  try {
    return readRegularFile(path)
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .trim()
  } catch (error) {
    const mistake = { path: key, expected: 'expected a file that can be read', example: null }
    throw new ConfigError(file, [mistake], { cause: error })
  }
}
