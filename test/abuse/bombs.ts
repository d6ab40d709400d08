/** What is small on the wire and large once somebody reads it, or takes its reader longer than it should. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import net from 'node:net'
import { brotliCompressSync, constants, createDeflateRaw, deflateRawSync, gzipSync } from 'node:zlib'
import { createAnswerReader } from '../../proxy/answer/answer-threads.ts'
import type { RawHeaders } from '../../proxy/exchange.ts'
import { biServer, connect, eventually, listen, ours, rawServer, type Scope } from '../forward/support.ts'
import { said } from '../forward/websocket-frames.ts'
import { execute, record, statement } from '../support/exchanges.ts'
import { processorMs } from '../support/processor-time.ts'
import type { Trial } from './trial.ts'

const N = 100_000
const XML: RawHeaders = [['Content-Type', 'text/xml']]
const JSON_BODY: RawHeaders = [['Content-Type', 'application/json']]
/** No reader here takes seconds of processor time for what fits in the capture limit. */
const MAX_MS = 10_000

type Opaque = ReturnType<typeof record>['opaque']

interface Asked {
  readonly target?: string
  readonly headers?: RawHeaders
  readonly body: string | Uint8Array
}

/** A request's body as the recorder reads it: it has all the time it wants, but must come to an end. */
function asked(what: string, given: () => Asked, opaque: Opaque): Trial {
  const mark = opaque === null ? '' : `, marked \`${opaque}\``
  return {
    what: `a request with ${what}`,
    answer: 'forwarded as it is',
    trace: `entry whole${mark}`,
    run: async () => {
      const request = given()
      const took = processorMs(() => {
        const entry = record(request)
        assert.equal(entry.opaque, opaque)
        if (typeof request.body === 'string') assert.ok((entry.query?.length ?? 0) > 0)
      })
      assert.ok(took < MAX_MS, `${took} ms`)
    },
  }
}

const json = (body: string): Asked => ({ target: '/api/dataset', headers: JSON_BODY, body })
const packed = (coding: string, body: Uint8Array): Asked => ({ headers: [...XML, ['Content-Encoding', coding]], body })
const times = (count: number, one: (i: number) => string) => Array.from({ length: count }, (_, i) => one(i)).join('')
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }

const doubling = times(30, (i) => `<!ENTITY a${i + 1} "&a${i};&a${i};">`)

