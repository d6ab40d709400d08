/** Each exchange over JSON that there is a fixture of, through the whole product: the tables say what the fixture says. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { QueryRecord } from '../../schema/record/record.ts'
import { readHead } from '../support/fixture.ts'
import { JSON_FIXTURES, jsonFixtureNames, jsonGoldenOf } from '../support/json-fixture.ts'
import { eventually, freePort, printed, scratch, tilsyn } from '../support/tilsyn.ts'

const file = (name: string, part: string) => readFileSync(join(JSON_FIXTURES, name, part))
/** What is said in a WebSocket is no request: test/whole/websocket.test.ts. */
const NAMES = jsonFixtureNames().filter((name) => !file(name, 'request.head').toString().startsWith('SAY '))
/** Tells the BI server of this test which answer is meant. */
const MARK = 'x-fixture'

function startServer() {
  const server = createServer((asked, answer) => {
    const name = String(asked.headers[MARK])
    const { start, headers } = readHead(file(name, 'response.head'))
    asked.resume().on('end', () => {
      const body = file(name, 'response.body')
      const own = headers.filter(([field]) => !/^(?:content-length|transfer-encoding|connection)$/i.test(field))
      answer.writeHead(Number(start.split(' ')[1]), [...own.flat(), 'Content-Length', String(body.length)]).end(body)
    })
  })
  return server
}

/** Resolves with the answer's body. */
function send(port: number, name: string): Promise<Buffer> {
  const { start, headers } = readHead(file(name, 'request.head'))
  const [method, path] = start.split(' ')
  const body = file(name, 'request.body')
  const own = headers.filter(([field]) => !/^(?:content-length|connection)$/i.test(field)).flat()
  const all = [...own, MARK, name, ...(body.length > 0 ? ['Content-Length', String(body.length)] : [])]
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method, path, headers: all, setHost: false }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve(Buffer.concat(chunks)))
    })
    sent.on('error', reject).end(body)
  })
}

/** The entry as lines, from the record and from the tables alike. */
function lines(record: QueryRecord): string[] {
  const { cube, catalog, report, action, opaque, rowCount, personsSeen } = record
  return [
    [cube, catalog, report, action, opaque, rowCount, personsSeen].join('|'),
    ...record.criteria.map((row) => [row.dimension, row.operator, row.value, row.person, row.originClause].join('|')),
    ...record.dimensions.map((row) => row.level ?? row.hierarchy ?? row.dimension ?? ''),
    ...record.measures.map(({ measure }) => measure),
    ...record.seen.map(({ person }) => person).sort(),
  ]
}

type Row = Record<string, string | number | null>

const LOG = `SELECT CAST(log_id AS TEXT) AS id, cube, catalog, report, action, opaque, row_count, persons_seen
  FROM log WHERE seq = ? ORDER BY part`

function stored(db: DatabaseSync, seq: number): string[][] {
  const all = (sql: string, id: string | number) => db.prepare(sql).all(id) as Row[]
  const log = all(LOG, seq)
  return log.map((row) => {
    const of = (columns: string, table: string, order = 'ord') =>
      all(`SELECT ${columns} FROM ${table} WHERE log_id = CAST(? AS INTEGER) ORDER BY ${order}`, String(row['id']))
    const { cube, catalog, report, action, opaque, row_count, persons_seen } = row
    return [
      [cube, catalog, report, action, opaque, row_count, persons_seen].join('|'),
      ...of('dimension, operator, value, person, origin_clause', 'crit').map((one) => Object.values(one).join('|')),
      ...of('coalesce(level, hierarchy, dimension) AS name', 'dim').map(({ name: dim }) => String(dim)),
      ...of('measure', 'meas').map(({ measure }) => String(measure)),
      ...of('person', 'seen', 'person').map(({ person }) => String(person)),
    ]
  })
}

test('every interface over JSON is in the tables as its fixtures say, and its bytes pass unchanged', async (t) => {
  const server = startServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  const upstream = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const port = await freePort()
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'bi', upstream }],
    persons: { latestBirth: '2057-12-31' },
  })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  for (const name of NAMES) assert.deepEqual(await send(port, name), file(name, 'response.body'), name)
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0)
  const path = join(folder, 'data', 'tilsyn.db')
  await eventually(5000, async () => (existsSync(path) ? true : null))
  const db = new DatabaseSync(path, { readOnly: true })
  t.after(() => db.close())
  for (const [i, name] of NAMES.entries()) {
    const expected = (jsonGoldenOf(name) as readonly QueryRecord[]).map(lines)
    // The first number is the set-up's.
    assert.deepEqual(stored(db, i + 2), expected, name)
  }
})
