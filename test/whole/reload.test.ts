/** A configuration is changed under a proxy at work, as an operator does it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { connect } from 'node:net'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { authenticateMessage, negotiateMessage } from '../identity/ntlm-message.ts'
import { eventually, freePort, printed, run, scratch, tilsyn, type Running } from '../support/tilsyn.ts'
import { biServer, dataset, execute, type TestServer } from '../support/xmla.ts'

interface Change {
  readonly setting: string
  readonly kind: string
  readonly old_value: string | null
  readonly new_value: string | null
}

interface Entry {
  readonly seq: number
  readonly action: string
  readonly outcome: string
  readonly application: string
  readonly user_name: string | null
  readonly user_confirmed: boolean
  readonly module: string
  readonly query: string
  readonly changes: readonly Change[]
}

const rewrite = (folder: string, config: unknown) =>
  writeFileSync(join(folder, 'tilsyn.config.json'), typeof config === 'string' ? config : JSON.stringify(config))

async function start(t: TestContext, folder: string): Promise<Running> {
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  return proxy
}

/** Entries about the set-up, oldest first, once there are `count`. */
async function configured(folder: string, count: number): Promise<readonly Entry[]> {
  return eventually(30_000, async () => {
    const { out } = await run(['log', '--json', '--module', 'Ændringslog', '--limit', '1000'], { cwd: folder })
    const lines = out.split('\n').filter((line) => line !== '')
    return lines.length < count ? null : lines.map((line): Entry => JSON.parse(line)).toReversed()
  })
}

async function stop(proxy: Running): Promise<void> {
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0)
}

interface Got {
  readonly status: number
  readonly text: string
  readonly reused: boolean
}

function client(port: number, host: string) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}, began?: (got: string) => void) =>
    new Promise<Got>((resolve, reject) => {
      const sent = http.get({ host: '127.0.0.1', port, path, agent, headers: { Host: host, ...headers } }, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => began?.((text += part)))
        answer.on('data', (part: string) => (began === undefined ? (text += part) : undefined))
        answer.on('error', reject)
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text, reused: sent.reusedSocket }))
      })
      sent.on('error', reject)
    })
  return { ask, close: () => agent.destroy() }
}

/** Knows users by their connections, as IIS does; answers `/half` in two halves, the second when it is let go on. */
async function windowsServer(): Promise<TestServer & { readonly goOn: () => void }> {
  const users = new WeakMap<object, number>()
  let number = 0
  let goOn = () => undefined as void
  const server = await biServer((request, _body, response) => {
    const token = /^NTLM (.*)$/.exec(request.headers.authorization ?? '')?.[1]
    const kind = token === undefined ? null : Buffer.from(token, 'base64').readUInt32LE(8)
    if (kind === 1) {
      const challenge = Buffer.from('NTLMSSP\0\x02\0\0\0').toString('base64')
      return response.writeHead(401, { 'WWW-Authenticate': `NTLM ${challenge}` }).end()
    }
    if (kind === 3) users.set(request.socket, (number += 1))
    if (request.url !== '/half') return response.end(`login ${users.get(request.socket) ?? 'none'}`)
    response.write('first half, ')
    goOn = () => void response.end('second half')
    return undefined
  })
  return { ...server, goOn: () => goOn() }
}

const negotiate = { Authorization: `NTLM ${negotiateMessage.toString('base64')}` }
const login = (user: string) => ({
  Authorization: `NTLM ${authenticateMessage({ domain: 'KOMMUNE', user, workstation: 'PC-7' }).toString('base64')}`,
})