const REQUESTS: readonly Trial[] = [
  asked(
    'a billion laughs',
    () => ({ body: `<!DOCTYPE x [<!ENTITY a0 "ha">${doubling}]>${statement('&a30;')}` }),
    'unknown-protocol',
  ),
  asked(
    'one long entity, used 50,000 times',
    () => ({
      body: `<!DOCTYPE x [<!ENTITY a "${'x'.repeat(50_000)}">]>${execute(`<Statement>${'&a;'.repeat(50_000)}</Statement>`)}`,
    }),
    'unknown-protocol',
  ),
  asked('an entity nobody has declared', () => ({ body: execute('<Statement>&nope;</Statement>') }), 'unreadable'),
  asked('100,000 elements in each other', () => ({ body: execute('<a>'.repeat(N) + '</a>'.repeat(N)) }), 'limits'),
  asked('100,000 attributes', () => ({ body: execute(`<Statement ${times(N, (i) => `a${i}="x" `)}/>`) }), 'limits'),
  asked(
    '100,000 namespaces',
    () => ({ body: execute(`<Statement ${times(N, (i) => `xmlns:a${i}="x" `)}/>`) }),
    'limits',
  ),
  asked(
    'a million character references',
    () => ({ body: execute(`<Statement>${'&#x41;'.repeat(10 * N)}</Statement>`) }),
    'syntax',
  ),
  asked('a million arrays in each other', () => json('['.repeat(10 * N)), 'limits'),
  asked('a million objects in each other', () => json('{"a":'.repeat(10 * N) + '1' + '}'.repeat(10 * N)), 'limits'),
  asked('a number of a million digits', () => json(`{"database":${'9'.repeat(10 * N)},"query":{}}`), null),
  asked('one key 100,000 times', () => json(`{${'"database":1,'.repeat(N)}"query":{"source-table":1}}`), null),
  asked(
    'half a surrogate pair',
    () => json('{"database":1,"type":"native","native":{"query":"SELECT 1 \\ud800"}}'),
    null,
  ),
  asked(
    '100,000 parentheses in MDX',
    () => ({ body: statement(`SELECT ${'('.repeat(N)}1${')'.repeat(N)} ON 0 FROM [x]`) }),
    'limits',
  ),
  asked(
    '100,000 braces in MDX',
    () => ({ body: statement(`SELECT ${'{'.repeat(N)}${'}'.repeat(N)} ON 0 FROM [x]`) }),
    'limits',
  ),
  asked('100,000 calls in DAX', () => ({ body: statement(`EVALUATE ${'FILTER('.repeat(N)}`) }), 'limits'),
  asked('200 MB in 200 KB of gzip', () => packed('gzip', gzipSync(Buffer.alloc(200_000_000))), 'limits'),
  asked(
    '200 MB in 200 bytes of brotli',
    () => packed('br', brotliCompressSync(Buffer.alloc(200_000_000), fast)),
    'limits',
  ),
  asked(
    'gzip in gzip in gzip in gzip',
    () => packed('gzip, gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(gzipSync('x'))))),
    'limits',
  ),
  {
    what: 'a request with entities that lie in a file and on another server',
    answer: 'forwarded as it is; nothing is fetched',
    trace: 'entry whole, marked `unknown-protocol`',
    run: async (t) => {
      let fetched = 0
      const port = await listen(
        t,
        net.createServer(() => (fetched += 1)),
      )
      for (const place of [`http://127.0.0.1:${port}/x`, 'file:///etc/hostname']) {
        const body = `<!DOCTYPE x [<!ENTITY a SYSTEM "${place}"><!ENTITY % b SYSTEM "${place}">%b;]>${statement('&a;')}`
        const entry = record({ body })
        assert.deepEqual(
          [entry.opaque, entry.query?.includes('&amp;a;') || entry.query?.includes(place)],
          ['unknown-protocol', true],
        )
      }
      // A connection of our own comes after any that the reading opened.
      net.connect(port, '127.0.0.1').on('error', () => undefined)
      await eventually('our own connection is there', () => fetched > 0)
      assert.equal(fetched, 1)
    },
  },
]

/** The proxy with its real reader of answers, and one who asks all the while: how long he waited at most. */
async function withNeighbour(scope: Scope, upstream: number, work: (port: number) => Promise<void>) {
  const reader = createAnswerReader({ persons: { latestBirth: '2026-01-01', threshold: 20, attributes: [] } })
  scope.after(() => reader.close())
  const proxy = await ours(scope, upstream, { readAnswer: reader.readAnswer })
  let slowest = 0
  const over = new AbortController()
  const neighbour = async () => {
    const client = connect(scope, proxy.port)
    while (!over.signal.aborted) {
      const before = performance.now()
      client.text = ''
      await client.send('GET /neighbour HTTP/1.1\r\nHost: a\r\n\r\n').has('\r\n\r\nok', 10_000)
      slowest = Math.max(slowest, performance.now() - before)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  const asking = neighbour()
  await work(proxy.port)
  over.abort()
  await asking
  assert.ok(slowest < 5000, `a neighbour waited ${slowest} ms`)
  return proxy
}

const hashOf = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

function answered(what: string, body: () => Promise<Uint8Array> | Uint8Array, headers: Record<string, string>): Trial {
  return {
    what: `an answer with ${what}`,
    answer: 'passed on byte for byte; others are answered meanwhile',
    trace: 'entry `answered`, its answer marked as unread',
    run: async (t) => {
      const bytes = Buffer.from(await body())
      const upstream = await biServer(t, (req, res) => {
        if (req.url === '/neighbour') res.end('ok')
        else res.writeHead(200, { ...headers, 'Content-Length': bytes.length }).end(bytes)
      })
      const { witness } = await withNeighbour(t, upstream, async (port) => {
        const client = connect(t, port).send('GET /bomb HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
        const text = await client.end(30_000)
        assert.equal(hashOf(Buffer.from(text.slice(text.indexOf('\r\n\r\n') + 4), 'latin1')), hashOf(bytes))
      })
      const bomb = () => witness.answers.find(({ ticket }) => witness.asked[ticket.seq - 1]?.target === '/bomb')
      await eventually('the answer is read', () => bomb() !== undefined, 30_000)
      assert.deepEqual([bomb()?.answered.ending, bomb()?.answered.facts?.decoded], ['complete', false])
    },
  }
}

/** Zeros without end: each piece of a deflate stream that forgets what was before is the same bytes. */
function zeros(pieces: number): Promise<Buffer> {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const deflate = createDeflateRaw()
  const out: Buffer[] = []
  deflate.on('data', (chunk: Buffer) => out.push(chunk))
  deflate.write(Buffer.alloc(64 * 1024 * 1024))
  deflate.flush(constants.Z_FULL_FLUSH, () => {
    deflate.close()
    const piece = Buffer.concat(out)
    resolve(Buffer.concat(Array.from({ length: pieces }, () => piece)))
  })
  return promise
}

const XML_TYPE = { 'Content-Type': 'text/xml' }

const ANSWERS: readonly Trial[] = [
  answered('10 GB in 10 MB of deflate', () => zeros(160), { ...XML_TYPE, 'Content-Encoding': 'deflate' }),
  answered('200 MB in 200 bytes of brotli', () => brotliCompressSync(Buffer.alloc(200_000_000), fast), {
    ...XML_TYPE,
    'Content-Encoding': 'br',
  }),
  answered('100,000 elements in each other', () => Buffer.from('<a>'.repeat(N) + '</a>'.repeat(N)), XML_TYPE),
  answered('a million arrays in each other', () => Buffer.from('['.repeat(10 * N)), {
    'Content-Type': 'application/json',
  }),
]

const WEBSOCKET = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'

/** Says `flood` in a WebSocket; its last message is `{"id":7}`, which is to be an entry, too. */
function flooded(what: string, trace: string, flood: () => string, extension = ''): Trial {
  return {
    what: `a WebSocket with ${what}`,
    answer: 'passed on byte for byte; others are answered meanwhile',
    trace,
    run: async (t) => {
      let got = 0
      const head = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${extension}\r\n`
      const upstream = await rawServer(t, (socket) => {
        let isSwitched = false
        socket.on('data', (chunk: Buffer) => {
          if (isSwitched) got += chunk.length
          else if (chunk.includes('/neighbour')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
          else isSwitched = socket.write(head)
        })
      })
      const bytes = flood() + said('{"id":7}')
      const { witness } = await withNeighbour(t, upstream, async (port) => {
        const client = connect(t, port).send(WEBSOCKET)
        await client.has('\r\n\r\n', 30_000)
        client.send(bytes)
        await eventually('all has come', () => got === bytes.length, 30_000)
        client.socket.end()
        await client.until('the end', ({ closed }) => closed, 10_000)
      })
      const last = () => witness.asked.findLast(({ method }) => method === 'SAY')
      const text = () => Buffer.from(last()?.body.bytes ?? []).toString()
      await eventually('the last message is an entry', () => text() === '{"id":7}', 30_000)
      await eventually('all are answered', () => witness.answers.length === witness.asked.length, 30_000)
    },
  }
}

const DEFLATE = 'Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n'

const WEBSOCKETS: readonly Trial[] = [
  flooded(
    '128 MB in one message of 128 KB',
    'an entry for each message, this one with its first bytes, its size and its SHA-256',
    () => said(deflateRawSync(Buffer.alloc(128 * 1024 * 1024)), { reserved: 4 }),
    DEFLATE,
  ),
  flooded(
    'one message in 50,000 pieces',
    'an entry for each message',
    () => said('x', { last: false }) + said('x', { opcode: 0, last: false }).repeat(50_000) + said('x', { opcode: 0 }),
  ),
  flooded('50,000 pings', 'an entry for each message', () => said('', { opcode: 9 }).repeat(50_000)),
]

export const BOMBS: readonly Trial[] = [...REQUESTS, ...ANSWERS, ...WEBSOCKETS]
