/** A proxy in several processes, as an operator runs it: what is asked of any of them is in the tables exactly once. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { authenticateMessage, negotiateMessage } from '../identity/ntlm-message.ts'
import { Authority, text as textOf } from '../front/certificates.ts'
import { hear, tlsClient } from '../front/support.ts'
import { connect } from '../forward/support.ts'
import { eventually, freePort, printed, type Running, scratch, tilsyn } from '../support/tilsyn.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'

const ANSWER = dataset([['[Borger].[Kommune].&[Sønderå]', 'Sønderå']])

interface Lab {
  readonly folder: string
  readonly port: number
  readonly admin: string
  /** Starts the proxy with so many processes, and resolves when it takes queries. */
  run(workers: number): Promise<Running>
  rows(): readonly Row[]
}

interface Row {
  readonly origin: string
  readonly seq: number
  readonly ip: string
  readonly outcome: string
  readonly user: string | null
  readonly mark: string | null
}

async function lab(t: TestContext, answer: Parameters<typeof biServer>[0], more: object = {}): Promise<Lab> {
  const upstream = await biServer(answer)
  t.after(() => upstream.close())
  const [port, adminPort] = [await freePort(), await freePort()]
  const config = (workers: number) => ({
    proxy: { listen: `127.0.0.1:${port}`, admin: `127.0.0.1:${adminPort}`, workers, ...more },
    servers: [{ name: 'bi01', upstream: upstream.url }],
    log: { level: 'error' },
  })
  const folder = scratch(config(1))
  const run = async (workers: number) => {
    writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify(config(workers)))
    const proxy = tilsyn(['proxy'], { cwd: folder })
    t.after(() => proxy.child.kill('SIGKILL'))
    await printed(proxy, /proxy listening/)
    return proxy
  }
  return { folder, port, admin: `http://127.0.0.1:${adminPort}`, run, rows: () => rowsOf(folder) }
}

function rowsOf(folder: string): readonly Row[] {
  if (!existsSync(join(folder, 'data', 'tilsyn.db'))) return []
  const db = new DatabaseSync(join(folder, 'data', 'tilsyn.db'), { readOnly: true, timeout: 10_000 })
  // Made a moment ago, it has no tables yet.
  const isMade = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log'").all().length > 0
  const rows = isMade ? db.prepare('SELECT origin, seq, ip, outcome, user_name AS user, query FROM log').all() : []
  db.close()
  return rows.map(({ origin, seq, ip, outcome, user, query }) => ({
    origin: String(origin),
    seq: Number(seq),
    ip: String(ip),
    outcome: String(outcome),
    user: user === null ? null : String(user),
    mark: /&\[([^\]]*)\]/.exec(String(query))?.[1] ?? null,
  }))
}

type Seen = 'nothing' | 'part' | 'whole'

interface Sent {
  readonly seen: Seen
  readonly status: number
  readonly text: string
}

function ask(port: number, agent: Agent, mark: string, headers: Record<string, string> = {}): Promise<Sent> {
  return new Promise((resolve) => {
    let seen: Seen = 'nothing'
    let [status, text] = [0, '']
    const body = execute(`SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE ([Prøve].[Mærke].&[${mark}])`)
    const all = { 'Content-Type': 'text/xml', 'Content-Length': Buffer.byteLength(body), ...headers }
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/xmla', agent, headers: all }, (answer) => {
      seen = 'part'
      status = answer.statusCode ?? 0
      answer.on('end', () => (seen = answer.complete ? 'whole' : seen))
      answer.on('error', () => undefined).on('close', () => resolve({ seen, status, text }))
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
    })
    sent.on('error', () => resolve({ seen, status, text }))
    sent.end(body)
  })
}

/** A client at an address of its own: the whole network 127.0.0.0/8 is this computer. */
const clientAt = (t: TestContext, localAddress: string) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, localAddress })
  t.after(() => agent.destroy())
  return agent
}

