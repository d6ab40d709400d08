/**
 * How much is kept of requests that ask for the model alone. Excel sends a dozen and more of them before its first query:
 * they show no person, and nobody's question is answered by them, but they fill a table.
 *
 * Decision 0008 says why each of the three is as it is.
 */
import type { QueryRecord } from '../../../schema/record/record.ts'
import type { Request } from '../adapter.ts'
import { maskSecrets } from './secrets.ts'
import type { MetadataSetting } from '../settings.ts'

/** With `full` the request is kept as it was sent, not as the line that says what it asks. */
export function metadataKept(
  records: readonly QueryRecord[],
  setting: MetadataSetting,
  request: Request,
): readonly QueryRecord[] {
  if (setting !== 'full' || !records.some(isMetadata)) return records
  const query = maskSecrets(request.kept)
  return records.map((record) => (isMetadata(record) && request.kept !== '' ? { ...record, query } : record))
}

/**
 * May the exchange go without an entry? Only where all of it is metadata, nobody is named in it, it went as it should, and
 * it is known that the answer showed nobody.
 */
export function isLeftOut(records: readonly QueryRecord[], setting: MetadataSetting): boolean {
  return setting === 'drop' && records.every((record) => isMetadata(record) && isPlain(record))
}

const isMetadata = ({ action, opaque }: QueryRecord): boolean => action === 'metadata' && opaque === null

function isPlain({ part, outcome, faultCode, decoded, personsSeen, criteria }: QueryRecord): boolean {
  const showsNobody = part > 0 || (decoded && personsSeen === 0)
  return outcome === 'answered' && faultCode === null && showsNobody && criteria.every(({ person }) => person === null)
}
