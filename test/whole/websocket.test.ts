/** Qlik's way on the whole: two users in WebSockets of their own, the proxy killed among them, and the tables. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { test } from 'node:test'
import { qlikServer } from '../support/qlik-server.ts'
import { eventually, freePort, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'

const [ANNA, BENT] = ['0101475001', '0202485002']
const TABLE = {
  qInfo: { qId: 'borgere', qType: 'table' },
  qHyperCubeDef: { qDimensions: [{ qDef: { qFieldDefs: ['CPR nr'] } }], qMeasures: [{ qDef: { qDef: 'Sum(Beløb)' } }] },
}

/** A client's end: `call` resolves with the answer, as text. */
async function qlikClient(port: number, user: string) {
  const headers = { Authorization: `Basic ${Buffer.from(`${user}:x`).toString('base64')}` }
  const socket = new WebSocket(`ws://127.0.0.1:${port}/app/sager`, { headers })
  const waiting = new Map<number, (text: string) => void>()
  const closed = new Promise<void>((resolve) => socket.addEventListener('close', () => resolve()))
  socket.addEventListener('message', ({ data }) => {
    const text = String(data)
    const { id } = JSON.parse(text) as { readonly id?: number }
    waiting.get(id ?? 0)?.(text)
  })
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve())
    socket.addEventListener('error', () => reject(new Error('no WebSocket')))
  })
  let id = 0
  const call = (method: string, handle: number, params: readonly unknown[]) =>
    new Promise<string>((resolve) => {
      id += 1
      waiting.set(id, resolve)
      socket.send(JSON.stringify({ jsonrpc: '2.0', id, handle, method, params }))
    })
  return { call, closed }
}

type Row = Record<string, unknown>

/** What one user is on record with: each call's method, outcome, persons that restrict it and persons shown. */
function onRecord(folder: string, user: string): string[] {
  const db = new DatabaseSync(join(folder, 'data', 'tilsyn.db'), { readOnly: true, timeout: 10_000 })
  try {
    const rows = (sql: string, id: unknown): Row[] => db.prepare(sql).all(String(id))
    const log = rows(
      "SELECT CAST(log_id AS TEXT) AS id, query, outcome FROM log WHERE user_name = ? AND language = 'json' ORDER BY log_id",
      user,
    )
    return log.map(({ id, query, outcome }) => {
      const { method } = JSON.parse(String(query)) as { readonly method: string }
      const crit = rows('SELECT person, origin_clause FROM crit WHERE log_id = CAST(? AS INTEGER) ORDER BY ord', id)
      const seen = rows('SELECT person FROM seen WHERE log_id = CAST(? AS INTEGER)', id)
      const sought = crit.map(({ person, origin_clause }) => `${String(origin_clause)} ${String(person)}`)
      return [method, outcome, ...sought, ...seen.map(({ person }) => `seen ${String(person)}`)].join(', ')
    })
  } finally {
    db.close()
  }
}

const isStored = (folder: string, count: number) =>
  ['anna', 'bent'].every((user) => onRecord(folder, user).length === count)

const wholeStory = (person: string, last: string) => [
  'OpenDoc, answered',
  'GetField, answered',
  'CreateSessionObject, answered',
  `SelectValues, answered, filter ${person}`,
  `GetLayout, answered, slicer ${person}, seen ${person}`,
  last,
]

test('who is selected and shown in a WebSocket is on record with whoever did so, also when the proxy is killed', async (t) => {
  const upstream = await qlikServer()
  t.after(() => upstream.close())
  const port = await freePort()
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'qlik', upstream: upstream.url }],
    persons: { latestBirth: '2057-12-31' },
  })
  const first = tilsyn(['proxy'], { cwd: folder })
  t.after(() => first.child.kill('SIGKILL'))
  await printed(first, /listening/)

  const clients = await Promise.all(['anna', 'bent'].map((user) => qlikClient(port, user)))
  const talks = clients.map(async ({ call }, i) => {
    const person = i === 0 ? ANNA : BENT
    await call('OpenDoc', -1, ['sager'])
    await call('GetField', 1, ['CPR nr'])
    await call('CreateSessionObject', 1, [TABLE])
    // Not waiting for the answer: what is selected counts for what was asked right behind it.
    const [, layout] = await Promise.all([
      call('SelectValues', 2, [[{ qText: person }], false]),
      call('GetLayout', 3, []),
    ])
    assert.match(layout, new RegExp(person))
  })
  await Promise.all(talks)
  // How an answer ended is told a little after it has left: once it is in the tables no kill can undo it.
  await printed(first, /the recorder writes to the store/)
  await eventually(10_000, async () => (isStored(folder, 5) ? true : null))
  for (const { call } of clients) void call('GetObject', 1, ['tavle'])
  await eventually(5000, async () => (upstream.heard() === 12 ? true : null))
  // What the BI server has got is not durable yet; an answer to a later message of each says that it is.
  await Promise.all(clients.map(({ call }) => call('GetAppLayout', 1, [])))
  first.child.kill('SIGKILL')
  await Promise.all(clients.map(({ closed }) => closed))

  const second = tilsyn(['proxy'], { cwd: folder })
  t.after(() => second.child.kill('SIGKILL'))
  await printed(second, /the recorder writes to the store/)
  const entries = await eventually(20_000, async () => {
    return isStored(folder, 7) ? ['anna', 'bent'].map((user) => onRecord(folder, user)) : null
  })
  const stories = entries.map((lines) => lines.slice(0, 6))
  assert.deepEqual(
    stories,
    [ANNA, BENT].map((person) => wholeStory(person, 'GetObject, unknown')),
  )
  const { out } = await run(['searched'], { cwd: folder, input: `${ANNA}\n` })
  assert.match(out, /anna/)
  assert.doesNotMatch(out, /bent/)
  second.child.kill('SIGTERM')
  assert.equal((await second.ended).code, 0)
  assert.doesNotMatch(first.printed() + second.printed(), new RegExp(`${ANNA}|${BENT}`))
})
