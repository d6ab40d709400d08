/**
 * What can go wrong with the journal. `LOCKED` and `DAMAGED` end the start of the process; `OPEN`, `WRITE` and `SYNC`
 * break the journal until a new segment takes over; the others concern one request.
 */
export type JournalErrorCode =
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_DAMAGED'
  | 'JOURNAL_OPEN'
  | 'JOURNAL_WRITE'
  | 'JOURNAL_SYNC'
  | 'JOURNAL_BROKEN'
  | 'JOURNAL_OVERLOADED'
  | 'JOURNAL_TOO_LARGE'
  | 'JOURNAL_CLOSED'

/** Carries which step failed and the system's own code (`ENOSPC`), never what was to be written. */
export class JournalError extends Error {
  override readonly name = 'JournalError'
  readonly code: JournalErrorCode
  /** The system's error code, when the system failed: `ENOSPC`, `EIO` … */
  readonly systemCode: string | null
  constructor(code: JournalErrorCode, message: string, options?: ErrorOptions) {
    const systemCode = systemCodeOf(options?.cause)
    super(systemCode === null ? message : `${message} (${systemCode})`, options)
    this.code = code
    this.systemCode = systemCode
  }
}

/** `ENOENT` and its like, of anything thrown; `null` where no system call failed. */
export function systemCodeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null
  return typeof error.code === 'string' && /^E[A-Z0-9]+$/.test(error.code) ? error.code : null
}
