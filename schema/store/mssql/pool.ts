/**
 * A pool of connections that outlives its server: opened at its first use, and when no server answers dropped whole, so
 * that the next use begins anew. mssql's own pool keeps dead connections in some of these cases (node-mssql issues 701
 * and 1477), and one whose commit went unanswered may still hold a transaction.
 *
 * The connection string stays in here: it has the password.
 */
import sql from 'mssql'
import { closed, storeFault } from '../fault.ts'
import { connectWithoutDelay } from './connector.ts'
import { connectFault, isUnanswered, mssqlFault } from './fault.ts'

const CONNECT_MS = 15_000
const REQUEST_MS = 120_000
const ACQUIRE_MS = 30_000

export interface PoolOptions {
  readonly size: number
  /** How long a statement may take; 0: as long as it takes. */
  readonly requestMs?: number
  /** Asked of every new pool: the server that came back may be another, restored from an older copy. */
  readonly verify?: (pool: sql.ConnectionPool) => Promise<void>
}

export class Pool {
  readonly #config: sql.config
  readonly #verify: NonNullable<PoolOptions['verify']>
  #ready: Promise<sql.ConnectionPool> | null = null
  readonly #leaving = new Set<Promise<unknown>>()
  #closed = false

  /** @throws StoreError when the connection string cannot be read */
  constructor(connection: string, { size, requestMs, verify = async () => {} }: PoolOptions) {
    this.#config = configure(connection, size, requestMs)
    this.#verify = verify
  }

  /** @throws StoreError */
  async use<T>(work: (pool: sql.ConnectionPool) => Promise<T>): Promise<T> {
    if (this.#closed) throw closed()
    const ready = (this.#ready ??= this.#open())
    const pool = await ready.catch((error: unknown) => {
      if (this.#ready === ready) this.#ready = null
      throw connectFault(error)
    })
    try {
      return await work(pool)
    } catch (error) {
      if (isUnanswered(error)) this.drop(ready)
      throw mssqlFault(error)
    }
  }

  /** Lets go of every connection; the next use opens new ones. */
  drop(old: Promise<sql.ConnectionPool> | null = this.#ready): void {
    if (old === null) return
    if (this.#ready === old) this.#ready = null
    // What a dead pool says while it is closed adds nothing: the failure that brought it down is being told.
    const gone = old.then((pool) => pool.close()).catch(() => undefined)
    this.#leaving.add(gone)
    void gone.then(() => this.#leaving.delete(gone))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.drop()
    await Promise.all(this.#leaving)
  }

  async #open(): Promise<sql.ConnectionPool> {
    const pool = new sql.ConnectionPool(this.#config)
    // Errors of idle connections; without a listener they would end the process. The next use meets them itself.
    pool.on('error', () => undefined)
    await pool.connect()
    try {
      await this.#verify(pool)
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }
}

function configure(connection: string, size: number, requestMs?: number): sql.config {
  const config = parse(connection)
  return {
    ...config,
    connectionTimeout: config.connectionTimeout ?? CONNECT_MS,
    requestTimeout: requestMs ?? config.requestTimeout ?? REQUEST_MS,
    pool: { max: size, min: 0, idleTimeoutMillis: 30_000, acquireTimeoutMillis: ACQUIRE_MS },
    options: {
      appName: 'Tilsyn',
      ...config.options,
      useUTC: true,
      // SET XACT_ABORT ON: after any error a transaction can only be rolled back.
      abortTransactionOnError: true,
      connector: connectWithoutDelay,
    },
  }
}

function parse(connection: string): sql.config {
  try {
    const config = sql.ConnectionPool.parseConnectionString(connection)
    if (typeof config.server === 'string' && config.server !== '') return config
  } catch {
    // The parser's own message may quote the string, and so the password.
  }
  throw storeFault('STORE_UNAVAILABLE', 'SQL Server: the connection string cannot be read', 'ECONNSTRING')
}