test('a login, a kept connection, a WebSocket and an answer half way survive; the next request meets what is new', async (t) => {
  const [windows, other, added] = [
    await windowsServer(),
    await biServer((_request, _body, response) => response.end('old')),
    await biServer((_request, _body, response) => response.end('new')),
  ]
  windows.server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    socket.on('data', () => socket.write(Buffer.from([0x81, 2, 0x6f, 0x6b])))
    socket.on('error', () => socket.destroy())
    socket.on('end', () => socket.end())
  })
  for (const server of [windows, other, added]) t.after(() => server.close())
  const port = await freePort()
  const servers = [
    { name: 'windows', upstream: windows.url, host: 'windows' },
    { name: 'other', upstream: other.url, host: 'other' },
  ]
  const config = { proxy: { listen: `127.0.0.1:${port}` }, servers }
  const folder = scratch(config)
  const proxy = await start(t, folder)

  const logged = client(port, 'windows')
  assert.equal((await logged.ask('/', negotiate)).status, 401)
  assert.equal((await logged.ask('/', login('abc'))).text, 'login 1')
  const plain = client(port, 'other')
  assert.equal((await plain.ask('/')).text, 'old')
  const slow = client(port, 'windows')
  const halfway = Promise.withResolvers<void>()
  const half = slow.ask('/half', {}, (so) => (so.endsWith('half, ') ? halfway.resolve() : undefined))
  await halfway.promise
  const webSocket = connect(port, '127.0.0.1')
  webSocket.write(
    'GET /ws HTTP/1.1\r\nHost: windows\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(webSocket, 'data')

  rewrite(folder, {
    ...config,
    persons: { threshold: 7 },
    servers: [
      { name: 'added', upstream: added.url, host: 'added' },
      servers[0],
      { name: 'other', upstream: added.url, host: 'other' },
    ],
  })
  const told = await run(['reload'], { cwd: folder })
  assert.equal(told.code, 0, told.err)
  assert.match(told.out, /^changed {2}\/servers\/other\/upstream$/m)
  assert.match(told.out, /^changed {2}\/persons\/threshold$/m)
  assert.doesNotMatch(told.out, /windows/, 'an unchanged server')

  // Nothing is asked of the login again, and it is the same connection on both sides.
  assert.deepEqual(await logged.ask('/'), { status: 200, text: 'login 1', reused: true })
  assert.deepEqual(await plain.ask('/'), { status: 200, text: 'new', reused: true })
  assert.equal((await client(port, 'added').ask('/')).text, 'new')
  windows.goOn()
  assert.equal((await half).text, 'first half, second half')
  // A frame of a client is masked (RFC 6455, section 5.3 "Client-to-Server Masking").
  webSocket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x68, 0x69]))
  const [frame] = (await once(webSocket, 'data')) as [Buffer]
  assert.equal(frame.toString('latin1', 2), 'ok')
  webSocket.destroy()
  for (const one of [logged, plain, slow]) one.close()

  const [first, second, ...more] = await configured(folder, 2)
  assert.equal(more.length, 0)
  assert.deepEqual([first?.application, first?.outcome], ['Tilsyn start', 'answered'])
  assert.ok(first?.changes.every(({ kind }) => kind === 'insert'))
  assert.deepEqual([second?.application, second?.action], ['Tilsyn command', 'configure'])
  assert.deepEqual([second?.user_name, second?.user_confirmed], [userInfo().username, true])
  const upstream = second?.changes.find(({ setting }) => setting === '/servers/other/upstream')
  assert.deepEqual(
    [upstream?.kind, upstream?.old_value, upstream?.new_value],
    ['change', JSON.stringify(other.url), JSON.stringify(added.url)],
  )
  await stop(proxy)
})

test('a mistake changes nothing, by command as by signal, and each attempt is an entry', async (t) => {
  const upstream = await biServer((_request, _body, response) => response.end('here'))
  t.after(() => upstream.close())
  const [port, taken] = [await freePort(), Number(new URL(upstream.url).port)]
  const config = { proxy: { listen: `127.0.0.1:${port}` }, servers: [{ name: 'bi01', upstream: upstream.url }] }
  const folder = scratch(config)
  const proxy = await start(t, folder)
  const mistakes: readonly (readonly [unknown, RegExp])[] = [
    [{ ...config, persons: { treshold: 5 } }, /persons\.treshold: unknown; expected one of/],
    [
      { ...config, persons: { threshold: 5 }, proxy: { listen: [`127.0.0.1:${port}`, `127.0.0.1:${taken}`] } },
      /proxy\.listen\[1\]: .*EADDRINUSE/,
    ],
    [{ ...config, persons: { threshold: 5 }, identity: { organisations: 'gone.csv' } }, /gone\.csv/],
  ]
  for (const [written, expected] of mistakes) {
    rewrite(folder, written)
    const { code, err, out } = await run(['reload'], { cwd: folder })
    assert.equal(code, 2, out + err)
    assert.match(err, expected)
    assert.equal(out, '')
  }
  proxy.child.kill('SIGHUP')
  const refusals = () => proxy.printed().split('the old one stays').length - 1
  await eventually(10_000, async () => (refusals() > mistakes.length ? true : null))
  // A command reads the configuration too.
  rewrite(folder, config)
  const entries = await configured(folder, 1 + mistakes.length + 1)
  assert.deepEqual(
    entries.map(({ outcome, application }) => [outcome, application]),
    [['answered', 'Tilsyn start'], ...mistakes.map(() => ['refused', 'Tilsyn command']), ['refused', 'Tilsyn signal']],
  )
  assert.ok(entries.slice(1).every(({ changes }) => changes.length === 0))
  assert.equal((await client(port, 'x').ask('/')).text, 'here')

  const { code, out } = await run(['reload'], { cwd: folder })
  assert.deepEqual([code, out], [0, 'nothing has changed\n'])
  await stop(proxy)
  assert.match((await run(['reload'], { cwd: folder })).err, /no proxy answers/)
})

