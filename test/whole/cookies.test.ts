/** BI users who log in once and go on with a cookie: whose their entries are, also after a restart, and that no value stays. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { authenticateMessage } from '../identity/ntlm-message.ts'
import { eventually, freePort, printed, type Running, scratch, tilsyn } from '../support/tilsyn.ts'

const PASSWORD = 'hemmelig-kode'
const AFFINITY = 'c0ffee00c0ffee00c0ffee00c0ffee00'

/** Every value of a cookie or password that crossed the wire. */
type Secrets = Set<string>

/** A BI server that speaks as Metabase does, with a new cookie in each answer, behind a load balancer with its own cookie. */
async function biServer(t: TestContext, secrets: Secrets): Promise<number> {
  const sessions = new Map<string, string>()
  const give = (user: string) => {
    const value = randomUUID()
    sessions.set(value, user)
    secrets.add(value)
    return `metabase.SESSION=${value}; Path=/; HttpOnly`
  }
  const answer = (request: IncomingMessage, body: string, response: ServerResponse) => {
    const value = /metabase\.SESSION=([^;]+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const user = sessions.get(value)
    const say = (status: number, cookies: readonly string[], text = '{}') =>
      response
        .writeHead(status, {
          'Content-Type': 'application/json',
          'Set-Cookie': [`ARRAffinity=${AFFINITY}`, ...cookies],
        })
        .end(text)
    if (request.url === '/api/session' && request.method === 'POST') {
      const { username, password } = JSON.parse(body) as Record<string, string>
      return password === PASSWORD ? say(200, [give(String(username))]) : say(401, [])
    }
    if (user === undefined) return say(401, [])
    if (request.method === 'DELETE') {
      sessions.delete(value)
      return say(204, ['metabase.SESSION=; Path=/; Max-Age=0'])
    }
    return say(200, request.url === '/api/roll' ? [give(user)] : [], JSON.stringify({ user }))
  }
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => answer(request, body, response))
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** Keeps cookies as a browser does; two users may sit down before it, one after the other. */
class Browser {
  readonly jar = new Map<string, string>()
  readonly #base: string

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}`
  }

  async ask(method: string, path: string, body?: object): Promise<number> {
    const cookie = [...this.jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(`${this.#base}${path}`, {
      method,
      headers: { Cookie: cookie, 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    for (const told of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (told.split(';')[0] ?? '').split('=')
      if (value === '') this.jar.delete(name)
      else this.jar.set(name, value)
    }
    await answer.arrayBuffer()
    return answer.status
  }

  login(username: string, password = PASSWORD) {
    return this.ask('POST', '/api/session', { username, password })
  }

  query(path = '/api/dataset') {
    return this.ask('POST', path, { database: 1, type: 'native', native: { query: 'SELECT 1' } })
  }
}

async function start(t: TestContext, folder: string): Promise<Running> {
  const running = tilsyn(['proxy'], { cwd: folder })
  t.after(() => running.child.kill('SIGKILL'))
  await printed(running, /proxy listening/)
  return running
}

type Row = readonly [user: unknown, source: unknown, confirmed: unknown, status: unknown]

function entries(folder: string, count: number): Promise<Row[]> {
  return eventually(30_000, async () => {
    try {
      const db = new DatabaseSync(join(folder, 'db', 'tilsyn.db'), { readOnly: true, timeout: 5000 })
      const sql =
        "SELECT user_name, user_source, user_confirmed, status FROM log WHERE part = 0 AND action <> 'configure' ORDER BY seq"
      const rows = db.prepare(sql).all()
      db.close()
      if (rows.length < count) return null
      return rows.map((row): Row => [row['user_name'], row['user_source'], row['user_confirmed'], row['status']])
    } catch (error) {
      if (error instanceof Error && /unable to open|no such table/.test(error.message)) return null
      throw error
    }
  })
}

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) yield join(entry.parentPath, entry.name)
}

