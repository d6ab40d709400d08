/** Scripts of several messages on one connection, of what comes when, and of what breaks off. */
import { frame, said } from '../forward/websocket-frames.ts'
import type { Script } from './script.ts'
import { chunk, GET, OK } from './scripts.ts'

const POST = 'POST /olap HTTP/1.1\r\nHost: bi\r\n'
const EXPECT = `${POST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const HEAD = 'HEAD /olap HTTP/1.1\r\nHost: bi\r\n\r\n'
const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
const TEN = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n'
const ENDLESS = 'HTTP/1.1 200 OK\r\nX: 1\r\n\r\n'

type Turn = readonly [request: string, answer: string]

/** Each request when the one before it has been answered. */
function turns(title: string, ...all: readonly Turn[]): Script {
  return {
    title,
    client: async (client) => {
      for (const [request, answer] of all) {
        await client.says(request)
        await client.seesBytes(answer.length)
      }
    },
    server: all.map(([, answer]) => async (server) => {
      await server.request()
      await server.says(answer)
    }),
  }
}

/** All requests at once. */
function pipelined(title: string, ...all: readonly Turn[]): Script {
  return {
    ...turns(title, ...all),
    client: async (client) => {
      await client.says(all.map(([request]) => request).join(''))
      await client.seesBytes(all.map(([, answer]) => answer).join('').length)
    },
  }
}

const post = (body: string) => `${POST}Content-Length: ${body.length}\r\n\r\n${body}`
const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
const NOT_MODIFIED = 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n'

const TURNS: readonly Script[] = [
  turns('five requests in turn', ...['a', 'b', 'c', 'd', 'e'].map((body): Turn => [post(body), answer(body)])),
  turns('HEAD, then GET', [HEAD, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'], [GET, OK]),
  turns('HEAD of chunks, then GET', [HEAD, CHUNKED], [GET, OK]),
  turns('304, then GET', [GET, NOT_MODIFIED], [GET, OK]),
  turns(
    '204, then a POST in chunks',
    [GET, 'HTTP/1.1 204 No Content\r\n\r\n'],
    [`${POST}Transfer-Encoding: chunked\r\n\r\n${chunk('hi')}0\r\n\r\n`, OK],
  ),
  turns(
    'a refused query, then another',
    [post('x'), 'HTTP/1.1 500 Fejl\r\nContent-Length: 1\r\n\r\nx'],
    [post('y'), OK],
  ),
  turns(
    'an unauthorized query, then with a login',
    [GET, 'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="bi"\r\nContent-Length: 0\r\n\r\n'],
    [`GET / HTTP/1.1\r\nHost: bi\r\nAuthorization: Basic YTpi\r\n\r\n`, OK],
  ),
  turns('HTTP/1.0 kept alive', ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', OK], [GET, OK]),
  pipelined('three requests at once', [GET, answer('one')], [GET, answer('two')], [GET, answer('three')]),
  pipelined('two queries at once', [post('first'), answer('one')], [post('second'), answer('two')]),
  pipelined('HEAD and GET at once', [HEAD, 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'], [GET, OK]),
  {
    title: 'of two queries at once the second is not begun before the first is answered',
    client: async (client) => {
      await client.says(post('first') + post('second'))
      await client.sees('one')
      client.tells('one is here')
      await client.sees('two')
    },
    server: [
      async (server) => {
        await server.request()
        await server.pause(60)
        await server.says(answer('one'))
        await server.hears('one is here')
        server.notes('first over')
      },
      async (server) => {
        server.notes('second begun')
        await server.request()
        await server.says(answer('two'))
      },
    ],
  },
]

const EARLY: readonly Script[] = [
  ...[CONTINUE, 'HTTP/1.1 100 Gerne \xf8\r\nX-A: 1\r\nx-b: \xe6\r\n\r\n', 'HTTP/1.1 100 \r\n\r\n'].map(
    (go): Script => ({
      title: `an expectation met: ${JSON.stringify(go)}`,
      client: async (client) => {
        await client.says(EXPECT)
        await client.seesBytes(go.length)
        await client.says('query')
        await client.sees('ok')
      },
      server: [
        async (server) => {
          await server.sees('\r\n\r\n')
          await server.says(go)
          await server.sees('query')
          await server.says(OK)
        },
      ],
    }),
  ),
  {
    title: 'an expectation nobody heeds',
    client: async (client) => {
      await client.says(EXPECT)
      await client.hears('the head is here')
      await client.says('query')
      await client.sees('ok')
    },
    server: [
      async (server) => {
        await server.sees('\r\n\r\n')
        server.tells('the head is here')
        await server.request()
        await server.says(OK)
      },
    ],
  },
  {
    title: 'an expectation refused',
    client: async (client) => {
      await client.says(EXPECT)
      await client.sees('no')
      await client.over()
    },
    server: [
      async (server) => {
        await server.sees('\r\n\r\n')
        await server.says('HTTP/1.1 417 Nej\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno')
        server.ends()
      },
    ],
  },
  {
    title: 'an expectation refused, and the body sent all the same',
    client: async (client) => {
      await client.says(EXPECT)
      await client.sees('no')
      await client.says('query')
    },
    server: [
      async (server) => {
        await server.sees('\r\n\r\n')
        await server.says('HTTP/1.1 401 Login\r\nContent-Length: 2\r\n\r\nno')
        await server.sees('query')
      },
    ],
  },
  ...[
    'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nlink: </b>\r\n\r\n',
    'HTTP/1.1 102 Vent \xe6\r\n\r\n',
    'HTTP/1.1 199 Odd\r\nX-\xc5: 1\r\n\r\n'.replace('\xc5', 'A'),
  ].map((information): Script => ({
    title: `information ahead: ${JSON.stringify(information)}`,
    client: async (client) => {
      await client.says(GET)
      await client.seesBytes(information.length * 2)
      client.tells('informed')
      await client.sees('ok')
    },
    server: [
      async (server) => {
        await server.request()
        await server.says(information + information)
        await server.hears('informed')
        await server.says(OK)
      },
    ],
  })),
  {
    title: 'a head without its body is on its way at once',
    client: async (client) => {
      await client.says(`${POST}Content-Length: 2\r\n\r\n`)
      await client.hears('the head is here')
      await client.says('hi')
      await client.sees('ok')
    },
    server: [
      async (server) => {
        await server.sees('\r\n\r\n')
        server.tells('the head is here')
        await server.request()
        await server.says(OK)
      },
    ],
  },
  {
    title: 'each chunk of a request is on its way at once',
    client: async (client) => {
      await client.says(`${POST}Transfer-Encoding: chunked\r\n\r\n`)
      for (const letter of 'abcdef') {
        await client.says(chunk(letter))
        await client.hears(letter)
      }
      await client.says('0\r\n\r\n')
      await client.sees('ok')
    },
    server: [
      async (server) => {
        for (const letter of 'abcdef') {
          await server.sees(chunk(letter))
          server.tells(letter)
        }
        await server.request()
        await server.says(OK)
      },
    ],
  },
  ...[TEN, CHUNKED, ENDLESS].map((head): Script => ({
    title: `each piece of an answer is on its way at once: ${JSON.stringify(head.split('\r\n')[1])}`,
    client: async (client) => {
      await client.says(GET)
      await client.seesBytes(head.length)
      client.tells('head')
      for (const letter of 'abcdefghij') {
        await client.sees(letter)
        client.tells(letter)
      }
      if (head === ENDLESS) await client.over()
    },
    server: [
      async (server) => {
        await server.request()
        await server.says(head)
        await server.hears('head')
        for (const letter of 'abcdefghij') {
          await server.says(head === CHUNKED ? chunk(letter) : letter)
          await server.hears(letter)
        }
        if (head === CHUNKED) await server.says('0\r\n\r\n')
        if (head === ENDLESS) server.ends()
      },
    ],
  })),
  {
    title: 'an answer byte by byte',
    client: async (client) => {
      await client.says(GET)
      await client.sees('\r\n0\r\n\r\n')
    },
    server: [
      async (server) => {
        await server.request()
        await server.trickles(
          `HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('a')}${chunk('b')}0\r\n\r\n`,
        )
      },
    ],
  },
  {
    title: 'an answer that is long in coming',
    client: async (client) => {
      await client.says(GET)
      await client.sees('ok')
    },
    server: [
      async (server) => {
        await server.request()
        await server.pause(700)
        await server.says(OK)
      },
    ],
  },
  {
    title: 'a refusal before the request is whole, and the rest of it',
    client: async (client) => {
      await client.says(`${POST}Content-Length: 10\r\n\r\nhalf `)
      await client.sees('no')
      await client.says('whole')
    },
    server: [
      async (server) => {
        await server.sees('half ')
        await server.says('HTTP/1.1 401 Login\r\nContent-Length: 2\r\n\r\nno')
        await server.request()
      },
    ],
  },
  {
    title: 'a refusal before the request is whole, and the end',
    client: async (client) => {
      await client.says(`${POST}Content-Length: 10\r\n\r\nhalf `)
      await client.sees('no')
      await client.over()
    },
    server: [
      async (server) => {
        await server.sees('half ')
        await server.says('HTTP/1.1 413 Big\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno')
        server.ends()
      },
    ],
  },
  {
    title: 'an answer before the request is whole',
    allows: ['early-answer'],
    client: async (client) => {
      await client.says(`${POST}Content-Length: 10\r\n\r\nhalf `)
      await client.hears('answered')
      if (await client.seesWithin(150, 'ok')) client.notes('answered early')
      await client.says('whole')
      await client.sees('ok')
    },
    server: [
      async (server) => {
        await server.sees('half ')
        await server.says(OK)
        server.tells('answered')
        await server.request()
      },
    ],
  },
]

/** `part` of an answer, and then what becomes of the connection. */
function broken(title: string, part: string, how: 'ends' | 'resets', allows: Script['allows'] = []): Script {
  return {
    title: `the BI server ${how} ${title}`,
    allows,
    client: async (client) => {
      await client.says(post('q'))
      if (part.includes('\r\n\r\n')) await client.sees(part.includes('half') ? 'half' : '\r\n\r\n')
      client.tells('seen')
      await client.over()
    },
    server: [
      async (server) => {
        await server.request()
        if (part !== '') await server.says(part)
        await server.hears('seen')
        server[how]()
      },
    ],
  }
}

const BROKEN: readonly Script[] = [
  broken('within a length', `${TEN}half`, 'ends'),
  broken('within a length', `${TEN}half`, 'resets', ['form-of-a-cut']),
  broken('within chunks', `${CHUNKED}${chunk('half')}`, 'ends'),
  broken('within chunks', `${CHUNKED}${chunk('half')}`, 'resets', ['form-of-a-cut']),
  broken('before the last chunk is whole', `${CHUNKED}${chunk('half')}0\r\n`, 'ends', ['chunks']),
  broken('after a head', TEN, 'ends'),
  broken('an answer without a length', `${ENDLESS}half`, 'ends'),
  broken('an answer without a length', `${ENDLESS}half`, 'resets'),
  ...(['ends', 'resets'] as const).flatMap((how) =>
    ['', 'HTTP/1.1 200 OK\r\nX-Ha'].map((part): Script => ({
      ...broken(part === '' ? 'before its answer' : 'within a head', part, how, ['bad-gateway']),
      client: async (client) => {
        await client.says(post('q'))
        client.tells('seen')
        await client.seesBytes(1).catch(() => client.over())
      },
    })),
  ),
  ...['SMTP hello\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx'].map(
    (odd): Script => ({
      title: `an answer that is no HTTP: ${JSON.stringify(odd.slice(0, 20))}`,
      allows: ['bad-gateway'],
      client: async (client) => {
        await client.says(post('q'))
        await client.seesBytes(1)
      },
      server: [
        async (server) => {
          await server.request()
          await server.says(odd)
        },
      ],
    }),
  ),
]

const HALVES: readonly Script[] = [
  ...[answer('all'), `${CHUNKED}${chunk('all')}0\r\n\r\n`, `${ENDLESS}all`].map((whole): Script => ({
    title: `a client that ends its half gets its answer: ${JSON.stringify(whole.split('\r\n')[1])}`,
    client: async (client) => {
      await client.says(post('q'))
      client.ends()
      await client.over()
    },
    server: [
      async (server) => {
        await server.request()
        await server.over()
        await server.says(whole)
        server.ends()
      },
    ],
  })),
  {
    title: 'a client that ends its half while its answer comes gets the rest',
    client: async (client) => {
      await client.says(post('q'))
      await client.sees('half')
      client.ends()
      await client.over()
    },
    server: [
      async (server) => {
        await server.request()
        await server.says(`${TEN}half`)
        await server.over()
        await server.says('-whole')
        server.ends()
      },
    ],
  },
  {
    title: 'a client that ends its half is taken for gone by a BI server that does so',
    client: async (client) => {
      await client.says(GET)
      client.ends()
      await client.over()
    },
    server: [
      async (server) => {
        await server.request()
        await server.over()
        server.ends()
      },
    ],
  },
  {
    title: 'a client that ends its half within its request',
    client: async (client) => {
      await client.says(`${POST}Content-Length: 10\r\n\r\nhalf`)
      await client.hears('half')
      client.ends()
      await client.over()
    },
    server: [
      async (server) => {
        await server.sees('half')
        server.tells('half')
        await server.over()
        server.ends()
      },
    ],
  },
  ...(['leaves', 'resets'] as const).flatMap((how) => [
    {
      title: `a client that ${how} before its answer frees the BI server`,
      client: async (client) => {
        await client.says(post('q'))
        await client.hears('asked')
        client[how]()
      },
      server: [
        async (server) => {
          await server.request()
          server.tells('asked')
          await server.over()
        },
      ],
    } satisfies Script,
    {
      title: `a client that ${how} during its answer frees the BI server`,
      client: async (client) => {
        await client.says(post('q'))
        await client.sees('half')
        client[how]()
      },
      server: [
        async (server) => {
          await server.request()
          await server.says(`${TEN}half`)
          await server.over()
        },
      ],
    } satisfies Script,
    {
      title: `a client that ${how} within its request frees the BI server`,
      client: async (client) => {
        await client.says(`${POST}Content-Length: 10\r\n\r\nhalf`)
        await client.hears('half')
        client[how]()
      },
      server: [
        async (server) => {
          await server.sees('half')
          server.tells('half')
          await server.over()
        },
      ],
    } satisfies Script,
  ]),
]

const ASK =
  'GET /app HTTP/1.1\r\nHost: bi\r\nUPGRADE: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n'
const SWITCH =
  'HTTP/1.1 101 Web Socket \xe6\r\nUpgrade: WebSocket\r\nconnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n'

function socket(title: string, client: Script['client'], server: Script['server'][number]): Script {
  return {
    title: `WebSocket: ${title}`,
    client: async (end) => {
      await end.says(ASK)
      await end.seesBytes(SWITCH.length)
      await client(end)
    },
    server: [
      async (end) => {
        await end.request()
        await end.says(SWITCH)
        await server(end)
      },
    ],
  }
}

const CLOSE = { opcode: 8 }
const SOCKETS: readonly Script[] = [
  socket(
    'said and answered, pings between, and closed in order',
    async (client) => {
      const asked = said('sp\u00f8rg') + said('p', { opcode: 9 })
      await client.says(asked)
      await client.sees(frame('svar'))
      await client.says(said('p', { opcode: 10 }) + said(Buffer.from([3, 232]), CLOSE))
      await client.sees(frame(Buffer.from([3, 232]), CLOSE))
      await client.over()
    },
    async (server) => {
      await server.sees(said('p', { opcode: 9 }))
      await server.says(frame('p', { opcode: 10 }) + frame('p', { opcode: 9 }) + frame('svar'))
      await server.sees(said(Buffer.from([3, 232]), CLOSE))
      await server.says(frame(Buffer.from([3, 232]), CLOSE))
      server.ends()
    },
  ),
  socket(
    'frames in pieces, byte by byte, both ways',
    async (client) => {
      await client.trickles(said('in ', { last: false }) + said('pieces', { opcode: 0 }))
      await client.sees(frame('also', { last: false }) + frame('', { opcode: 0 }))
      client.leaves()
    },
    async (server) => {
      await server.sees(said('pieces', { opcode: 0 }))
      await server.trickles(frame('also', { last: false }) + frame('', { opcode: 0 }))
      await server.over()
    },
  ),
  ...[1000, 1001, 1011, 4321].map((code) => {
    const reason = Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from('farvel')])
    return socket(
      `closed by the BI server with ${code}`,
      async (client) => {
        await client.sees(frame(reason, CLOSE))
        await client.over()
      },
      async (server) => {
        await server.says(frame(reason, CLOSE))
        server.ends()
      },
    )
  }),
  socket(
    'a client that ends its half hears the rest',
    async (client) => {
      await client.says(said('last'))
      client.ends()
      await client.sees(frame('rest'))
      await client.over()
    },
    async (server) => {
      await server.sees(said('last'))
      await server.over()
      await server.says(frame('rest'))
      server.ends()
    },
  ),
  socket(
    'a BI server that ends its half hears the rest',
    async (client) => {
      await client.over()
      await client.says(said('rest'))
      client.ends()
    },
    async (server) => {
      server.ends()
      await server.sees(said('rest'))
      await server.over()
    },
  ),
  socket(
    'half a megabyte each way',
    async (client) => {
      await client.says(said('x'.repeat(524_288)))
      await client.seesBytes(frame('y'.repeat(524_288)).length)
      client.leaves()
    },
    async (server) => {
      await server.seesBytes(said('x'.repeat(524_288)).length)
      await server.says(frame('y'.repeat(524_288)))
      await server.over()
    },
  ),
  socket(
    'idle for a while',
    async (client) => {
      await client.pause(300)
      await client.says(said('still'))
      await client.sees(frame('here'))
      client.leaves()
    },
    async (server) => {
      await server.sees(said('still'))
      await server.says(frame('here'))
      await server.over()
    },
  ),
  ...['200 OK', '401 Login', '403 Nej', '426 Upgrade Required'].map((status): Script => ({
    title: `WebSocket: refused with ${status}`,
    client: async (client) => {
      await client.says(ASK)
      await client.sees('no')
    },
    server: [
      async (server) => {
        await server.request()
        await server.says(`HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nno`)
      },
    ],
  })),
]

export const SEQUENCES: readonly Script[] = [...TURNS, ...EARLY, ...BROKEN, ...HALVES, ...SOCKETS]
