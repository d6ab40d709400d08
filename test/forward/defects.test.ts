import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bare, connect, eventually, type Front, ours, rawServer, roundTrip, type Scope, scripted } from './support.ts'

// Each defect of a bare http-proxy, as a body that holds before our forwarder and fails before a bare one. The same body
// runs over both: a body that no longer fails before the bare one shows nothing, and says so.
interface Defect {
  /** What is true of ours. */
  readonly title: string
  readonly body: (front: Front, scope: Scope) => Promise<void>
  /** How long our BI server may keep silent; absent: as usual. */
  readonly timeoutMs?: number
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

const DEFECTS: readonly Defect[] = [
  {
    title: 'a client that leaves before the first byte frees the BI server at once',
    body: async (front, scope) => {
      let open = 0
      let asked = 0
      const upstream = await rawServer(scope, (socket) => {
        open += 1
        socket.on('data', () => (asked += 1)).on('close', () => (open -= 1))
      })
      const { port } = await front(scope, upstream)
      const clients = Array.from({ length: 20 }, () => connect(scope, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))
      await eventually('all asked', () => asked === 20)
      for (const { socket } of clients) socket.destroy()
      await eventually('all freed', () => open === 0, scope.patienceMs)
    },
  },
  {
    title: 'a client that leaves during the answer frees the BI server at once',
    body: async (front, scope) => {
      let open = 0
      const upstream = await rawServer(scope, (socket) => {
        open += 1
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nfirst'))
        socket.on('close', () => (open -= 1))
      })
      const { port } = await front(scope, upstream)
      const client = connect(scope, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      await client.has('first')
      client.socket.destroy()
      await eventually('freed', () => open === 0, scope.patienceMs)
    },
  },
  {
    title: 'an answer that the BI server breaks off is broken off for the client too',
    body: async (front, scope) => {
      const upstream = await rawServer(scope, (socket) => {
        socket.on('data', () => {
          socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n', () => {
            setTimeout(() => socket.destroy(), 20)
          })
        })
      })
      const { port } = await front(scope, upstream)
      const text = await roundTrip(scope, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      assert.match(text, /first/)
      assert.doesNotMatch(text, /\r\n0\r\n\r\n$/)
    },
  },
  {
    title: 'a BI server that keeps silent is given up',
    timeoutMs: 200,
    body: async (front, scope) => {
      const { port } = await front(scope, await rawServer(scope, () => undefined))
      await connect(scope, port)
        .send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
        .has(/^HTTP\/1.1 504 /)
    },
  },
  ...['DELETE', 'OPTIONS'].map((method) => ({
    title: `the chunked body of a ${method} is a body, not a second request (CVE-2026-29057)`,
    body: async (front: Front, scope: Scope) => {
      const { port: upstream, seen } = await scripted(scope, OK)
      const { port } = await front(scope, upstream)
      const hidden = 'GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n'
      const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
      const client = connect(scope, port)
      client.send(`${method} /open HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`)
      await client.has('ok')
      await connect(scope, port).send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n').has('ok')
      assert.deepEqual(
        seen.map((request) => request.split(' ', 2)[1]),
        ['/open', '/next'],
      )
    },
  })),
  {
    title: 'WWW-Authenticate lines stay lines of their own',
    body: async (front, scope) => {
      const answer =
        'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n'
      const { port } = await front(scope, (await scripted(scope, answer)).port)
      const text = await connect(scope, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').has('\r\n\r\n')
      assert.match(text, /\r\nWWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n/)
    },
  },
  {
    title: 'request headers keep spelling, order and duplicates',
    body: async (front, scope) => {
      const { port: upstream, seen } = await scripted(scope, OK)
      const { port } = await front(scope, upstream)
      const lines = 'X-ONE: 1\r\nhost: a\r\nx-Two: b\r\nSOAPAction: "x"\r\nX-One: 2\r\nAccept: a\r\nAccept: b\r\n'
      await connect(scope, port).send(`GET / HTTP/1.1\r\n${lines}\r\n`).has('ok')
      assert.equal(seen[0], `GET / HTTP/1.1\r\n${lines}\r\n`)
    },
  },
  {
    title: 'answer headers keep spelling, order and duplicates, and the status its text',
    body: async (front, scope) => {
      const lines =
        'sErver: x\r\nX-B: 1\r\nSet-Cookie: a=1\r\nX-a: 2\r\nSet-Cookie: b=2\r\nContent-LENGTH: 2\r\nx-b: 3\r\n'
      const { port } = await front(scope, (await scripted(scope, `HTTP/1.1 203 Helt Fint\r\n${lines}\r\nok`)).port)
      const text = await connect(scope, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').has('ok')
      assert.ok(text.startsWith(`HTTP/1.1 203 Helt Fint\r\n${lines}`), text)
    },
  },
  {
    title: 'a target passes untouched, with every slash and percent',
    body: async (front, scope) => {
      const { port: upstream, seen } = await scripted(scope, OK)
      const { port } = await front(scope, upstream)
      const target = '//olap//msmdpump.dll/%2e%2e/./x?a=//b&c=%C3%A6?d'
      await connect(scope, port).send(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`).has('ok')
      assert.equal(seen[0]?.split(' ')[1], target)
    },
  },
  {
    title: 'what Connection names belongs to one hop and is not forwarded, either way',
    body: async (front, scope) => {
      const answer =
        'HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nContent-Length: 2\r\n\r\nok'
      const { port: upstream, seen } = await scripted(scope, answer)
      const { port } = await front(scope, upstream)
      const client = connect(scope, port)
      client.send(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Mine\r\nX-Mine: 1\r\nX-End: 1\r\nProxy-Connection: x\r\n\r\n',
      )
      assert.doesNotMatch(await client.has('ok'), /X-Hop|timeout=9/i)
      assert.match(seen[0] ?? '', /X-End: 1/i)
      assert.doesNotMatch(seen[0] ?? '', /X-Mine|Proxy-Connection/i)
    },
  },
  {
    title: 'trailers of a request reach the BI server',
    body: async (front, scope) => {
      const { port: upstream, seen } = await scripted(scope, OK)
      const { port } = await front(scope, upstream)
      const head = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n'
      await connect(scope, port).send(`${head}2\r\nhi\r\n0\r\nX-Sum: 7\r\n\r\n`).has('ok')
      assert.match(seen[0] ?? '', /\r\n0\r\nX-Sum: 7\r\n\r\n$/)
    },
  },
  {
    title: 'trailers of an answer reach the client',
    body: async (front, scope) => {
      const answer =
        'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n\r\n'
      const { port } = await front(scope, (await scripted(scope, answer)).port)
      const client = connect(scope, port).send('GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n')
      assert.match(await client.has('0\r\n'), /\r\nTrailer: X-Sum\r\n[^]*\r\n0\r\nX-Sum: 7\r\n\r\n$/)
    },
  },
  {
    title: 'a BI server that refuses an expectation is heard before the body is sent',
    body: async (front, scope) => {
      const seen: string[] = []
      const upstream = await rawServer(scope, (socket) => {
        socket.on('data', (chunk: Buffer) => {
          seen.push(chunk.toString('latin1'))
          socket.write('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n')
        })
      })
      const { port } = await front(scope, upstream)
      const client = connect(scope, port)
      client.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n')
      const text = await client.has(/HTTP\/1\.1 \d/)
      assert.match(text, /^HTTP\/1.1 417 Expectation Failed\r\n/)
      assert.match(seen.join(''), /Expect: 100-continue/i)
    },
  },
  {
    title: 'early hints reach the client',
    body: async (front, scope) => {
      const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-h: 1\r\n\r\n'
      const { port } = await front(scope, (await scripted(scope, hints + OK)).port)
      const text = await connect(scope, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').has('\r\n\r\nok')
      assert.ok(text.startsWith(`${hints}HTTP/1.1 200 OK\r\n`), text)
    },
  },
  {
    title: 'a file name of bytes beyond ASCII passes byte for byte',
    body: async (front, scope) => {
      const named = 'Content-Disposition: attachment; filename="r\xc3\xa6k\xc3\xa6 \xe6.csv"\r\n'
      const { port } = await front(
        scope,
        (await scripted(scope, `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${named}\r\nok`)).port,
      )
      const text = await connect(scope, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').has('\r\n\r\nok')
      assert.ok(text.toLowerCase().includes(named.toLowerCase()), JSON.stringify(text))
    },
  },
  {
    title: 'an 8-bit header value passes byte for byte though the head goes out alone',
    body: async (front, scope) => {
      const { port: upstream, seen } = await scripted(scope, OK)
      const { port } = await front(scope, upstream)
      const client = connect(scope, port)
      client.send('POST / HTTP/1.1\r\nHost: a\r\nX-Name: Bj\xf8rn\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n')
      client.send('hi')
      await client.has('ok')
      assert.match(seen[0] ?? '', /X-Name: Bj\xf8rn\r\n[^]*Expect: 100-continue/i)
    },
  },
  {
    title: 'a BI server that refuses an upload midway and closes is heard',
    body: async (front, scope) => {
      const upstream = await rawServer(scope, (socket) => {
        socket.once('data', () => {
          socket.pause()
          socket.write('HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig', () => {
            // Closed with data unread, so that the kernel resets the connection.
            socket.destroy()
          })
        })
      })
      const { port } = await front(scope, upstream)
      const uploads = Array.from({ length: 20 }, async () => {
        const client = connect(scope, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n')
        client.send('x'.repeat(5_000_000))
        assert.match(await client.has('\r\n\r\n'), /^HTTP\/1.1 413 Content Too Large\r\n/)
        await client.has('\r\n\r\nbig')
      })
      await Promise.all(uploads)
    },
  },
  {
    title: 'a request that crosses with the closing of a pooled connection is sent again, if that is safe',
    body: async (front, scope) => {
      let served = 0
      const upstream = await rawServer(scope, (socket) => {
        let here = 0
        socket.on('data', () => {
          here += 1
          // The second request on a connection finds it closed.
          if (here === 2) return socket.resetAndDestroy()
          served += 1
          return socket.write(OK)
        })
      })
      const { port } = await front(scope, upstream)
      for (let n = 0; n < 3; n++) {
        await connect(scope, port)
          .send('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
          .has(/^HTTP\/1.1 200 [^]*ok$/)
      }
      assert.equal(served, 3)
    },
  },
  {
    title: 'a WebSocket keeps the spelling of its headers and the text of its switch',
    body: async (front, scope) => {
      const seen: string[] = []
      const switched =
        'HTTP/1.1 101 Web Socket\r\nUPGRADE: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n'
      const upstream = await rawServer(scope, (socket) => {
        socket.once('data', (chunk: Buffer) => {
          seen.push(chunk.toString('latin1'))
          socket.write(switched)
        })
      })
      const { port } = await front(scope, upstream)
      const lines = 'Host: a\r\nSec-WebSocket-KEY: y\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
      const client = connect(scope, port).send(`GET /ws HTTP/1.1\r\n${lines}\r\n`)
      assert.equal(await client.has('\r\n\r\n'), switched)
      assert.equal(seen[0], `GET /ws HTTP/1.1\r\n${lines}\r\n`)
    },
  },
]

for (const { title, body, timeoutMs } of DEFECTS) {
  test(title, { timeout: 60_000 }, async (t) => {
    await body((scope, upstream) => ours(scope, upstream, timeoutMs === undefined ? {} : { timeoutMs }), t)
  })
}

/** What never comes is waited for no longer than this. */
const BARE_PATIENCE_MS = 2000

for (const { title, body } of DEFECTS) {
  test(`a bare http-proxy fails: ${title}`, { timeout: 20_000 }, async (t) => {
    await assert.rejects(body(bare, { after: (work) => t.after(work), patienceMs: BARE_PATIENCE_MS }))
  })
}
