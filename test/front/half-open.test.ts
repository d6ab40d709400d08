import assert from 'node:assert/strict'
import net from 'node:net'
import { test } from 'node:test'
import { eventually, listen } from '../forward/support.ts'
import { Authority, text } from './certificates.ts'
import { fronted, tlsClient, tlsConfig } from './support.ts'

const GET = 'GET / HTTP/1.1\r\nHost: bi.kommune.example\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
/** Longer than it takes to ask a few times whether the client is there. */
const LATER_MS = 1300

test('a client that ends its half of TLS and listens gets its answer, however late', async (t) => {
  const authority = new Authority(t)
  const upstream = await listen(
    t,
    net.createServer({ allowHalfOpen: true }, (socket) => {
      socket.once('data', () => setTimeout(() => socket.end(OK), LATER_MS))
    }),
  )
  const { port, witness } = await fronted(t, upstream, {
    config: { tls: tlsConfig(authority.issue('DNS:bi.kommune.example')) },
  })
  const client = await tlsClient(t, port, { ca: text(authority.cert) })
  let heard = ''
  client.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')))
  client.end(GET)
  const [answered] = await witness.outcomes(1)
  assert.equal(answered?.ending, 'complete')
  await eventually('the answer', () => heard === OK)
})

test('a client that ends its half of TLS and then is reset frees a BI server that heeds no FIN', async (t) => {
  const authority = new Authority(t)
  let [asked, open] = [0, 0]
  const upstream = await listen(
    t,
    net.createServer({ allowHalfOpen: true }, (socket) => {
      open += 1
      const asking = setInterval(() => socket.writable && socket.write(Buffer.alloc(0)), 5)
      socket.on('data', () => (asked += 1))
      socket.on('close', () => {
        clearInterval(asking)
        open -= 1
      })
    }),
  )
  const { port, witness } = await fronted(t, upstream, {
    config: { tls: tlsConfig(authority.issue('DNS:bi.kommune.example')) },
  })
  // Between the two, for a TLS socket cannot be reset.
  const wires: net.Socket[] = []
  const between = net.createServer({ allowHalfOpen: true }, (near) => {
    const far = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    far.on('error', () => undefined)
    near.pipe(far)
    far.pipe(near, { end: false })
    wires.push(far)
  })
  const client = await tlsClient(t, await listen(t, between), { ca: text(authority.cert) })
  client.on('error', () => undefined)
  client.end(GET)
  await eventually('asked', () => asked === 1)
  await eventually('the half is ended', () => wires[0]?.writableFinished === true)
  wires[0]?.resetAndDestroy()
  await eventually('the BI server is free', () => open === 0)
  assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
})
