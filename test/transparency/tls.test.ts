// The same behind TLS on both sides, and that TLS says there that it ends. What is cut: test/front/tls.test.ts.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import tls from 'node:tls'
import { Authority, text } from '../front/certificates.ts'
import { compare } from './compare.ts'
import { GET, SCRIPTS } from './scripts.ts'
import { SEQUENCES } from './sequences.ts'
import { Stage } from './stage.ts'

const NAMED =
  /trailers|chunks|beyond ASCII|HEAD|expectation|piece|half a megabyte|said and answered|within chunks|ends within a length|leaves/
const SAMPLE = [...SCRIPTS, ...SEQUENCES].filter(({ title }) => NAMED.test(title) && !/resets|megabyte by/.test(title))

test('behind TLS on both sides, too, everything is the same with and without the proxy', async (t) => {
  const stage = await Stage.open(t, { authority: new Authority(t) })
  assert.ok(SAMPLE.length >= 30)
  for (const script of SAMPLE) {
    await t.test(script.title, async () => {
      const direct = await stage.play(script, 'direct')
      const { expected, seen } = compare(direct, await stage.play(script, 'proxied'), script.allows ?? [])
      assert.deepEqual(seen, expected)
    })
  }
})

/** The last record a TLS 1.2 connection brings: 21 is an alert, and the only one here is close_notify (RFC 5246, 6.2.1). */
async function lastRecord(port: number, ca: string): Promise<number> {
  const records: number[] = []
  let buffered = Buffer.alloc(0)
  const far = net.connect(port, '127.0.0.1')
  const near = net.createServer((socket) => {
    socket.on('data', (chunk) => far.write(chunk)).on('error', () => far.destroy())
    far.on('data', (chunk: Buffer) => {
      buffered = Buffer.concat([buffered, chunk])
      while (buffered.length >= 5 && buffered.length >= 5 + buffered.readUInt16BE(3)) {
        records.push(buffered.readUInt8(0))
        buffered = buffered.subarray(5 + buffered.readUInt16BE(3))
      }
      socket.write(chunk)
    })
    far.on('close', () => socket.destroy())
    far.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => near.listen(0, '127.0.0.1', resolve))
  const address = near.address()
  const through = typeof address === 'object' && address !== null ? address.port : 0
  const client = tls.connect({ port: through, host: '127.0.0.1', ca, servername: 'localhost', maxVersion: 'TLSv1.2' })
  client.on('error', () => undefined)
  client.on('secureConnect', () => client.write(GET))
  client.resume()
  await once(far, 'close')
  client.destroy()
  near.close()
  return records.at(-1) ?? 0
}

test('an answer without a length, and whole, ends with close_notify', async (t) => {
  const authority = new Authority(t)
  const stage = await Stage.open(t, { authority })
  const record = lastRecord(stage.port('proxied'), text(authority.cert))
  await stage.serveOnce(async (server) => {
    await server.request()
    await server.says('HTTP/1.1 200 OK\r\nX: 1\r\n\r\nall of it')
    server.ends()
  })
  assert.equal(await record, 21)
})
