import type { Documents } from './documents.ts'
import { DocumentError } from './limits.ts'
import type { Item, Path } from './path.ts'

/**
 * Asks `path` of `documents`, beginning at `item` where the path is relative and the item of its kind. What is asked of a
 * whole document is asked once, however many items are gone through.
 *
 * @throws DocumentError
 */
export function find(path: Path, documents: Documents, item: Item | null): readonly Item[] {
  const ofWhole = path.absolute || item?.kind !== path.kind
  const kept = ofWhole ? documents.found.get(path) : undefined
  if (kept !== undefined) return kept
  const items = findAnew(path, documents, ofWhole ? null : item)
  if (ofWhole) documents.found.set(path, items)
  return items
}

function findAnew(path: Path, { json, xml }: Documents, item: Item | null): readonly Item[] {
  if (path.kind === 'json') {
    const from = item?.kind === 'json' ? item.value : json
    return from === undefined ? [] : within(() => path.find(from))
  }
  const from = item?.kind === 'xml' ? item.node : xml
  return from === null ? [] : within(() => path.find(from))
}

/** What an engine itself finds too deep is a limit like ours. */
function within(ask: () => readonly Item[]): readonly Item[] {
  try {
    return ask()
  } catch (error) {
    throw error instanceof DocumentError ? error : new DocumentError('limits')
  }
}