test('SIGHUP reads the configuration again; what waits for the next start is an entry of that start', async (t) => {
  const upstream = await biServer((_request, _body, response) => response.end(dataset()))
  t.after(() => upstream.close())
  const [port, second, admin] = [await freePort(), await freePort(), await freePort()]
  const config = { proxy: { listen: `127.0.0.1:${port}` }, servers: [{ name: 'bi01', upstream: upstream.url }] }
  const folder = scratch(config)
  const proxy = await start(t, folder)
  const kept = client(port, 'x')
  await kept.ask('/')
  const moved = { listen: `127.0.0.1:${second}`, admin: `127.0.0.1:${admin}` }
  rewrite(folder, { ...config, proxy: moved, modules: [{ cube: 'Borger', module: 'Ydelse' }] })
  proxy.child.kill('SIGHUP')
  await printed(proxy, /was read again/)
  assert.equal((await kept.ask('/')).reused, true, 'a connection to an address that is no longer listened on')
  await assert.rejects(client(port, 'x').ask('/'), { code: 'ECONNREFUSED' })
  await fetch(`http://127.0.0.1:${second}/xmla`, {
    method: 'POST',
    headers: { 'Content-Type': 'text/xml' },
    body: execute('SELECT [Measures].[Antal] ON 0 FROM [Borger]'),
  })
  await assert.rejects(fetch(`http://127.0.0.1:${admin}/healthz`), 'an admin address begins at a start')
  kept.close()
  await stop(proxy)
  const again = await start(t, folder)
  assert.equal((await fetch(`http://127.0.0.1:${admin}/healthz`)).status, 200)
  const entries = await configured(folder, 3)
  assert.deepEqual(
    entries.map(({ application, changes }) => [application, ...changes.map(({ setting }) => setting)]).slice(1),
    [
      ['Tilsyn signal', '/modules', '/modules/0', '/proxy/listen'],
      ['Tilsyn start', '/proxy/admin'],
    ],
  )
  const { out } = await run(['log', '--module', 'Ydelse'], { cwd: folder })
  assert.match(out, /bi01/, 'the recorder knows the new module')
  await stop(again)
})

test('what changed while nobody ran is found at the start; secrets are never on record, files by their content', async (t) => {
  const upstream = await biServer((_request, _body, response) => response.end(dataset()))
  t.after(() => upstream.close())
  const directory = { url: 'ldaps://ad.example', base: 'dc=example', user: 'tilsyn', passwordFile: 'password.txt' }
  const config = {
    proxy: { listen: `127.0.0.1:${await freePort()}` },
    servers: [{ name: 'bi01', upstream: upstream.url }],
    identity: { organisations: 'map.csv', directory },
  }
  const folder = scratch(config)
  const put = (name: string, content: string) => writeFileSync(join(folder, name), content)
  put('map.csv', 'bruger;organisation\n*;Skole\n')
  put('password.txt', 'hemmeligt-et')
  await stop(await start(t, folder))
  put('map.csv', 'bruger;organisation\n*;Plejehjem\n')
  put('password.txt', 'hemmeligt-to')
  rewrite(folder, { ...config, persons: { threshold: 3 } })
  await stop(await start(t, folder))
  await stop(await start(t, folder))
  const entries = await configured(folder, 2)
  assert.equal(entries.length, 2, 'a start without a change is no entry')
  assert.deepEqual(
    entries[1]?.changes.map(({ setting, kind }) => [setting, kind]),
    [
      ['/identity/directory/passwordFile', 'change'],
      ['/identity/organisations', 'change'],
      ['/persons/threshold', 'change'],
    ],
  )
  assert.equal(entries[1]?.user_name, null)
  assert.match(entries[1]?.changes[1]?.new_value ?? '', /^"map\.csv" \(SHA-256 [0-9a-f]{64}\)$/)
  const kept = readFileSync(join(folder, 'data', 'journal', 'configuration.json'), 'utf8')
  assert.doesNotMatch(JSON.stringify(entries) + kept, /hemmeligt/)
})

test('killed right after it was told to reload, the proxy has each change on record exactly once', async (t) => {
  const upstream = await biServer((_request, _body, response) => response.end(dataset()))
  t.after(() => upstream.close())
  const config = {
    proxy: { listen: `127.0.0.1:${await freePort()}` },
    servers: [{ name: 'bi01', upstream: upstream.url }],
    log: { level: 'error' },
  }
  const folder = scratch(config)
  const rounds = 4
  for (let round = 1; round <= rounds; round++) {
    const proxy = await start(t, folder)
    rewrite(folder, { ...config, persons: { threshold: 100 + round } })
    proxy.child.kill('SIGHUP')
    setTimeout(() => proxy.child.kill('SIGKILL'), (round - 1) * 40)
    await proxy.ended
  }
  await stop(await start(t, folder))
  const entries = await configured(folder, 2)
  const steps = entries.flatMap(({ changes }) => changes.filter(({ setting }) => setting === '/persons/threshold'))
  assert.deepEqual(
    steps.map(({ old_value, new_value }) => [old_value, new_value]),
    [[null, '20'], ...Array.from({ length: rounds }, (_, n) => [n === 0 ? '20' : `${100 + n}`, `${101 + n}`])],
  )
  const through = entries.slice(1).map(({ application }) => application)
  t.diagnostic(
    `${through.filter((one) => one === 'Tilsyn signal').length} of ${rounds} by signal, the others at the next start`,
  )
  const { code, out } = await run(['verify'], { cwd: folder })
  assert.equal(code, 0, out)
})
