import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import https from 'node:https'
import { createServer, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { Upstreams, type UpstreamEvent, type UpstreamPlace } from '../../proxy/admin/upstreams.ts'
import type { HealthConfig } from '../../schema/config/health.ts'
import { biServer, eventually, listen, type Scope } from '../forward/support.ts'
import { Authority, text } from '../front/certificates.ts'

const CONNECT: HealthConfig = { path: null, expect: null, everyMs: 20, timeoutMs: 500 }
const DAY_MS = 24 * 60 * 60 * 1000

function watch(t: Scope, place: Omit<UpstreamPlace, 'name'>) {
  const events: UpstreamEvent[] = []
  const upstreams = new Upstreams([{ name: 'bi', ...place }], (event) => events.push(event))
  t.after(() => upstreams.close())
  upstreams.look()
  const state = () => {
    const [known] = upstreams.known()
    if (known === undefined) throw new Error('one server is watched')
    return known
  }
  const looked = () => eventually('a look', () => state().lookedAt !== null)
  const met = (error: string | null) => eventually(`error ${error}`, () => state().isKnown && state().error === error)
  return { upstreams, events, state, looked, met }
}

const at = (port: number) => new URL(`http://127.0.0.1:${port}/olap`)

test('a BI server that goes away and comes back is found so without any query, and told once each time', async (t) => {
  const server = createServer((socket: Socket) => void socket.on('error', () => undefined).resume())
  const port = await listen(t, server)
  const { events, met } = watch(t, { upstream: at(port), health: CONNECT })
  await met(null)
  assert.deepEqual(events, [])
  await closed(server)
  await met('ECONNREFUSED')
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  await met(null)
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ['upstream-down', 'upstream-up'],
  )
})

test('a health path is asked on the server itself, without credentials, and what it answers is told', async (t) => {
  let status = 200
  const seen: [target: string | undefined, names: string[]][] = []
  const bi = await biServer(t, (req, res) => {
    seen.push([req.url, req.rawHeaders.filter((_, index) => index % 2 === 0)])
    res.writeHead(status).end('x'.repeat(100_000))
  })
  const health = { ...CONNECT, path: '/health?deep', expect: [200, 401] }
  const { met } = watch(t, { upstream: at(bi), health })
  await met(null)
  assert.deepEqual(seen[0], ['/health?deep', ['Host', 'User-Agent', 'Accept', 'Connection']])
  for (status of [503, 404]) await met(`STATUS_${status}`)
  status = 401
  await met(null)
})

test('without a list all statuses below 500 are good', async (t) => {
  let status = 404
  const bi = await biServer(t, (_req, res) => res.writeHead(status).end())
  const { met } = watch(t, { upstream: at(bi), health: { ...CONNECT, path: '/' } })
  await met(null)
  status = 500
  await met('STATUS_500')
})

test('a query that comes through shows that the server can be reached, not that it is well', async (t) => {
  const bi = await biServer(t, (_req, res) => res.writeHead(503).end())
  const { upstreams, state, met } = watch(t, { upstream: at(bi), health: { ...CONNECT, path: '/', everyMs: 60_000 } })
  await met('STATUS_503')
  upstreams.heard({ kind: 'upstream-unreachable', server: 'bi', code: 'ECONNRESET' })
  assert.equal(state().error, 'ECONNRESET')
  upstreams.heard({ kind: 'passed', server: 'bi', heldMs: 0, proxyMs: 0 })
  assert.equal(state().error, 'STATUS_503')
})

test('a server that takes connections and says nothing is given up in time', async (t) => {
  const port = await listen(
    t,
    createServer(() => undefined),
  )
  const silent = { ...CONNECT, timeoutMs: 50 }
  const plain = watch(t, { upstream: at(port), health: { ...silent, path: '/' } })
  const secure = watch(t, { upstream: new URL(`https://127.0.0.1:${port}`), health: silent })
  await plain.met('ETIMEDOUT')
  await secure.met('ETIMEDOUT')
})

const OK: RequestListener = (_req, res) => void res.end('ok')

test("a BI server's certificate is looked at as queries look at it, and how long it lasts is told", async (t) => {
  const authority = new Authority(t)
  const serve = async (names: string, days: number) => {
    const { cert, key } = authority.issue(names, days)
    return listen(t, https.createServer({ cert: text(cert), key: text(key) }, OK))
  }
  const own = { ca: text(authority.cert), health: { ...CONNECT, path: '/' } }
  const good = watch(t, { upstream: new URL(`https://127.0.0.1:${await serve('IP:127.0.0.1', 10)}`), ...own })
  await good.met(null)
  assert.equal(daysOf(good.state().certificateEndsAt), 10)
  const ended = watch(t, { upstream: new URL(`https://127.0.0.1:${await serve('IP:127.0.0.1', -1)}`), ...own })
  await ended.met('CERT_HAS_EXPIRED')
  assert.equal(daysOf(ended.state().certificateEndsAt), -1)
  const other = watch(t, { upstream: new URL(`https://127.0.0.1:${await serve('DNS:bi.example', 10)}`), ...own })
  await other.met('ERR_TLS_CERT_ALTNAME_INVALID')
  const strange = watch(t, {
    upstream: new URL(`https://127.0.0.1:${await serve('IP:127.0.0.1', 10)}`),
    health: CONNECT,
  })
  await strange.met('UNABLE_TO_VERIFY_LEAF_SIGNATURE')
})

test('a server whose address has changed is looked at there, and the old one no more', async (t) => {
  let [old, now] = [0, 0]
  const first = await biServer(t, (_req, res) => void ((old += 1), res.writeHead(503).end()))
  const second = await biServer(t, (_req, res) => void ((now += 1), res.end()))
  const health = { ...CONNECT, path: '/' }
  const { upstreams, met } = watch(t, { upstream: at(first), health })
  await met('STATUS_503')
  upstreams.know([{ name: 'bi', upstream: at(second), health }])
  await met(null)
  const before = old
  await eventually('more looks', () => now > 3)
  assert.ok(old <= before + 1)
})

function daysOf(endsAt: number | null): number {
  return Math.round(((endsAt ?? 0) - Date.now()) / DAY_MS)
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}
