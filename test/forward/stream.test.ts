import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { biServer, connect, eventually, ours } from './support.ts'

const MB = 1_048_576

/** `total` bytes in a pattern, made as they are read. */
function generated(total: number): Readable {
  const block = Buffer.from(Array.from({ length: 65_536 }, (_, n) => n & 0xff))
  let left = total
  return new Readable({
    read() {
      const size = Math.min(left, block.length)
      left -= size
      this.push(size === 0 ? null : block.subarray(0, size))
    },
  })
}

async function digest(stream: AsyncIterable<Buffer>): Promise<string> {
  const hash = createHash('md5')
  for await (const chunk of stream) hash.update(chunk)
  return hash.digest('hex')
}

/** A forwarder in another process, and the most resident memory it was seen to have. */
class Measured {
  readonly #process: ChildProcess
  readonly #watch: NodeJS.Timeout
  most = 0

  constructor(upstream: number) {
    const script = new URL('forward-process.ts', import.meta.url)
    this.#process = fork(script, [`http://127.0.0.1:${upstream}`])
    this.#watch = setInterval(() => this.#process.send('rss'), 25)
    this.#process.on('message', (said: { readonly rss?: number }) => (this.most = Math.max(this.most, said.rss ?? 0)))
  }

  async port(): Promise<number> {
    const [said]: { readonly port: number }[] = await once(this.#process, 'message')
    return said?.port ?? 0
  }

  async memory(): Promise<number> {
    this.#process.send('rss')
    for (;;) {
      const [said]: { readonly rss?: number }[] = await once(this.#process, 'message')
      if (said?.rss !== undefined) return said.rss
    }
  }

  stop(): void {
    clearInterval(this.#watch)
    this.#process.disconnect()
  }
}

test('an answer of 1 GB passes whole, in bounded memory', { timeout: 60_000 }, async (t) => {
  const upstream = await biServer(t, (req, res) => void generated(Number(req.url?.slice(1)) * MB).pipe(res))
  const proxy = new Measured(upstream)
  t.after(() => proxy.stop())
  const port = await proxy.port()
  const get = (path: string) =>
    new Promise<http.IncomingMessage>((resolve) => http.get({ port, host: '127.0.0.1', path }, resolve))
  let bytes = 0
  const read = async (path: string) => {
    bytes = 0
    for await (const chunk of (await get(path)) as AsyncIterable<Buffer>) bytes += chunk.length
  }
  // The collector takes its room first, whatever the proxy does; then the size of an answer must not show any more.
  await read('/100')
  const before = await proxy.memory()
  await read('/1024')
  t.diagnostic(`resident memory grew by ${Math.round((proxy.most - before) / MB)} MB`)
  assert.equal(bytes, 1024 * MB)
  assert.ok(proxy.most >= before && proxy.most - before < 60 * MB)
})

test('an upload of 300 MB passes byte for byte, in bounded memory', { timeout: 60_000 }, async (t) => {
  const upstream = await biServer(t, (req, res) => void digest(req).then((sum) => res.end(sum)))
  const proxy = new Measured(upstream)
  t.after(() => proxy.stop())
  const port = await proxy.port()
  const put = async (total: number) => {
    const answer = await new Promise<http.IncomingMessage>((resolve) =>
      generated(total).pipe(http.request({ port, host: '127.0.0.1', method: 'POST' }, resolve)),
    )
    return answer.setEncoding('latin1').reduce((all: string, part: string) => all + part, '')
  }
  await put(60 * MB)
  const before = await proxy.memory()
  assert.equal(await put(300 * MB), await digest(generated(300 * MB)))
  t.diagnostic(`resident memory grew by ${Math.round((proxy.most - before) / MB)} MB`)
  assert.ok(proxy.most >= before && proxy.most - before < 60 * MB)
})

test('a client that does not read holds the BI server back', async (t) => {
  let written = 0
  const upstream = await biServer(t, (_req, res) => {
    const source = generated(100 * MB)
    source.on('data', (chunk: Buffer) => (written += chunk.length))
    source.pipe(res)
  })
  const { port } = await ours(t, upstream)
  const client = connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.has('\r\n\r\n')
  client.socket.pause()
  let seen = -1
  await eventually('a standstill', () => {
    const still = written === seen
    seen = written
    return still && written > 0
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  assert.ok(written < 30 * MB, String(written))
})

test('a BI server that does not read holds the client back', async (t) => {
  const upstream = await biServer(t, () => undefined)
  const { port } = await ours(t, upstream)
  let sent = 0
  const source = generated(100 * MB)
  source.on('data', (chunk: Buffer) => (sent += chunk.length))
  const request = http.request({ port, host: '127.0.0.1', method: 'POST' })
  request.on('error', () => undefined)
  t.after(() => request.destroy())
  source.pipe(request)
  await new Promise((resolve) => setTimeout(resolve, 500))
  assert.ok(sent > 0 && sent < 30 * MB, String(sent))
})

test('an answer that trickles arrives as it trickles', async (t) => {
  const next = Promise.withResolvers<void>()
  const upstream = await biServer(t, (_req, res) => {
    res.flushHeaders()
    void next.promise.then(() => res.write('first'))
  })
  const { port } = await ours(t, upstream)
  const client = connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.has('\r\n\r\n')
  next.resolve()
  await client.has('first')
})
