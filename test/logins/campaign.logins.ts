/**
 * Everybody at once through the whole product, and then every entry of the log held against who sent the request and whom
 * the BI server took him for. `TILSYN_LOGINS=200x500` sets how many users and how many requests of each.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { bare } from '../forward/support.ts'
import { freePort, printed, scratch, tilsyn } from '../support/tilsyn.ts'
import { castOf, everybody, expectedMarks, runCampaign, type Size } from './campaign.ts'
import { readLog } from './log.ts'
import { markOf, people, Visitor } from './people.ts'
import { accountName, startWindowsServer, type Tally, type Troubles } from './windows-server.ts'

const [users = 40, requests = 50] = (process.env['TILSYN_LOGINS'] ?? '40x50').split('x').map(Number)
const SIZE: Size = { users, requests }
const TROUBLES = { forgetsEvery: 97, closesEvery: 89, dropsEvery: 101 }
const LIMIT_MS = 3_000_000

/** One campaign through the product, and its log held against what everybody saw. */
async function day(t: TestContext, size: Size, troubles: Troubles): Promise<Tally> {
  const cast = castOf(size)
  const server = await startWindowsServer(everybody(cast), troubles)
  t.after(() => server.close())
  const { url, folder, end } = await startProxy(t, server.url)
  const began = performance.now()
  const { heard, complaints } = await runCampaign(url, cast, size)
  const seconds = (performance.now() - began) / 1000
  const megabytes = await end()
  t.diagnostic(`${size.users} users x ${size.requests} requests, ${heard.length} answers in ${seconds.toFixed(1)} s`)
  t.diagnostic(`proxy: ${megabytes} MB at most; server: ${JSON.stringify(server.tally)}`)

  assert.deepEqual(complaints.slice(0, 10), [])
  assert.equal(server.tally.crossed, 0)
  assert.equal(server.tally.failedHandshakes, 0)

  const log = readLog(folder, new Map(everybody(cast).map((account) => [account.name, accountName(account)])))
  t.diagnostic(`log: ${log.entries} entries, ${log.unauthorized} with 401, ${log.unanswered} without an answer`)
  assert.deepEqual(log.faults.slice(0, 10), [])
  assert.deepEqual([log.firstSeq, log.lastSeq, log.seqs], [1, log.entries, log.entries])
  const told = new Set(heard.map(({ mark }) => mark))
  const notOnce = expectedMarks(cast, size)
    .map((mark) => ({ mark, logged: log.answered.get(mark), served: server.served.get(mark), told: told.has(mark) }))
    .filter(({ logged, served, told }) => logged !== 1 || served?.length !== 1 || !told)
  assert.deepEqual(notOnce.slice(0, 10), [])
  return server.tally
}

interface Proxy {
  readonly url: URL
  readonly folder: string
  /** Resolves when everything is in the tables, with the most memory it had, in megabytes. */
  readonly end: () => Promise<number>
}

async function startProxy(t: TestContext, upstream: URL): Promise<Proxy> {
  const port = await freePort()
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'bi', upstream: upstream.href }],
  })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  const end = async () => {
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${proxy.child.pid}/status`, 'utf8'))?.[1]
    proxy.child.kill('SIGTERM')
    const { code, err } = await proxy.ended
    assert.equal(code, 0, err)
    return Math.round(Number(peak) / 1024)
  }
  return { url: new URL(`http://127.0.0.1:${port}`), folder, end }
}

test(
  'whoever logs in, and whatever happens around him, every entry has the user the BI server had',
  { timeout: LIMIT_MS },
  async (t) => {
    const tally = await day(t, SIZE, TROUBLES)
    assert.ok(tally.handshakes > users)
    assert.ok(tally.forgotten > 0 && tally.closed > 0 && tally.dropped > 0)
  },
)

test('a BI server that wants each request proved anew has it so', { timeout: 120_000 }, async (t) => {
  const size = { users: 10, requests: 10 }
  const tally = await day(t, size, { persist: false })
  assert.ok(tally.handshakes >= size.users * size.requests)
})

/** With one agent for all, a request goes out on whichever connection is free. */
test('with an agent that all share, a login serves everybody, and of two that meet one fails', async (t) => {
  const [anna, bent] = people(2)
  assert.ok(anna !== undefined && bent !== undefined)
  const server = await startWindowsServer([anna, bent])
  t.after(() => server.close())
  const { port } = await bare(t, Number(server.url.port))
  const [a, b, stranger] = [1, 2, 3].map(() => new Visitor(new URL(`http://127.0.0.1:${port}`)))
  assert.ok(a !== undefined && b !== undefined && stranger !== undefined)
  t.after(() => [a, b, stranger].forEach((one) => one.close()))

  assert.equal((await a.logIn(markOf(anna.name, 1), anna, 'NTLM')).user, accountName(anna))
  assert.equal((await stranger.ask(markOf('nobody', 1))).user, accountName(anna))
  assert.equal(server.tally.crossed, 1)

  const challenge = await a.knock(markOf(anna.name, 2), 'NTLM')
  await b.knock(markOf(bent.name, 2), 'NTLM')
  assert.equal((await a.prove(markOf(anna.name, 2), anna, 'NTLM', challenge)).status, 401)
  assert.ok(server.tally.failedHandshakes > 0)
})

test(
  'the same day with an agent that all share is full of complaints, because handshakes meet',
  { timeout: 120_000 },
  async (t) => {
    const size = { users: 20, requests: 20 }
    const cast = castOf(size)
    const server = await startWindowsServer(everybody(cast))
    t.after(() => server.close())
    const { port } = await bare(t, Number(server.url.port))
    const { complaints } = await runCampaign(new URL(`http://127.0.0.1:${port}`), cast, size)
    t.diagnostic(`${complaints.length} complaints; server: ${JSON.stringify(server.tally)}`)
    assert.ok(server.tally.failedHandshakes > 0)
    assert.ok(complaints.length > 0)
  },
)
