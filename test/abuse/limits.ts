/** Clients that take more than their share (docs/decisions/0020-limits.md), with limits as low as a test can wait for. */
import assert from 'node:assert/strict'
import {
  biServer,
  connect,
  eventually,
  ours,
  rawServer,
  type RawClient,
  type Scope,
  scripted,
} from '../forward/support.ts'
import { fronted } from '../front/support.ts'
import { OK } from './recorder.ts'
import type { Trial } from './trial.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const SLOW = { slowMs: 400, slowBytesPerSecond: 100 }
const WEBSOCKET = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'

/** Sends `piece` every 20 ms for as long as the connection is there. */
function trickle(scope: Scope, client: RawClient, piece: string): void {
  const timer = setInterval(() => client.socket.writable && client.send(piece), 20)
  scope.after(() => clearInterval(timer))
}

const kinds = (events: readonly { readonly kind: string }[]) => events.map(({ kind }) => kind)

export const LIMITS: readonly Trial[] = [
  {
    what: 'slow-loris: a head that does not come to its end',
    answer: '408 after `headSeconds`',
    trace: 'event `malformed`',
    run: async (t) => {
      const { port, events, witness } = await ours(t, (await scripted(t, OK)).port, { limits: { headMs: 100 } })
      const client = connect(t, port).send('GET / HTTP/1.1\r\n')
      trickle(t, client, 'a: b\r\n')
      assert.match(await client.end(), /^HTTP\/1.1 408 /)
      assert.deepEqual([kinds(events), witness.asked], [['malformed'], []])
    },
  },
  {
    what: 'a connection on which nothing is said',
    answer: '408 after `headSeconds`',
    trace: 'event `malformed`',
    run: async (t) => {
      const { port, events } = await ours(t, (await scripted(t, OK)).port, { limits: { headMs: 100 } })
      assert.match(await connect(t, port).end(), /^HTTP\/1.1 408 /)
      assert.deepEqual(kinds(events), ['malformed'])
    },
  },
  {
    what: 'a body that trickles in',
    answer: 'cut after `slowSeconds`, and the BI server is freed',
    trace: 'entry `aborted`, event `slow-client`',
    run: async (t) => {
      let open = 0
      const upstream = await rawServer(t, (socket) => {
        open += 1
        socket.on('data', () => undefined).on('close', () => (open -= 1))
      })
      const { port, events, witness } = await ours(t, upstream, { limits: SLOW })
      const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n')
      trickle(t, client, 'x')
      await client.until('the end', ({ closed }) => closed, 5000)
      assert.equal((await witness.outcomes(1))[0]?.ending, 'client-gone')
      assert.deepEqual(events, [{ kind: 'slow-client', server: 'bi' }])
      await eventually('the BI server is freed', () => open === 0)
    },
  },
  {
    what: 'slow-read: an answer that is not taken',
    answer: 'cut after `slowSeconds`, and the BI server is freed',
    trace: 'entry `aborted`, event `slow-client`',
    run: async (t) => {
      const upstream = await biServer(t, (_req, res) => res.end(Buffer.alloc(50_000_000)))
      const { port, events, witness } = await ours(t, upstream, { limits: SLOW })
      const client = connect(t, port).send(GET)
      await client.has('\r\n\r\n')
      client.socket.pause()
      assert.equal((await witness.outcomes(1, 5000))[0]?.ending, 'client-gone')
      assert.deepEqual(events, [{ kind: 'slow-client', server: 'bi' }])
    },
  },
  {
    what: 'a body that is slow, but moves',
    answer: 'forwarded',
    trace: 'entry `answered`',
    run: async (t) => {
      const { port, witness } = await ours(t, (await scripted(t, OK)).port, { limits: SLOW })
      const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n')
      // 10 bytes every 20 ms, for a second.
      trickle(t, client, 'x'.repeat(10))
      await client.has('\r\n\r\nok', 5000)
      assert.equal((await witness.outcomes(1))[0]?.ending, 'complete')
    },
  },
  {
    what: 'a query that takes its time, and one pipelined behind it that is ready',
    answer: 'answered, however long it takes',
    trace: 'entries `answered`',
    run: async (t) => {
      const upstream = await biServer(t, (req, res) => {
        setTimeout(() => res.end('done'), req.url === '/slow' ? 1000 : 0)
      })
      const { port, events, witness } = await ours(t, upstream, {
        limits: SLOW,
        tune: (server) => server.setTimeout(200),
      })
      const two = `${GET.replace('/', '/slow')}${GET.replace('/', '/fast')}`
      await connect(t, port)
        .send(two)
        .has(/done[^]*done/, 5000)
      assert.deepEqual(
        [(await witness.outcomes(2)).map(({ ending }) => ending), events],
        [['complete', 'complete'], []],
      )
    },
  },
  {
    what: 'more connections from one address than `connectionsPerAddress`',
    answer: 'closed before a byte is read; others are served',
    trace: 'entry `refused` (503), event `crowded`; of many, see below',
    run: async (t) => {
      const proxy = await ours(t, (await scripted(t, OK)).port, {
        limits: { connectionsPerAddress: 3 },
      })
      const { port, events, witness } = proxy
      const three = Array.from({ length: 3 }, () => connect(t, port))
      await eventually('three are there', () => proxy.stats().connections === 3)
      const fourth = connect(t, port).send(GET)
      await fourth.until('the end', ({ closed }) => closed)
      assert.equal(fourth.text, '')
      assert.deepEqual(events, [{ kind: 'crowded', limit: 'address' }])
      assert.deepEqual(
        (await witness.outcomes(1)).map(({ status }) => status),
        [503],
      )
      await connect(t, port, '127.0.0.2').send(GET).has('ok')
      three[0]?.socket.destroy()
      await eventually('there is room', () => proxy.stats().connections === 3)
      await connect(t, port).send(GET).has('ok')
    },
  },
  {
    what: 'more connections than `connections`',
    answer: 'closed before a byte is read',
    trace: 'entry `refused` (503), event `crowded`',
    run: async (t) => {
      const proxy = await ours(t, (await scripted(t, OK)).port, { limits: { connections: 2 } })
      const { port, events } = proxy
      connect(t, port)
      connect(t, port)
      await eventually('two are there', () => proxy.stats().connections === 2)
      const third = connect(t, port, '127.0.0.2').send(GET)
      await third.until('the end', ({ closed }) => closed)
      assert.deepEqual(events, [{ kind: 'crowded', limit: 'all' }])
    },
  },
  {
    what: 'many connections from a trusted load balancer',
    answer: 'served; counted is the address it announces',
    trace: 'as above, with that address',
    run: async (t) => {
      const { port: upstream } = await scripted(t, OK)
      const config = { trusted: ['127.0.0.1'], proxyProtocol: true }
      const { port, events, witness } = await fronted(t, upstream, { config, limits: { connectionsPerAddress: 2 } })
      const from = (address: string) => connect(t, port).send(`PROXY TCP4 ${address} 10.0.0.1 1 80\r\n${GET}`)
      for (const address of ['192.0.2.1', '192.0.2.1', '192.0.2.2']) await from(address).has('ok')
      const third = from('192.0.2.1')
      await third.until('the end', ({ closed }) => closed)
      assert.deepEqual([third.text, events], ['', [{ kind: 'crowded', limit: 'address' }]])
      assert.equal(witness.asked.at(-1)?.clientAddress, '192.0.2.1')
    },
  },
  {
    what: 'thousands of attempts that are no requests, from one address',
    answer: '400 each',
    trace: 'ten entries and ten events a minute, then one of each with the number of the rest',
    run: async (t) => {
      const proxy = await ours(t, (await scripted(t, OK)).port)
      const { port, events, witness } = proxy
      for (let n = 0; n < 60; n += 1) await connect(t, port).send('\x00\r\n').end()
      assert.deepEqual([witness.asked.length, events.length], [10, 10])
      await proxy.close()
      assert.deepEqual([witness.asked.length, witness.answers.length, events.length], [11, 11, 11])
      assert.equal(Buffer.from(witness.asked[10]?.body.bytes ?? []).toString(), '50 more attempts\n')
      assert.equal(events[10]?.times, 50)
    },
  },
  {
    what: 'an address longer than `targetKilobytes`',
    answer: '414',
    trace: 'entry `refused`, event `refused`',
    run: async (t) => {
      const { port, events, witness } = await ours(t, (await scripted(t, OK)).port, { limits: { targetBytes: 1000 } })
      assert.match(
        await connect(t, port)
          .send(GET.replace('/', `/${'a'.repeat(1000)}`))
          .end(),
        /^HTTP\/1.1 414 /,
      )
      assert.deepEqual([kinds(events), (await witness.outcomes(1))[0]?.ending], [['refused'], 'refused'])
    },
  },
  {
    what: 'more fields than `headFields`, or more bytes than `headKilobytes`',
    answer: '431',
    trace: 'entries `refused`, events `refused` and `malformed`',
    run: async (t) => {
      const limits = { headFields: 100, headBytes: 8192 }
      const { port, events, witness } = await ours(t, (await scripted(t, OK)).port, { limits })
      const ask = (lines: string) => connect(t, port).send(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`).end()
      assert.match(await ask('a: b\r\n'.repeat(100)), /^HTTP\/1.1 431 /)
      assert.match(await ask(`a: ${'b'.repeat(9000)}\r\n`), /^HTTP\/1.1 431 /)
      assert.deepEqual(kinds(events), ['refused', 'malformed'])
      assert.deepEqual(
        (await witness.outcomes(2)).map(({ ending }) => ending),
        ['refused', 'refused'],
      )
    },
  },
  {
    what: 'a message in a WebSocket larger than `webSocketMegabytes`',
    answer: 'cut',
    trace: 'entries of the WebSocket and of the message, event `refused`',
    run: async (t) => {
      const upstream = await rawServer(t, (socket) => socket.once('data', () => socket.write(SWITCHED)))
      const { port, events, witness } = await ours(t, upstream, { limits: { webSocketBytes: 1000 } })
      const client = connect(t, port).send(WEBSOCKET)
      await client.has('\r\n\r\n')
      // Text, masked with nothing, of 2000 bytes.
      client.send(`\x81\xfe\x07\xd0\0\0\0\0${'x'.repeat(2000)}`)
      await client.until('the end', ({ closed }) => closed)
      await witness.outcomes(1)
      assert.deepEqual(kinds(events), ['refused'])
      assert.equal(witness.asked[0]?.target, '/ws')
    },
  },
]
