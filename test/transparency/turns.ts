/** Scripts of several messages on one connection: in turn, and all at once. */
import { POST, HEAD, CHUNKED, post, answer, NOT_MODIFIED } from './usual-messages.ts'
import type { Script } from './script.ts'
import { chunk, GET, OK } from './scripts.ts'

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

export const TURNS: readonly Script[] = [
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
