import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ConnectionEnd } from '../../../proxy/forward/http2/connection.ts'
import { requestLines } from '../../../proxy/forward/http2/request-lines.ts'

const head = (path: string, more: readonly string[] = [], method = 'GET') =>
  requestLines([':method', method, ':scheme', 'https', ':authority', 'bi', ':path', path, ...more], true)

test('a target has one of the two forms, whatever else could be read in it', () => {
  for (const path of ['', 'olap', 'http://another/', '*', '/a b', '/a\r\nX: y', '/a\0', '//x y', '\\x']) {
    assert.equal(head(path).kind, 'unclear', JSON.stringify(path))
  }
  for (const path of ['/', '//a', '/a?b=http://c/#d', '/\xe6']) assert.equal(head(path).kind, 'clear', path)
  assert.equal(head('*', [], 'OPTIONS').kind, 'clear')
})

test('scheme and authority are as they are asked for, a user in front is not', () => {
  const kindOf = (scheme: string, authority: string) =>
    requestLines([':method', 'GET', ':scheme', scheme, ':authority', authority, ':path', '/'], true).kind
  assert.equal(kindOf('https', 'bi'), 'clear')
  assert.equal(kindOf('HTTP', 'bi:80'), 'clear')
  assert.equal(kindOf('ftp', 'bi'), 'unclear')
  assert.equal(kindOf('https', 'a@bi'), 'unclear')
})

test('one host, cookies in one line, and a body without a length in chunks', () => {
  const raw = ['cookie', 'a=1', 'x-a', '1', 'cookie', 'b=2', 'host', 'BI', 'cookie', 'c=3']
  const request = requestLines([':method', 'POST', ':scheme', 'https', ':authority', 'bi', ':path', '/', ...raw], false)
  assert.ok(request.kind === 'clear')
  assert.deepEqual(request.headers, [
    'cookie',
    'a=1; b=2; c=3',
    'x-a',
    '1',
    'host',
    'BI',
    'transfer-encoding',
    'chunked',
  ])
})

test('hosts that disagree are both there to be refused', () => {
  const request = head('/', ['host', 'another'])
  assert.ok(request.kind === 'clear')
  assert.deepEqual(request.headers, ['host', 'bi', 'host', 'another'])
})

test('nothing makes it throw, and what is clear has a target without spaces or controls', () => {
  const name = fc.constantFrom(':method', ':path', ':scheme', ':authority', 'cookie', 'host', 'content-length', 'x-a')
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), fc.boolean(), (lines, ends) => {
      const request = requestLines(lines.flat(), ends)
      if (request.kind === 'clear') assert.match(request.target, /^(?:\/[\x21-\xff]*|\*)$/)
    }),
  )
})

test('an end that is destroyed before it has ended is no orderly end for the other', async () => {
  const { client, server } = ConnectionEnd.pair()
  const heard: string[] = []
  const closed = new Promise((resolve) => server.once('close', resolve))
  server.on('data', (chunk: Buffer) => heard.push(chunk.toString()))
  server.on('end', () => heard.push('end'))
  server.on('error', (error: NodeJS.ErrnoException) => heard.push(error.code ?? ''))
  client.write('half')
  client.destroy()
  await closed
  assert.deepEqual(heard, ['half', 'ECONNRESET'])
})

test('what one end writes waits for the other to read, and silence is told', async () => {
  const { client, server } = ConnectionEnd.pair()
  let taken = 0
  for (let at = 0; at < 100; at += 1) client.write(Buffer.alloc(4096), () => (taken += 1))
  await new Promise((resolve) => setImmediate(resolve))
  assert.ok(taken < 10, `${taken} pieces`)
  const silence = new Promise<string>((resolve) => server.setTimeout(20).once('timeout', () => resolve('silence')))
  assert.equal(await silence, 'silence')
  server.resume()
  const ended = new Promise((resolve) => server.once('end', resolve))
  client.destroySoon()
  await ended
  assert.equal(taken, 100)
})
