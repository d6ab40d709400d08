/** Scripts of what breaks off, and of who ends their half. */
import { POST, CHUNKED, TEN, ENDLESS, post, answer } from './usual-messages.ts'
import type { Script } from './script.ts'
import { chunk, GET } from './scripts.ts'

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

export const BROKEN: readonly Script[] = [
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

export const HALVES: readonly Script[] = [
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
