/**
 * Where journals lie (docs/decisions/0017-workers.md). One process keeps its journal in `proxy.journal` itself; of several,
 * each keeps one in a folder below. When their number has changed, journals are left over, with entries that may not yet
 * be in the tables.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

export interface Journals {
  readonly journal: string
  readonly workers: number
}

/** Of the processes that run with these settings, the first one's first. */
export function journalFolders({ journal, workers }: Journals): readonly string[] {
  return workers === 1 ? [journal] : Array.from({ length: workers }, (_, at) => join(journal, `worker-${at + 1}`))
}

/** Journals in `proxy.journal` that belong to none of these processes. */
export function leftoverJournals(its: Journals): readonly string[] {
  const own = new Set(journalFolders(its))
  const below = names(its.journal).filter((name) => /^worker-[1-9]\d?$/.test(name))
  const all = [its.journal, ...below.map((name) => join(its.journal, name))]
  return all.filter((folder) => !own.has(folder) && names(folder).some((name) => name.endsWith('.segment')))
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}
