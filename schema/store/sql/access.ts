/** What the report service keeps for itself: keys to the REST interface. */
import type { AccessStore, AccessToken } from '../store.ts'
import { bounded } from './columns.ts'
import type { Dialect } from './dialect.ts'
import { tokenOf } from './rows.ts'

export class SqlAccess implements AccessStore {
  readonly #d: Dialect
  constructor(dialect: Dialect) {
    this.#d = dialect
  }

  async addToken(token: AccessToken): Promise<void> {
    await addTokenQuery(this.#d, token).execute()
  }

  async findToken(hash: string): Promise<AccessToken | null> {
    const [row] = await findTokenQuery(this.#d, hash).execute()
    return row === undefined ? null : tokenOf(row)
  }
}

export function addTokenQuery(d: Dialect, { hash, name, role, createdAt, expiresAt }: AccessToken) {
  const [created_at, expires_at] = [d.time(createdAt), d.time(expiresAt)]
  return d.db.insertInto('access_token').values({ hash, name: bounded(name), role, created_at, expires_at })
}

export function findTokenQuery(d: Dialect, hash: string) {
  return d.db.selectFrom('access_token').selectAll().where('hash', '=', d.hash(hash))
}
