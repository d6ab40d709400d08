/**
 * Which statements the store sends, and how SQLite says them. Recognised by the store's own texts; what is not among them
 * is refused, so that nobody takes the double for a SQL Server.
 *
 * SQLite reads most of it as it stands: names in brackets, `@name` for parameters, schema `tilsyn` for the attached file.
 */
import * as migrate from '../../../schema/store/mssql/migrate.ts'
import * as retention from '../../../schema/store/mssql/retention.ts'
import * as settle from '../../../schema/store/mssql/settle.ts'
import * as sums from '../../../schema/store/mssql/sums.ts'
import * as writer from '../../../schema/store/mssql/writer.ts'
import { ServerError } from './error.ts'

/** What mssql asks before it lends a connection out. */
const VALIDATION = 'SELECT 1;'

const EXACT: ReadonlyMap<string, readonly string[]> = new Map([
  [VALIDATION, ['SELECT 1']],
  [
    migrate.STATEMENTS.exists,
    [`SELECT (SELECT 1 FROM [tilsyn].[sqlite_schema] WHERE [name] = 'schema_version') AS [id]`],
  ],
  // Transactions come one after another here: the lock is held already.
  [migrate.STATEMENTS.lock, ['SELECT 0 AS [granted]']],
  [migrate.STATEMENTS.schema, []],
  [
    migrate.STATEMENTS.versions,
    [definition(migrate.STATEMENTS.versions.replace(/^IF .*\nCREATE TABLE/, 'CREATE TABLE IF NOT EXISTS'))],
  ],
  ...[migrate.STATEMENTS.applied, migrate.STATEMENTS.record, settle.STATEMENTS.near].map(same),
  ...[writer.STATEMENTS.position, writer.STATEMENTS.held, writer.STATEMENTS.begin, writer.STATEMENTS.move].map(same),
  [writer.STATEMENTS.lock, writer.STATEMENTS.lock.split(';\n')],
  [sums.ADD_SUMS, sums.ADD_SUMS.split(';\n').map(updated)],
  ...retention.ALL_STATEMENTS.map((text): [string, string[]] => [text, text.startsWith('SET ') ? [] : [topped(text)]]),
  ...migrate.MIGRATIONS.flatMap(({ sql }) => migrate.batches(sql)).map(defined),
])

function same(text: string): [string, string[]] {
  return [text, [text]]
}

function defined(text: string): [string, string[]] {
  return [text, isCount(text) ? [] : [definition(text)]]
}

/** SQLite names the table first, and joins what stands behind FROM to it. */
function updated(text: string): string {
  return text.replace(
    /^UPDATE (\[kept\]) SET (.*)\nFROM (\S+) AS \[kept\] INNER JOIN (.*) ON (.*) WHERE (.*)$/,
    'UPDATE $3 AS $1 SET $2 FROM $4 WHERE $5 AND $6',
  )
}

/** What counts hours from the time stamps of SQL Server finds nothing in a database that was made just now. */
function isCount(text: string): boolean {
  return /^\s*INSERT INTO \[tilsyn\]\.\[hour_/.test(text)
}

/** SQLite has no TOP, and in a DELETE no LIMIT either. */
function topped(text: string): string {
  const [, table, where] = /^DELETE TOP \(@most\) FROM (\S+)\s+WHERE ([^]+)$/.exec(text) ?? []
  if (table !== undefined) {
    const key = table.includes('[hour_') ? 'rowid' : table.endsWith('[log]') ? '[log_id]' : '([log_id], [ord])'
    const keys = key.replaceAll(/[()]/g, '')
    return `DELETE FROM ${table} WHERE ${key} IN (SELECT ${keys} FROM ${table} WHERE ${where} LIMIT @most)`
  }
  return text.replaceAll(/SELECT TOP \(@most\) ([^]+? ORDER BY \[log_id\])/g, 'SELECT $1 LIMIT @most')
}

function definition(text: string): string {
  return text
    .replaceAll(' COLLATE Latin1_General_100_BIN2', '')
    .replaceAll(/\b(?:NON)?CLUSTERED /g, '')
    .replaceAll('nvarchar(max)', 'nvarcharmax')
    .replaceAll(/^(CREATE (?:UNIQUE )?INDEX) (\[\w+\]) ON \[tilsyn\]\./gm, '$1 [tilsyn].$2 ON ')
}

/** How many they ask for is in their text. */
const ofMany = [settle.STATEMENTS.identities, settle.STATEMENTS.ids]

/** @throws ServerError of a statement that the store does not send */
export function translate(text: string): readonly string[] {
  const exact = EXACT.get(text)
  if (exact !== undefined) return exact
  if (text.split('\n').every((line) => /^set [a-z_ ]+(?: \d+)?$/.test(line))) return []
  const marks = text.match(/@p\d+/g)?.length ?? 0
  if (ofMany.some((statement) => statement(marks) === text)) return [text]
  if (/^(?:select |insert into "tilsyn"\."access_token" )/.test(text) && !/\blimit\b/.test(text)) return [paged(text)]
  throw new ServerError(102, 'Incorrect syntax: the double knows no such statement.')
}

/** kysely's queries differ from SQLite's in how the first rows are asked for. */
function paged(text: string): string {
  return text.replaceAll(/ offset (@\d+|\d+) rows fetch next (@\d+|\d+) rows only/g, ' limit $2 offset $1')
}

export interface Bulk {
  readonly table: string
  readonly columns: readonly string[]
}

/** `insert bulk` announces what the next message holds; `null` is any other statement. */
export function bulkOf(text: string): Bulk | null {
  const [, table, list] =
    /^insert bulk \[?tilsyn\]?\.\[?(log|crit|dim|meas|seen|change|hour_new)\]?\((.*)\) WITH \([A-Z_,]+\)$/.exec(text) ??
    []
  if (table === undefined || list === undefined) return null
  return { table, columns: [...list.matchAll(/\[(\w+)\]/g)].map(([, name = '']) => name) }
}
