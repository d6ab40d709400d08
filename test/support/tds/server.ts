/**
 * A double of SQL Server for the store's tests: speaks TDS 7.4 to the real `mssql` client ([MS-TDS], revision 38), executes
 * the store's statements on the embedded database, and fails when it is told to.
 *
 * It shows how the store speaks the protocol and what it does when a server fails it. It does not show that a SQL Server
 * understands the statements (`statements.ts` knows them by heart), nor how one locks, plans or collates: for that the same
 * tests run against a real one (`TILSYN_TEST_MSSQL`).
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database, Turn } from './database.ts'
import { ServerError } from './error.ts'
import { Faults } from './faults.ts'
import type { Login } from './request.ts'
import { Session } from './session.ts'

const LOGIN: Login = { user: 'tilsyn', password: 'Kun-til-proever-1', database: 'tilsyn' }

export class TdsServer {
  readonly faults = new Faults()
  readonly turn = new Turn()
  /** What was asked that the double does not know: a test that finds something here has shown nothing. */
  readonly complaints: unknown[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'tilsyn-tds-'))
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer({ noDelay: true }, (socket) => {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    return new Session(this, socket)
  })

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** @param port of something in front of it, where there is something */
  connection(port = this.port): string {
    const { user, password, database } = LOGIN
    return `Server=127.0.0.1,${port};Database=${database};User Id=${user};Password=${password};Encrypt=false`
  }

  admit({ user, password, database }: Login): Database {
    if (user !== LOGIN.user || password !== LOGIN.password) throw new ServerError(18456, 'Login failed.')
    if (database !== LOGIN.database) throw new ServerError(4060, 'Cannot open the database.')
    return this.database()
  }

  /** The database itself, beside the protocol. */
  database(): Database {
    return new Database(join(this.#folder, 'tilsyn.db'))
  }

  complain(what: unknown): void {
    this.complaints.push(what)
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
