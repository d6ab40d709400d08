/** SQL Server, or what stands in for it, behind a relay: a database of its own is made and dropped for each scratch. */
import { randomBytes } from 'node:crypto'
import sql from 'mssql'
import type { Backend, Scratch } from './backend.ts'
import { Relay } from './relay.ts'

export interface MssqlScratch extends Scratch {
  readonly relay: Relay
}

export interface MssqlBackend extends Backend {
  scratch(): Promise<MssqlScratch>
}

/** @param connection of a login that may create databases */
export function mssqlBackend(connection: string): MssqlBackend {
  return { name: 'mssql', scratch: () => scratch(connection) }
}

async function scratch(connection: string): Promise<MssqlScratch> {
  const config = sql.ConnectionPool.parseConnectionString(connection)
  const database = `tilsyn_test_${randomBytes(4).toString('hex')}`
  await run(config, `CREATE DATABASE [${database}]`)
  const relay = new Relay(config.server, config.port ?? 1433)
  await relay.start()
  const keys = ['server', 'data source', 'addr', 'address', 'network address', 'database', 'initial catalog']
  const kept = connection.split(';').filter((part) => !keys.includes(part.split('=')[0]?.trim().toLowerCase() ?? ''))
  return {
    relay,
    location: {
      kind: 'mssql',
      connection: [`Server=127.0.0.1,${relay.port}`, `Database=${database}`, ...kept].join(';'),
    },
    async cut() {
      await relay.stop()
      return () => relay.start()
    },
    query: (statement) => run({ ...config, database }, statement.replaceAll(/\{(\w+)\}/g, '[tilsyn].[$1]')),
    time: (ms) => `'${new Date(ms).toISOString().slice(0, -1)}'`,
    async drop() {
      await relay.stop()
      await run(config, `DROP DATABASE [${database}]`)
    },
  }
}

async function run(config: sql.config, statement: string): Promise<Record<string, unknown>[]> {
  const pool = new sql.ConnectionPool({ ...config, pool: { max: 1, min: 0 } })
  await pool.connect()
  try {
    return [...((await pool.request().batch<Record<string, unknown>>(statement)).recordset ?? [])]
  } finally {
    await pool.close()
  }
}
