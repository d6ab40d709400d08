/** What is left standing when something is not: the BI server, the store, memory. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { eventually, freePort, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'
import type { Running } from '../support/tilsyn.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'

type Entry = Readonly<Record<string, unknown>>

interface Answer {
  readonly status: number
  readonly body: string
  readonly bytes: number
}

async function proxyTo(
  t: TestContext,
  upstream: string,
  more: object = {},
): Promise<{ port: number; folder: string; proxy: Running }> {
  const port = await freePort()
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}`, captureMegabytes: 0.01 },
    servers: [{ name: 'bi01', upstream }],
    ...more,
  })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  return { port, folder, proxy }
}

/** Sends one body; keeps at most the first 10 kB of the answer's text, so that a long answer costs no memory here. */
function send(port: number, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': Buffer.byteLength(body) }
    const sent = request(
      { host: '127.0.0.1', port, path: '/xmla', method: 'POST', headers, agent: false },
      (answer) => {
        let kept = ''
        let bytes = 0
        answer.on('data', (part: Buffer) => {
          bytes += part.length
          if (kept.length < 10_000) kept += part.toString('utf8')
        })
        answer.on('error', reject).on('end', () => resolve({ status: answer.statusCode ?? 0, body: kept, bytes }))
      },
    )
    sent.on('error', reject).end(body)
  })
}

function entries(folder: string, count: number): Promise<readonly Entry[]> {
  return eventually(30_000, async () => {
    const { out } = await run(['log', '--json', '--limit', '1000'], { cwd: folder })
    const all = out.split('\n').filter((line) => line.includes('"server":"bi01"'))
    return all.length >= count ? all.map((line): Entry => JSON.parse(line)) : null
  })
}

async function stop(proxy: Running): Promise<void> {
  proxy.child.kill('SIGTERM')
  const { code, err } = await proxy.ended
  assert.equal(code, 0, err)
}

test('with the BI server down, the client gets a 502 that says so, and the attempt is an entry', async (t) => {
  const { port, folder, proxy } = await proxyTo(t, `http://127.0.0.1:${await freePort()}`)
  const answer = await send(port, execute('SELECT [Measures].[Antal] ON 0 FROM [Borger]'))
  assert.equal(answer.status, 502)
  assert.match(answer.body, /BI/)
  const [entry] = await entries(folder, 1)
  assert.equal(entry?.['outcome'], 'aborted')
  assert.equal(entry?.['cube'], 'Borger')
  await stop(proxy)
})

test('with the store down queries go on, the journal tells how far behind it is, and the tables catch up', async (t) => {
  const upstream = await biServer((_request, _body, response) => response.end(dataset()))
  const folderOf = (folder: string) => join(folder, 'db', 'tilsyn.db')
  const port = await freePort()
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}`, journal: 'journal' },
    servers: [{ name: 'bi01', upstream: upstream.url }],
    store: { kind: 'embedded', path: 'db/tilsyn.db' },
  })
  t.after(() => upstream.close())
  // A folder where the database file should be: it cannot be opened.
  mkdirSync(folderOf(folder), { recursive: true })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  for (let n = 0; n < 20; n++) {
    const { status } = await send(port, execute(`SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE ([Nr].&[${n}])`))
    assert.equal(status, 200)
  }
  const status = await eventually(10_000, async () => {
    const path = join(folder, 'journal', 'status.json')
    const told: Entry = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
    return told['store'] === 'unavailable' && Number(told['pending']) >= 20 ? told : null
  })
  assert.ok(status)
  rmdirSync(folderOf(folder))
  const caughtUp = await entries(folder, 20)
  assert.deepEqual(
    caughtUp.map((entry) => entry['seq']).sort((a, b) => Number(a) - Number(b)),
    // The first number is the set-up's.
    Array.from({ length: 20 }, (_, n) => n + 2),
  )
  await stop(proxy)
})

test('a request over the capture limit is forwarded whole, and recorded with its head, size and hash', async (t) => {
  let received = 0
  const upstream = await biServer((_request, body, response) => {
    received = Buffer.byteLength(body)
    response.end(dataset())
  })
  t.after(() => upstream.close())
  const { port, folder, proxy } = await proxyTo(t, upstream.url)
  const body = execute(`SELECT {${'[Borger].[CPR].&[0101475001], '.repeat(2000)}} ON 0 FROM [Borger]`)
  assert.equal((await send(port, body)).status, 200)
  assert.equal(received, Buffer.byteLength(body))
  const [entry] = await entries(folder, 1)
  assert.equal(entry?.['opaque'], 'too-large')
  assert.equal(entry['request_bytes'], Buffer.byteLength(body))
  assert.equal(entry['request_hash'], createHash('sha256').update(body).digest('hex'))
  assert.match(String(entry['query']), /SELECT \{\[Borger\]/)
  assert.match(JSON.stringify(entry['criteria']), /0101475001/)
  await stop(proxy)
})

function residentMegabytes(pid: number | undefined): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))
  return Number(line?.[1]) / 1024
}

async function largeAnswer(t: TestContext, type: string, megabytes: number): Promise<void> {
  const row = `<row><C0>${'æ'.repeat(40)}</C0><C1>12345.67</C1></row>\n`
  const head = '<root xmlns="urn:schemas-microsoft-com:xml-analysis:rowset">'
  const part = Buffer.from(row.repeat(Math.floor(65_536 / row.length)))
  const all = Math.ceil((megabytes * 1024 * 1024) / part.length)
  const upstream = await biServer((_request, body, response) => {
    const parts = body.includes('[Varm]') ? 100 : all
    response.writeHead(200, { 'Content-Type': type })
    response.write(head)
    let sent = 0
    const more = () => {
      let room = true
      while (room && sent < parts) {
        sent += 1
        room = response.write(part)
      }
      if (sent === parts) response.end('</root>')
      else response.once('drain', more)
    }
    more()
  })
  t.after(() => upstream.close())
  const { port, folder, proxy } = await proxyTo(t, upstream.url)
  // Warm: code compiled, threads started, pools filled.
  for (let n = 0; n < 3; n++) await send(port, execute('SELECT [Measures].[Antal] ON 0 FROM [Varm]'))
  const before = residentMegabytes(proxy.child.pid)
  let most = before
  const watch = setInterval(() => (most = Math.max(most, residentMegabytes(proxy.child.pid))), 100)
  const began = performance.now()
  const { status, bytes } = await send(port, execute('SELECT [Measures].[Antal] ON 0 FROM [Borger]'))
  clearInterval(watch)
  const seconds = (performance.now() - began) / 1000
  t.diagnostic(
    `${type}: ${megabytes} MB in ${seconds.toFixed(1)} s, resident ${before.toFixed(0)} → ${most.toFixed(0)} MB`,
  )
  assert.equal(status, 200)
  assert.equal(bytes, all * part.length + head.length + '</root>'.length)
  assert.ok(most - before < 60, `resident memory grew by ${(most - before).toFixed(0)} MB`)
  const [entry] = await entries(folder, 4)
  assert.equal(entry?.['answer_bytes'], bytes)
  await stop(proxy)
}

const memory = {
  skip: existsSync('/proc/self/status') ? false : 'resident memory is read from /proc, which is not here',
}

test('an answer of 1 GB leaves resident memory within 60 MB of what it was', memory, (t) =>
  largeAnswer(t, 'application/octet-stream', 1024),
)

test('so does a long answer that is read for persons as it passes', memory, (t) => largeAnswer(t, 'text/xml', 200))
