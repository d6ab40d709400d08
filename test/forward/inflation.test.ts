import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { Inflation } from '../../proxy/forward/websocket/inflation.ts'

async function inflated(inflation: Inflation, bytes: Uint8Array): Promise<string> {
  const out: Uint8Array[] = []
  const take = async (piece: Uint8Array) => void out.push(Buffer.from(piece))
  await inflation.piece(bytes, take)
  await inflation.end(take)
  return Buffer.concat(out).toString()
}

// RFC 7692, section 7.2.3.4, 'Using a DEFLATE Block with "BFINAL" Set to 1': its example is `final` and one byte 0.
for (const side of ['client', 'server'] as const) {
  for (const extensions of ['permessage-deflate', `permessage-deflate; ${side}_no_context_takeover`]) {
    test(`a message that ends its deflate stream is read, and so is the next (${extensions}, ${side})`, async () => {
      const inflation = new Inflation(extensions, side)
      const final = deflateRawSync('Hello')
      for (const bytes of [final, Buffer.concat([final, Buffer.of(0)]), final]) {
        assert.equal(await inflated(inflation, bytes), 'Hello')
        assert.equal(inflation.failed, false)
        inflation.next()
      }
    })
  }
}

test('a message with more behind the end of its deflate stream is no message that we can read', async () => {
  const inflation = new Inflation('permessage-deflate', 'client')
  await inflated(inflation, Buffer.concat([deflateRawSync('harmless'), deflateRawSync('a query')]))
  assert.equal(inflation.failed, true)
})
