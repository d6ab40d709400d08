/** What the two kysely drivers share: one connection, no transactions (they are the writer's), no streams. */
import type { DatabaseConnection, Driver, QueryResult } from 'kysely'

export class ReadingDriver implements Driver {
  readonly #connection: DatabaseConnection
  constructor(executeQuery: DatabaseConnection['executeQuery']) {
    this.#connection = { executeQuery, streamQuery: refuseStream }
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection
  }

  beginTransaction = refuse
  commitTransaction = refuse
  rollbackTransaction = refuse

  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

async function refuse(): Promise<never> {
  throw new Error('transactions are the business of the writer')
}

// oxlint-disable-next-line require-yield
async function* refuseStream(): AsyncIterableIterator<QueryResult<never>> {
  throw new Error('nothing here reads by stream')
}
