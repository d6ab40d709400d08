/**
 * Organisation and role of users, for the recorder: from a mapping file, from LDAP, or from both (the file says what the
 * groups and users of the directory are called here).
 *
 * What holds here:
 * - No entry waits for it longer than {@link LONGEST_LOOKING_MS} a batch, and no error leaves it. What cannot be found out
 *   now is `null` in the entries of now, and is told; the entries after it have it again.
 * - A name on record is hostile text. It goes into LDAP as a value of its own, never as part of a filter's text; and it is
 *   asked about only where the BI server accepted it (or the operator believes it), so that nobody makes the proxy ask by
 *   typing names.
 * - All that is kept is bounded.
 *
 * The organisation is that of `userName`, whatever the body says beside it; an entry of a claimed user says that it is
 * claimed. Left to others: who the user is (`proxy/identity`, `proxy/protocol`).
 */
import type { QueryRecord } from '../../schema/record/record.ts'
import type { OrganisationSource } from './organisation-source.ts'

/** What the directory knows of a user. */
export interface Listed {
  readonly organisation: string | null
  readonly role: string | null
  readonly groups: readonly string[]
}

/** Finds one user; `null`: there is none, or more than one. Rejects when the directory cannot be asked. */
export interface Lookup {
  find(user: string): Promise<Listed | null>
  /** Ends what is open for the lookups of one batch. Never rejects. */
  rest(): Promise<void>
}

export interface DirectoryOptions {
  readonly organisations: OrganisationSource | null
  readonly lookup: Lookup | null
  readonly keepMs?: number
  readonly onError: (code: 'DIRECTORY_UNAVAILABLE' | 'DIRECTORY_FILE') => void
  /** Milliseconds of any clock that does not run backwards. */
  readonly now?: () => number
  readonly longestLookingMs?: number
}

/** A batch waits for the directory at most so long, however many users are in it. */
export const LONGEST_LOOKING_MS = 10_000
/** A directory that failed is left alone for so long. */
export const AWAY_MS = 15_000
const MAX_KEPT = 20_000
/** Asked at the same time. */
const LANES = 8

interface Kept {
  readonly listed: Listed | null
  readonly until: number
}

type Place = (record: QueryRecord) => QueryRecord

export class Directory {
  readonly #options: DirectoryOptions
  readonly #now: () => number
  readonly #kept = new Map<string, Kept>()
  #awayUntil = Number.NEGATIVE_INFINITY

  constructor(options: DirectoryOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /** Finds out what is to be known about the users of `records`; the answer fills it in. Never rejects. */
  async place(records: readonly QueryRecord[]): Promise<Place> {
    const { organisations, onError } = this.#options
    if (organisations !== null && !(await organisations.refresh())) onError('DIRECTORY_FILE')
    await this.#look(new Set(records.flatMap((record) => (isAskedAbout(record) ? [record.userName] : []))))
    return (record) => this.#placed(record)
  }

  #placed(record: QueryRecord): QueryRecord {
    const { userName, organisation, role } = record
    if (userName === null) return record
    const listed = this.#kept.get(userName)?.listed ?? null
    const mapped = this.#options.organisations?.of(userName, listed?.groups ?? [])
    return {
      ...record,
      organisation: organisation ?? mapped?.organisation ?? listed?.organisation ?? null,
      role: role ?? mapped?.role ?? listed?.role ?? null,
    }
  }

  async #look(users: ReadonlySet<string>): Promise<void> {
    const { lookup, onError, longestLookingMs = LONGEST_LOOKING_MS } = this.#options
    const begun = this.#now()
    // What has run out is asked again; while the directory is away, the old answer is better than none.
    const unknown = [...users].filter((user) => (this.#kept.get(user)?.until ?? begun) <= begun)
    if (lookup === null || unknown.length === 0 || begun < this.#awayUntil) return
    try {
      const lane = async () => {
        for (let user = unknown.pop(); user !== undefined; user = unknown.pop()) {
          if (this.#now() - begun > longestLookingMs) throw new Error('the directory takes too long')
          this.#keep(user, await lookup.find(user))
        }
      }
      await Promise.all(Array.from({ length: LANES }, lane))
    } catch {
      // The others stop asking, too. The message may name the user, so none is told.
      unknown.length = 0
      this.#awayUntil = this.#now() + AWAY_MS
      onError('DIRECTORY_UNAVAILABLE')
    } finally {
      await lookup.rest()
    }
  }

  #keep(user: string, listed: Listed | null): void {
    this.#kept.delete(user)
    const [oldest] = this.#kept.keys()
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest)
    this.#kept.set(user, { listed, until: this.#now() + (this.#options.keepMs ?? 3_600_000) })
  }
}

function isAskedAbout(record: QueryRecord): record is QueryRecord & { readonly userName: string } {
  return record.userName !== null && (record.userConfirmed || record.userSource === 'body')
}
