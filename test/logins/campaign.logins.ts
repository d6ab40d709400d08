/**
 * Everybody at once through the whole product, and then every entry of the log held against who sent the request and whom
 * the BI server took him for. `TILSYN_LOGINS=200x500` sets how many users and how many requests of each.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { bare } from '../forward/support.ts'
import { freePort, printed, scratch, tilsyn } from '../support/tilsyn.ts'
import { castOf, everybody, expectedMarks, runCampaign, type Size } from './campaign.ts'
import { readLog } from './log.ts'
import { markOf, people, Visitor } from './people.ts'
import { accountName, startWindowsServer } from './windows-server.ts'

const [users = 40, requests = 50] = (process.env['TILSYN_LOGINS'] ?? '40x50').split('x').map(Number)
const SIZE: Size = { users, requests }
const TROUBLES = { forgetsEvery: 97, closesEvery: 89, dropsEvery: 101 }
const LIMIT_MS = 3_000_000

test(
  'whoever logs in, and whatever happens around him, every entry has the user the BI server had',
  { timeout: LIMIT_MS },
  async (t) => {
    const cast = castOf(SIZE)
    const server = await startWindowsServer(everybody(cast), TROUBLES)
    t.after(() => server.close())
    const port = await freePort()
    const folder = scratch({
      proxy: { listen: `127.0.0.1:${port}` },
      servers: [{ name: 'bi', upstream: server.url.href }],
    })
    const proxy = tilsyn(['proxy'], { cwd: folder })
    t.after(() => proxy.child.kill('SIGKILL'))
    await printed(proxy, /listening/)
    const began = performance.now()
    const { heard, complaints } = await runCampaign(new URL(`http://127.0.0.1:${port}`), cast, SIZE)
    const seconds = (performance.now() - began) / 1000
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${proxy.child.pid}/status`, 'utf8'))?.[1]
    proxy.child.kill('SIGTERM')
    const { code, err } = await proxy.ended
    assert.equal(code, 0, err)
    t.diagnostic(`${users} users x ${requests} requests, ${heard.length} answers heard in ${seconds.toFixed(1)} s`)
    t.diagnostic(`proxy: ${Math.round(Number(peak) / 1024)} MB at most; server: ${JSON.stringify(server.tally)}`)

    assert.deepEqual(complaints.slice(0, 10), [])
    assert.equal(server.tally.crossed, 0)
    assert.equal(server.tally.failedHandshakes, 0)
    assert.ok(server.tally.handshakes > users)
    assert.ok(server.tally.forgotten > 0 && server.tally.closed > 0 && server.tally.dropped > 0)

    const log = readLog(folder, new Map(everybody(cast).map((account) => [account.name, accountName(account)])))
    t.diagnostic(`log: ${log.entries} entries, ${log.unauthorized} with 401, ${log.unanswered} without an answer`)
    assert.deepEqual(log.faults.slice(0, 10), [])
    assert.deepEqual([log.firstSeq, log.lastSeq, log.seqs], [1, log.entries, log.entries])
    const told = new Set(heard.map(({ mark }) => mark))
    const notOnce = expectedMarks(cast, SIZE)
      .map((mark) => ({ mark, logged: log.answered.get(mark), served: server.served.get(mark), told: told.has(mark) }))
      .filter(({ logged, served, told }) => logged !== 1 || served?.length !== 1 || !told)
    assert.deepEqual(notOnce.slice(0, 10), [])
  },
)

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
