/** The mssql backend over the double of SQL Server in test/support/tds, behind the relay that a real one has. */
import assert from 'node:assert/strict'
import { TdsServer } from '../../support/tds/server.ts'
import type { MssqlBackend, MssqlScratch } from './backend-mssql.ts'
import { Relay } from './relay.ts'

export interface DoubleScratch extends MssqlScratch {
  readonly server: TdsServer
}

export interface DoubleBackend extends MssqlBackend {
  scratch(): Promise<DoubleScratch>
}

export const double: DoubleBackend = {
  name: 'mssql over the double',
  async scratch() {
    const server = new TdsServer()
    await server.start()
    const relay = new Relay('127.0.0.1', server.port)
    await relay.start()
    return {
      server,
      relay,
      location: { kind: 'mssql', connection: server.connection(relay.port) },
      async cut() {
        await relay.stop()
        return () => relay.start()
      },
      async query(statement) {
        const database = server.database()
        try {
          const { columns, rows } = database.run(statement.replaceAll(/\{(\w+)\}/g, '[tilsyn].[$1]'))
          return rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])))
        } finally {
          database.close()
        }
      },
      time: String,
      async drop() {
        await relay.stop()
        await server.close()
        assert.deepEqual(server.complaints, [], 'the double was asked for what it does not know')
      },
    }
  },
}
