/** Scripts of what comes when: expectations, information ahead, pieces, answers before their time. */
import { POST, EXPECT, CONTINUE, CHUNKED, TEN, ENDLESS } from './usual-messages.ts'
import type { Script } from './script.ts'
import { chunk, GET, OK } from './scripts.ts'

export const EARLY: readonly Script[] = [
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