test('two users of one browser, one after the other, are the users of what each of them asks', async (t) => {
  const secrets: Secrets = new Set([AFFINITY])
  const [upstream, port] = [await biServer(t, secrets), await freePort()]
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'bi01', upstream: `http://127.0.0.1:${upstream}`, rollingCookies: ['metabase.SESSION'] }],
    store: { kind: 'embedded', path: 'db/tilsyn.db' },
  })
  const first = await start(t, folder)
  const browser = new Browser(port)
  assert.equal(await browser.query(), 401)
  assert.equal(await browser.login('anna', 'forkert-kode'), 401)
  assert.equal(await browser.query(), 401)
  assert.equal(await browser.login('anna'), 200)
  for (const path of ['/api/dataset', '/api/roll', '/api/roll', '/api/dataset'])
    assert.equal(await browser.query(path), 200)

  // The last answer may leave before its end is on disk. What has been learnt, the next process must know.
  await entries(folder, 8)
  first.child.kill('SIGKILL')
  await first.ended
  const second = await start(t, folder)
  assert.equal(await browser.query(), 200)
  assert.equal(await browser.ask('DELETE', '/api/session'), 204)
  assert.equal(await browser.query(), 401)
  assert.equal(await browser.login('bo'), 200)
  assert.equal(await browser.query(), 200)
  // Somebody else, with the load balancer's cookie alone.
  const other = new Browser(port)
  other.jar.set('ARRAffinity', AFFINITY)
  assert.equal(await other.query(), 401)

  const nobody = [null, 'none', 0, 401]
  const anna = ['anna', 'session', 1, 200]
  assert.deepEqual(await entries(folder, 14), [
    nobody,
    ['anna', 'body', 0, 401],
    nobody,
    ['anna', 'body', 1, 200],
    anna,
    anna,
    anna,
    anna,
    anna,
    // The answer took the cookie away.
    ['anna', 'session', 0, 204],
    nobody,
    ['bo', 'body', 1, 200],
    ['bo', 'session', 1, 200],
    nobody,
  ])

  second.child.kill('SIGTERM')
  await second.ended
  assert.ok(secrets.size > 4)
  for (const file of files(folder)) {
    const bytes = readFileSync(file)
    for (const secret of secrets) assert.ok(!bytes.includes(secret), `${file} holds the value of a cookie`)
  }
  for (const secret of secrets) assert.ok(!(first.printed() + second.printed()).includes(secret))
})

test('nobody who has logged in is on record as a colleague by what else the requests say', async (t) => {
  const [upstream, port] = [await biServer(t, new Set()), await freePort()]
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'bi01', upstream: `http://127.0.0.1:${upstream}` }],
    store: { kind: 'embedded', path: 'db/tilsyn.db' },
  })
  await start(t, folder)
  const [insider, colleague] = [new Browser(port), new Browser(port)]
  assert.equal(await insider.login('ina'), 200)
  assert.equal(await colleague.login('kim'), 200)
  const of = (browser: Browser) => `metabase.SESSION=${browser.jar.get('metabase.SESSION') ?? ''}`
  // The colleague's is over, unseen by the proxy, and has come to be known.
  const known = of(colleague)
  const message = authenticateMessage({ domain: '', user: 'kim', workstation: 'PC-7' }).toString('base64')
  const ways: readonly Record<string, string>[] = [
    { Authorization: `Basic ${btoa('kim:x')}`, Cookie: of(insider) },
    { Authorization: `NTLM ${message}`, Cookie: of(insider) },
    { Authorization: `Digest username="kim"`, Cookie: known },
    { Cookie: `${of(insider)}; ${known}` },
    { Cookie: `METABASE.session=${'x'.repeat(36)}; ${known}` },
    { 'X-Metabase-Session': 'x'.repeat(36), Cookie: known },
  ]
  for (const headers of ways) {
    const answer = await fetch(`http://127.0.0.1:${port}/api/roll`, { headers })
    await answer.arrayBuffer()
    assert.equal(answer.status, 200)
    // And whatever cookie came of it.
    const cookie = (answer.headers.getSetCookie()[1] ?? '').split(';')[0] ?? ''
    await (await fetch(`http://127.0.0.1:${port}/api/dataset`, { headers: { Cookie: cookie } })).arrayBuffer()
  }
  const rows = (await entries(folder, 2 + 2 * ways.length)).slice(2)
  const nobody = [null, 'none', 0, 200]
  assert.deepEqual(
    rows.filter((_, at) => at % 2 === 1),
    ways.map(() => nobody),
  )
  assert.deepEqual(
    rows.filter((_, at) => at % 2 === 0),
    [['kim', 'basic', 0, 200], ['kim', 'ntlm', 0, 200], nobody, nobody, nobody, nobody],
  )
})