/** Everything of `marks` is in the tables once, and no number of any origin is missing. */
async function allThere(its: Lab, marks: ReadonlyMap<string, Seen>): Promise<readonly Row[]> {
  const seen = [...marks].filter(([, how]) => how !== 'nothing').map(([mark]) => mark)
  const rows = await eventually(120_000, async () => {
    const found = its.rows()
    const there = new Set(found.map(({ mark }) => mark))
    return seen.every((mark) => there.has(mark)) && !hasHoles(found) ? found : null
  })
  const byMark = new Map<string, Row[]>()
  for (const row of rows) if (row.mark !== null) byMark.set(row.mark, [...(byMark.get(row.mark) ?? []), row])
  for (const mark of marks.keys()) {
    const found = byMark.get(mark) ?? []
    assert.ok(found.length <= 1, `${mark} is there ${found.length} times`)
  }
  // The set-up, which is the first entry, came from no address.
  return rows.filter(({ ip }) => ip !== '')
}

function hasHoles(rows: readonly Row[]): boolean {
  return Object.values(Object.groupBy(rows, ({ origin }) => origin)).some((own = []) => {
    const numbers = new Set(own.map(({ seq }) => seq))
    return numbers.size !== Math.max(...numbers)
  })
}

async function stopped(proxy: Running): Promise<void> {
  proxy.child.kill('SIGTERM')
  const { code, err } = await proxy.ended
  assert.equal(code, 0, err)
}

/** Process numbers of the workers, from the system: the first line of each is its parent's. */
async function workersOf({ child }: Running): Promise<readonly number[]> {
  const { readFile, readdir } = await import('node:fs/promises')
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parents = await Promise.all(
    numbers.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      return { pid, parent: Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]) }
    }),
  )
  return parents.filter(({ parent }) => parent === child.pid).map(({ pid }) => pid)
}

test('with three workers every query is in the tables once, and one address has one origin', async (t) => {
  const its = await lab(t, (_request, _body, response) => response.end(ANSWER))
  const proxy = await its.run(3)
  const marks = new Map<string, Seen>()
  const clients = Array.from({ length: 24 }, async (_, client) => {
    const address = `127.0.0.${client % 12 === 0 ? 1 : (client % 12) + 20}`
    for (let turn = 0; turn < 5; turn++) {
      const agent = clientAt(t, address)
      for (let n = 0; n < 4; n++) {
        const mark = `${client}-${turn}-${n}`
        marks.set(mark, (await ask(its.port, agent, mark)).seen)
      }
      agent.destroy()
    }
  })
  await Promise.all(clients)
  assert.ok([...marks.values()].every((seen) => seen === 'whole'))
  const rows = await allThere(its, marks)
  assert.equal(rows.length, 24 * 20)
  const origins = new Set(rows.map(({ origin }) => origin))
  assert.equal(origins.size, 3)
  const byAddress = Object.groupBy(rows, ({ ip }) => ip)
  assert.equal(Object.keys(byAddress).length, 12)
  for (const [ip, own = []] of Object.entries(byAddress))
    assert.equal(new Set(own.map(({ origin }) => origin)).size, 1, ip)

  const metrics = await eventually(20_000, async () => {
    const text = await (await fetch(`${its.admin}/metrics`)).text()
    // And one of the set-up, whose module no rule names either.
    return /tilsyn_entries_total\{[^}]*\} 481\n/.test(text) ? text : null
  })
  for (const worker of [1, 2, 3]) assert.ok(metrics.includes(`tilsyn_workers_up{worker="${worker}"} 1\n`))
  assert.match(metrics, /tilsyn_answer_held_seconds_count 480\n/)
  assert.doesNotMatch(metrics, /127\.0\.0\./)
  // A recorder that found the new tables locked by another one's first entry tells within a second that it has them.
  await eventually(10_000, async () => {
    const ready: unknown = await (await fetch(`${its.admin}/readyz`)).json()
    return isDeepStrictEqual(ready, { ready: true, reasons: [], warnings: [] }) ? ready : null
  })
  await stopped(proxy)
  await assert.rejects(fetch(`${its.admin}/healthz`))
})

