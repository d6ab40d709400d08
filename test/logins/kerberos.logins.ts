/**
 * Kerberos as curl and MIT's libraries speak it, through the proxy, to a web server that checks it: each entry has the
 * principal that the BI server let in.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually, freePort, printed, scratch, tilsyn } from '../support/tilsyn.ts'
import { HOST, REALM, type Realm, SERVICE, startRealm } from './realm.ts'

const ACCEPTOR = fileURLToPath(new URL('acceptor.py', import.meta.url))
const USERS = ['kirsten', 'bent', 'sørine']

let realm: Realm
let keytab: string

before(async () => {
  realm = await startRealm()
  keytab = join(realm.folder, 'bi.keytab')
  for (const user of USERS) realm.addUser(user)
  realm.admin(`addprinc -randkey ${SERVICE}`, `ktadd -k ${keytab} ${SERVICE}`)
})
after(() => realm.stop())

/** @returns its port */
async function acceptor(t: TestContext): Promise<number> {
  const server = spawn('/usr/bin/python3', [ACCEPTOR], { env: { ...realm.env, KRB5_KTNAME: keytab } })
  t.after(() => server.kill())
  const port = await new Promise<string>((resolve, reject) => {
    server.stdout.setEncoding('utf8').once('data', resolve)
    server.once('close', (code) => reject(new Error(`the acceptor ended with ${String(code)}`)))
  })
  return Number(port)
}

interface Ours {
  readonly port: number
  readonly folder: string
  printed(): string
}

async function proxy(t: TestContext, upstream: number, key: string | null): Promise<Ours> {
  const port = await freePort()
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'bi01', upstream: `http://127.0.0.1:${upstream}` }],
    store: { kind: 'embedded', path: 'db/tilsyn.db' },
    ...(key !== null && { identity: { kerberos: { keytab: key } } }),
  })
  mkdirSync(join(folder, 'db'))
  const running = tilsyn(['proxy'], { cwd: folder })
  t.after(() => running.child.kill('SIGKILL'))
  await printed(running, /proxy listening/)
  return { port, folder, printed: () => running.printed() }
}

/** @returns the server's answer: whom it let in */
async function curl(env: NodeJS.ProcessEnv, port: number, ...more: readonly string[]): Promise<string> {
  const args = ['-sS', '--negotiate', '-u', ':', '--resolve', `${HOST}:${port}:127.0.0.1`, ...more]
  const { stdout } = await promisify(execFile)('curl', [...args, `http://${HOST}:${port}/ask`], { env })
  return stdout
}

interface Row {
  readonly status: number
  readonly user: string | null
  readonly source: string
  readonly confirmed: number
}

function entries({ folder }: Ours, count: number): Promise<Row[]> {
  return eventually(20_000, async () => {
    const rows = read(folder)
    return rows.length < count ? null : rows
  })
}

function read(folder: string): Row[] {
  try {
    const db = new DatabaseSync(join(folder, 'db', 'tilsyn.db'), { readOnly: true, timeout: 5000 })
    const sql = `SELECT status, user_name AS user, user_source AS source, user_confirmed AS confirmed FROM log WHERE action <> 'configure' ORDER BY seq`
    const rows = db.prepare(sql).all()
    db.close()
    return rows.map(({ status, user, source, confirmed }) => ({
      status: Number(status),
      user: user === null ? null : String(user),
      source: String(source),
      confirmed: Number(confirmed),
    }))
  } catch (error) {
    // Not made yet.
    if (error instanceof Error && /unable to open|no such table/.test(error.message)) return []
    throw error
  }
}

const letIn = (user: string): Row => ({ status: 200, user: `${user}@${REALM}`, source: 'kerberos', confirmed: 1 })

test('the entry has the principal that the BI server let in, for each of several people at once', async (t) => {
  const ours = await proxy(t, await acceptor(t), keytab)
  const asked = USERS.map((user) => ({ user, env: realm.login(user) }))
  await Promise.all(asked.map(async ({ user, env }) => assert.equal(await curl(env, ours.port), `${user}@${REALM}`)))
  const rows = await entries(ours, USERS.length)
  assert.deepEqual(new Set(rows), new Set(USERS.map(letIn)))
  for (const user of USERS) assert.ok(!ours.printed().includes(user))
})

for (const etype of ['aes256-cts', 'aes128-cts', 'aes256-sha2', 'aes128-sha2', 'arcfour-hmac']) {
  test(`a ticket in ${etype} is read`, async (t) => {
    realm.admin(`cpw -randkey -e ${etype}:normal ${SERVICE}`, `ktadd -norandkey -k ${keytab} ${SERVICE}`)
    const ours = await proxy(t, await acceptor(t), keytab)
    assert.equal(await curl(realm.login('kirsten'), ours.port), `kirsten@${REALM}`)
    assert.deepEqual((await entries(ours, 1))[0], letIn('kirsten'))
  })
}

test('after a change of the password the new keytab is read without a restart', async (t) => {
  const old = join(realm.folder, 'proxy.keytab')
  copyFileSync(keytab, old)
  const ours = await proxy(t, await acceptor(t), old)
  realm.admin(`cpw -randkey ${SERVICE}`, `ktadd -norandkey -k ${keytab} ${SERVICE}`)
  assert.equal(await curl(realm.login('bent'), ours.port), `bent@${REALM}`)
  assert.deepEqual((await entries(ours, 1))[0], { ...letIn('bent'), user: null })
  assert.match(ours.printed(), /KERBEROS_NO_KEY/)
  copyFileSync(keytab, old)
  const named = await eventually(10_000, async () => {
    const asked = read(ours.folder).length
    await curl(realm.login('bent'), ours.port)
    return (await entries(ours, asked + 1)).at(-1)?.user ?? null
  })
  assert.equal(named, `bent@${REALM}`)
})

test("with another service's keytab, or none, a ticket is somebody's whom nobody can name", async (t) => {
  const other = join(realm.folder, 'other.keytab')
  realm.admin('addprinc -randkey HTTP/other.kommune.example', `ktadd -k ${other} HTTP/other.kommune.example`)
  for (const key of [other, null]) {
    const ours = await proxy(t, await acceptor(t), key)
    assert.equal(await curl(realm.login('bent'), ours.port), `bent@${REALM}`)
    assert.deepEqual((await entries(ours, 1))[0], { ...letIn('bent'), user: null })
  }
})
