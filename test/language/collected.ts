/** Queries collected from public sources. They lie beside the project, not in it: they are not ours to copy. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const CORPUS = join(import.meta.dirname, '../../../shared/corpus')

/** Why tests of collected queries are left out, said aloud once; `false` where they can run. */
export const skip = existsSync(CORPUS) ? false : `no corpus at ${CORPUS}`
if (skip !== false) console.log(`SKIPPED: ${skip}`)

export interface Collected {
  readonly id: string
  readonly text: string
  readonly balanced?: boolean
}

export function lines(file: string): readonly unknown[] {
  const text = readFileSync(join(CORPUS, file), 'utf8').trimEnd()
  return text.split('\n').map((line) => JSON.parse(line))
}

export const collected = (file: string): readonly Collected[] => lines(file) as readonly Collected[]