test('a login by connection survives, for each connection is served by one worker', async (t) => {
  const users = new Map<object, string>()
  const its = await lab(t, (incoming, _body, response) => {
    const challenge = (token: string) => response.writeHead(401, { 'WWW-Authenticate': `NTLM${token}` }).end('who?')
    const token = /^NTLM (.*)$/.exec(incoming.headers.authorization ?? '')?.[1]
    const message = Buffer.from(token ?? '', 'base64')
    if (token !== undefined && message.readUInt32LE(8) === 1)
      return challenge(` ${Buffer.from('NTLMSSP\0\x02\0\0\0').toString('base64')}`)
    const at = token === undefined ? 0 : message.readUInt32LE(40)
    if (token !== undefined) users.set(incoming.socket, message.toString('utf16le', at, at + message.readUInt16LE(36)))
    const user = users.get(incoming.socket)
    return user === undefined ? challenge('') : response.end(`you are ${user}`)
  })
  await its.run(3)
  const marks = new Map<string, Seen>()
  const people = Array.from({ length: 30 }, async (_, n) => {
    const agent = clientAt(t, `127.0.0.${n + 10}`)
    const say = async (turn: string, message: Buffer | null) => {
      const headers = message === null ? {} : { Authorization: `NTLM ${message.toString('base64')}` }
      const sent = await ask(its.port, agent, `${n}-${turn}`, headers)
      marks.set(`${n}-${turn}`, sent.seen)
      return sent.text
    }
    await say('a', negotiateMessage)
    const login = authenticateMessage({ domain: 'KOMMUNE', user: `user${n}`, workstation: 'PC-7' })
    assert.equal(await say('b', login), `you are user${n}`)
    for (const turn of ['c', 'd', 'e']) assert.equal(await say(turn, null), `you are user${n}`)
  })
  await Promise.all(people)
  const rows = await allThere(its, marks)
  for (let n = 0; n < 30; n++) {
    const own = rows.filter(({ mark }) => mark?.startsWith(`${n}-`) === true && !mark.endsWith('a'))
    assert.deepEqual(
      own.map(({ user }) => user),
      Array.from({ length: 4 }, () => `KOMMUNE\\user${n}`),
    )
  }
})

/** Clients that ask until they are told to stop; each from an address of its own. */
function load(t: TestContext, its: Lab, label: string, clients: number) {
  const marks = new Map<string, Seen>()
  const over = new AbortController()
  const all = Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      const agent = clientAt(t, `127.0.0.${client + 10}`)
      for (let n = 0; !over.signal.aborted; n++) {
        const mark = `${label}-${client}-${n}`
        marks.set(mark, (await ask(its.port, agent, mark)).seen)
      }
    }),
  )
  const enough = (count: number) =>
    eventually(30_000, async () =>
      [...marks.values()].filter((seen) => seen === 'whole').length >= count ? marks : null,
    )
  const end = async () => {
    over.abort()
    await all
    return marks
  }
  return { marks, enough, end }
}

const slowly: Parameters<typeof biServer>[0] = (_request, _body, response) => {
  response.writeHead(200, { 'Content-Type': 'text/xml' })
  response.write(ANSWER.slice(0, 100))
  setTimeout(() => response.end(ANSWER.slice(100)), 5)
}

test('a worker that is killed costs its own connections; the next one tells what became of them', async (t) => {
  const its = await lab(t, slowly)
  const proxy = await its.run(3)
  const under = load(t, its, 'k', 12)
  await under.enough(60)
  for (const victim of await workersOf(proxy)) {
    process.kill(victim, 'SIGKILL')
    const so = [...under.marks.values()].filter((seen) => seen === 'whole').length
    await under.enough(so + 100)
    // The one in its place takes queries before the next is killed.
    await eventually(20_000, async () => {
      const told: unknown = await (await fetch(`${its.admin}/readyz`)).json()
      return JSON.stringify(told) === '{"ready":true,"reasons":[],"warnings":[]}' ? true : null
    })
  }
  const marks = await under.end()
  const rows = await allThere(its, marks)
  const cut = [...marks].filter(([, seen]) => seen !== 'whole').map(([mark]) => mark)
  assert.ok(cut.length > 0, 'no kill fell into a query under way')
  assert.ok(cut.length <= 12 * 3 * 3, `the others were hindered: ${cut.length} were cut`)
  for (const { mark, outcome } of rows) {
    if (marks.get(mark ?? '') === 'part') assert.match(outcome, /^(unknown|answered|aborted)$/)
  }
  assert.ok(rows.some(({ outcome }) => outcome === 'unknown'))
  assert.equal(new Set(rows.map(({ origin }) => origin)).size, 3, 'each journal went on under its name')
  const metrics = await (await fetch(`${its.admin}/metrics`)).text()
  for (const worker of [1, 2, 3]) assert.ok(metrics.includes(`tilsyn_worker_restarts_total{worker="${worker}"} 1\n`))
  await stopped(proxy)
})

