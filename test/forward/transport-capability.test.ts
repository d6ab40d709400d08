import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, ours, scripted } from './support.ts'

const HEADER = 'X-Transport-Caps-Negotiation-Flags'
/** Offers binary XML whenever it is asked for. */
const answer = (request: string) => {
  const flags = /negotiation-flags: (.*)\r\n/i.exec(request)?.[1] ?? 'none'
  return `HTTP/1.1 200 OK\r\nContent-Length: ${flags.length}\r\n${HEADER}: 1,1,1,1,1\r\nX-Other: 1,1\r\n\r\n${flags}`
}

async function ask(t: Parameters<typeof ours>[0], binaryXml: 'avoid' | 'pass', header: string): Promise<string> {
  const { port: upstream } = await scripted(t, answer)
  const { port, witness } = await ours(t, upstream, { servers: [{ binaryXml }] })
  const request = `GET / HTTP/1.1\r\nHost: a\r\n${header === '' ? '' : `${header}\r\n`}Connection: close\r\n\r\n`
  const client = connect(t, port).send(request)
  await client.end()
  const [asked] = witness.asked
  const sent = asked?.headers.find(([name]) => name.toLowerCase() === HEADER.toLowerCase())
  assert.equal(sent === undefined ? '' : sent.join(': '), header)
  return client.text
}

test('client and BI server hear that the other speaks text only, and the entry has what the client said', async (t) => {
  const text = await ask(t, 'avoid', `${HEADER}: 1,1,1,1,1`)
  assert.ok(text.includes(`${HEADER}: 1,0,0,0,0\r\nX-Other: 1,1\r\n`))
  assert.ok(text.endsWith('\r\n\r\n1,0,0,0,0'))
})

test('a first request stays one that has not negotiated, and one that says text already is left byte for byte', async (t) => {
  assert.ok((await ask(t, 'avoid', `${HEADER}: 0, 1, 1, 0, 1`)).endsWith('\r\n\r\n0,0,0,0,0'))
  assert.ok((await ask(t, 'avoid', `${HEADER.toLowerCase()}: 1, 0, 0, 0, 0`)).endsWith('\r\n\r\n1, 0, 0, 0, 0'))
  assert.ok((await ask(t, 'avoid', '')).endsWith('\r\n\r\nnone'))
})

test('where binary XML may pass, the header does too, untouched', async (t) => {
  const text = await ask(t, 'pass', `${HEADER}: 1,1,1,1,1`)
  assert.ok(text.includes(`${HEADER}: 1,1,1,1,1\r\n`))
  assert.ok(text.endsWith('\r\n\r\n1,1,1,1,1'))
})