test('workers whose primary process is killed end by themselves, and nothing is lost or doubled', async (t) => {
  const its = await lab(t, slowly)
  const marks = new Map<string, Seen>()
  for (let round = 0; round < 3; round++) {
    const proxy = await its.run(2)
    const workers = await workersOf(proxy)
    assert.equal(workers.length, 2)
    const under = load(t, its, `p${round}`, 8)
    await under.enough(40)
    proxy.child.kill('SIGKILL')
    for (const [mark, seen] of await under.end()) marks.set(mark, seen)
    if (round === 1) await eventually(30_000, async () => (workers.some(isAlive) ? null : true))
  }
  await its.run(2)
  const rows = await allThere(its, marks)
  assert.equal(new Set(rows.map(({ origin }) => origin)).size, 2)
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('journals left over by more or fewer workers are shipped, whatever their number is now', async (t) => {
  const its = await lab(t, slowly)
  const marks = new Map<string, Seen>()
  // Each is killed with all its processes, so that much is left in the journals.
  for (const [round, workers] of [1, 3, 1, 2].entries()) {
    const proxy = await its.run(workers)
    const under = load(t, its, `r${round}`, 9)
    await under.enough(60)
    for (const pid of [...(await workersOf(proxy)), proxy.child.pid ?? 0]) process.kill(pid, 'SIGKILL')
    for (const [mark, seen] of await under.end()) marks.set(mark, seen)
  }
  const last = await its.run(1)
  const rows = await allThere(its, marks)
  assert.deepEqual(
    readdirSync(join(its.folder, 'data', 'journal')).filter((name) => name.startsWith('worker-')),
    ['worker-1', 'worker-2', 'worker-3'],
  )
  assert.equal(new Set(rows.map(({ origin }) => origin)).size, 4)
  await stopped(last)
})

test('TLS, PROXY protocol and time limits are as with one process', async (t) => {
  const authority = new Authority(t)
  const { cert, key } = authority.issue('DNS:bi.kommune.example')
  const secure = await freePort()
  const more = {
    limits: { headSeconds: 1 },
    tls: { certificate: cert, key },
    trusted: ['127.0.0.2'],
    proxyProtocol: true,
  }
  const plain = await freePort()
  const listen = [
    { address: `127.0.0.1:${plain}`, tls: false },
    { address: `127.0.0.1:${secure}`, tls: true },
  ]
  const its = await lab(t, slowly, { ...more, listen })
  const proxy = await its.run(2)
  const GET = 'GET /olap/?a HTTP/1.1\r\nHost: bi.kommune.example\r\n'

  const client = await tlsClient(t, secure, { ca: textOf(authority.cert) })
  const { text, error } = await hear(client, `${GET}Connection: close\r\n\r\n`)
  assert.match(text, /^HTTP\/1\.1 200 OK\r\n/)
  assert.equal(error, null)

  const slow = connect(t, plain, '127.0.0.4').send(GET)
  assert.match(await slow.end(10_000), /^HTTP\/1\.1 408 /)

  const passed = connect(t, plain, '127.0.0.2').send(
    `PROXY TCP4 10.9.8.7 10.0.0.1 4711 80\r\n${GET}Connection: close\r\n\r\n`,
  )
  assert.match(await passed.end(10_000), /^HTTP\/1\.1 200 OK\r\n/)
  const claimed = connect(t, plain, '127.0.0.5').send(`PROXY TCP4 10.9.8.7 10.0.0.1 4711 80\r\n${GET}\r\n`)
  assert.match(await claimed.end(10_000), /^HTTP\/1\.1 400 /)

  const rows = await eventually(20_000, async () => {
    const found = its.rows().filter(({ ip }) => ip !== '')
    return found.length >= 3 ? found : null
  })
  const addresses = rows.filter(({ outcome }) => outcome === 'answered').map(({ ip }) => ip)
  assert.deepEqual(addresses.toSorted(), ['10.9.8.7', '127.0.0.1'])
  // A connection that just waits does not keep the proxy from stopping.
  connect(t, plain, '127.0.0.6')
  await stopped(proxy)
})

test('a worker that cannot start ends the start of all, with a word about it', async (t) => {
  const its = await lab(t, slowly, { tls: { certificate: 'none.pem', key: 'none.key' } })
  await assert.rejects(its.run(2), /proxy\.tls\.(certificate|key): expected a file that can be read/)
  const other = await lab(t, slowly)
  const first = await other.run(2)
  await assert.rejects(other.run(2), /the journal in .* is in use by another process/)
  await stopped(first)
})
