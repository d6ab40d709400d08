/**
 * Scripts of one request and its answer: heads, bodies, framing. Titles name what is odd about them; whether it passes
 * unchanged is what `allows` says.
 */
import { type AllowanceName } from './allowed.ts'
import type { Script } from './script.ts'

export const GET = 'GET /olap HTTP/1.1\r\nHost: bi\r\n\r\n'
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
export const ALL_BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
const OBS_TEXT = ALL_BYTES.slice(128)
const VISIBLE = ALL_BYTES.slice(33, 127)

type Allows = readonly AllowanceName[]

/** `request` and `answer`, whole, in one piece each. */
export function plain(title: string, request: string, answer: string, allows: Allows = []): Script {
  return {
    title,
    allows,
    client: async (client) => {
      await client.says(request)
      await client.seesBytes(1)
    },
    server: [
      async (server) => {
        await server.request()
        await server.says(answer)
      },
    ],
  }
}

/** An answer that ends with its connection. */
export function closing(title: string, request: string, answer: string, allows: Allows = []): Script {
  return {
    title,
    allows,
    client: async (client) => {
      await client.says(request)
      await client.over()
    },
    server: [
      async (server) => {
        await server.request()
        await server.says(answer)
        server.ends()
      },
    ],
  }
}

const asked = (title: string, lines: string, allows: Allows = [], body = '') =>
  plain(`request: ${title}`, `POST /olap HTTP/1.1\r\nHost: bi\r\n${lines}\r\n${body}`, OK, allows)

const target = (title: string, start: string, allows: Allows = []) =>
  plain(`request line: ${title}`, `${start}\r\nHost: bi\r\n\r\n`, OK, allows)

const answered = (title: string, answer: string, allows: Allows = []) => plain(`answer: ${title}`, GET, answer, allows)

const headed = (title: string, lines: string, allows: Allows = []) =>
  answered(title, `HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`, allows)

export const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

const METHODS = [
  'GET',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'REPORT',
  'SEARCH',
  'TRACE',
  'M-SEARCH',
]

const REQUESTS: readonly Script[] = [
  ...METHODS.map((method) => target(`the method ${method}`, `${method} /olap HTTP/1.1`)),
  target('a long path', `GET /${'olap/'.repeat(3000)} HTTP/1.1`),
  target('slashes, dots and percents', 'GET //olap//./../%2e%2e/%C3%A6%zz?a=//b&c=?d&&;{}|^`" HTTP/1.1'),
  target('a query alone', 'GET /?query={"measures":["a.b"]} HTTP/1.1'),
  target('bytes beyond ASCII', 'GET /k\xf8benhavn?q=\xc3\xa6 HTTP/1.1', ['refused-400']),
  target('OPTIONS *', 'OPTIONS * HTTP/1.1'),
  target('absolute-form', 'GET http://other:81/olap?q=1 HTTP/1.1', ['absolute-form']),
  target('absolute-form without a path', 'GET http://other HTTP/1.1', ['absolute-form']),
  target('absolute-form of OPTIONS *', 'OPTIONS http://other HTTP/1.1', ['absolute-form']),
  asked('names in odd spelling', 'x-OnE: 1\r\nSOAPAction: "a"\r\nsoapaction2: b\r\nX_under: 1\r\nX.dot: 1\r\n'),
  asked('names of odd characters', "!#$%&'*+-.^_`|~09az: 1\r\n"),
  asked(
    'duplicates in their order',
    'Accept: a\r\nX: 1\r\naccept: b\r\nX: 1\r\nx: 2\r\nCookie: a=1\r\nCookie: b=2\r\n',
  ),
  asked('an empty value', 'X-Empty: \r\nX-After: 1\r\n'),
  asked('an empty value without a blank', 'X-Empty:\r\nX-After: 1\r\n', ['white-space']),
  asked('white space around a value', 'X-A:1\r\nX-B: \t 2 \t\r\nX-C:   3\r\n', ['white-space']),
  asked('white space within a value', 'X-A: 1  2 \t 3\r\n'),
  asked('a value of visible characters', `X-A: ${VISIBLE}\r\n`),
  asked('a value beyond ASCII', `X-A: ${OBS_TEXT}\r\n`),
  asked('a value of 60 kB', `X-A: ${'a'.repeat(60_000)}\r\n`),
  asked('1,900 lines', 'a: b\r\n'.repeat(1900)),
  asked(
    'what others said of the way',
    'Via: 1.0 a\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=x\r\nMax-Forwards: 1\r\n',
  ),
  asked('a file name after a length', 'Content-Length: 2\r\nContent-Disposition: a; b="\xe6\xc3\xa6"\r\n', [], 'hi'),
  asked('a length of nothing', 'Content-Length: 0\r\n'),
  asked('a length with zeros before it', 'Content-Length: 002\r\n', ['refused-400'], 'hi'),
  asked('a body of all bytes by its length', 'Content-Length: 256\r\n', [], ALL_BYTES),
  asked('a body of a megabyte by its length', 'Content-Length: 1048576\r\n', [], 'x'.repeat(1_048_576)),
  asked('a body in chunks', 'Transfer-Encoding: chunked\r\n', [], `${chunk('hi')}${chunk(ALL_BYTES)}0\r\n\r\n`),
  asked('no chunk but the last', 'transfer-ENCODING: Chunked\r\n', [], '0\r\n\r\n'),
  asked('a coded body', 'Content-Encoding: gzip\r\nContent-Length: 5\r\n', [], '\x1f\x8b\x08\x00x'),
  asked(
    'chunks with extensions and odd sizes',
    'Transfer-Encoding: chunked\r\n',
    ['chunks'],
    '002;a="b"\r\nhi\r\nA;c\r\n0123456789\r\n000\r\n\r\n',
  ),
  asked(
    'a chunk of a megabyte',
    'Transfer-Encoding: chunked\r\n',
    ['chunks'],
    `${chunk('x'.repeat(1_048_576))}0\r\n\r\n`,
  ),
  asked(
    'trailers, twice the same and beyond ASCII',
    'Transfer-Encoding: chunked\r\nTrailer: X-Sum, x-b\r\n',
    [],
    `${chunk('hi')}0\r\nX-Sum: 7\r\nx-b: 1\r\nX-B: \xf8\r\nX-Sum: 8\r\n\r\n`,
  ),
  asked('a trailer announced, and no chunks', 'Trailer: X-Sum\r\n', ['stray-trailer-line']),
  ...['GET', 'DELETE', 'HEAD', 'OPTIONS'].map((method) =>
    plain(
      `request: a body of ${method}`,
      `${method} / HTTP/1.1\r\nHost: bi\r\nContent-Length: 2\r\n\r\nhi`,
      'HTTP/1.1 204 No Content\r\n\r\n',
    ),
  ),
  asked('keep-alive said aloud', 'Connection: Keep-Alive\r\nKeep-Alive: timeout=5\r\n', ['hop-by-hop']),
  asked('a line for this hop alone', 'Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nX-End: 1\r\n', ['hop-by-hop']),
  asked('trailers wanted', 'TE: trailers, deflate;q=0.5\r\nConnection: TE\r\nX-After: 1\r\n', ['hop-by-hop']),
  asked('an upgrade to what is not spoken', 'Connection: Upgrade\r\nUpgrade: h2c\r\n', ['hop-by-hop']),
  asked('a proxy connection', 'Proxy-Connection: keep-alive\r\n', ['hop-by-hop']),
  plain('request: empty lines ahead', `\r\n\r\n${GET}`, OK, ['white-space']),
  plain('request: no lines but the host', 'GET / HTTP/1.1\r\nhOST: BI:80\r\n\r\n', OK),
  plain('request: the host last', 'GET / HTTP/1.1\r\nX-A: 1\r\nHost: bi\r\n\r\n', OK),
  plain('request: an empty host', 'GET / HTTP/1.1\r\nHost: \r\n\r\n', OK),
  ...Array.from([1, 2, 7, 64], (size): Script => {
    const { title, ...rest } = plain('', '', OK)
    return {
      ...rest,
      title: `request: in pieces of ${size}${title}`,
      client: async (client) => {
        const head = 'POST / HTTP/1.1\r\nHost: bi\r\nX-A: b\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n\r\n'
        await client.trickles(`${head}${chunk('h')}${chunk('i')}0\r\nx: y\r\n\r\n`, size)
        await client.sees('ok')
      },
    }
  }),
]

const NO_BODY = ['204 No Content', '304 Not Modified'] as const

const ANSWERS: readonly Script[] = [
  ...[
    '200 Helt fint',
    '200 ',
    '203 \xc3\xa6 \xe6',
    '299 a\tb',
    '401 Unauthorized',
    '418 x',
    '500 Fejl',
    '599 ',
    '205 Reset Content',
  ].map((status) =>
    answered(`the status ${JSON.stringify(status)}`, `HTTP/1.1 ${status}\r\nContent-Length: 2\r\n\r\nok`),
  ),
  ...['300', '400', '404', '413', '429', '502', '503', '504'].map((status) =>
    answered(
      `the BI server's own ${status}`,
      `HTTP/1.1 ${status} Own\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nno`,
    ),
  ),
  answered('no blank after the status', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok', ['white-space']),
  answered('the status 700', 'HTTP/1.1 700 Odd\r\nContent-Length: 2\r\n\r\nok'),
  headed('names in odd spelling and order', "sErver: x\r\nX-B: 1\r\nDATE: never\r\nx-A: 2\r\n!#$%&'*+-.^_`|~: 1\r\n"),
  headed('cookies, each a line', 'Set-Cookie: a=1; Path=/\r\nX: 1\r\nset-cookie: b=2\r\nSet-Cookie: a=1; Path=/\r\n'),
  headed(
    'challenges, each a line',
    'WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\nWWW-Authenticate: Basic realm="x"\r\n',
  ),
  headed('duplicates in their order', 'Vary: a\r\nX: 1\r\nvary: b\r\nX: 1\r\n'),
  headed('an empty value', 'X-A: \r\nX-B:\r\n', ['white-space']),
  headed('white space around a value', 'X-A:1\r\nX-B: \t 2 \t\r\n', ['white-space']),
  headed('a value of visible characters', `X-A: ${VISIBLE}\r\n`),
  headed('a value beyond ASCII', `X-A: ${OBS_TEXT}\r\n`),
  headed('a file name beyond ASCII', 'Content-Disposition: attachment; filename="\xe6\xc3\xa6.csv"\r\n'),
  headed('3,000 lines', 'a: b\r\n'.repeat(3000)),
  headed('a value of 60 kB', `X-A: ${'a'.repeat(60_000)}\r\n`),
  headed('a date, an age and a via', 'Date: Thu, 01 Jan 2032 00:00:00 GMT\r\nAge: 7\r\nVia: 1.0 a\r\n'),
  headed('keep-alive said aloud', 'Connection: Keep-Alive\r\nKeep-Alive: timeout=5, max=9\r\n', ['hop-by-hop']),
  headed('keep-alive alone', 'X: 1\r\nConnection: Keep-Alive\r\nY: 2\r\n'),
  headed('a line for this hop alone', 'Connection: X-Hop\r\nX-Hop: 1\r\n', ['hop-by-hop']),
  headed('an upgrade offered', 'Upgrade: h2,h2c\r\nConnection: Upgrade\r\n', ['hop-by-hop']),
  headed('a trailer announced, and no chunks', 'Trailer: X-Sum\r\n', ['stray-trailer-line']),
  headed('a caps header', 'X-Transport-Caps-Negotiation-Flags: 1,0,0,0,0\r\n'),
  answered('a length of nothing', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'),
  answered('a body of all bytes', `HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n${ALL_BYTES}`),
  answered('a body of two megabytes', `HTTP/1.1 200 OK\r\nContent-Length: 2097152\r\n\r\n${'x'.repeat(2_097_152)}`),
  ...['gzip', 'deflate', 'br', 'zstd', 'x-odd'].map((coding) =>
    answered(
      `what is not the ${coding} it says`,
      `HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Encoding: ${coding}\r\nContent-Length: 256\r\n\r\n${ALL_BYTES}`,
    ),
  ),
  answered('chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('hi')}${chunk(ALL_BYTES)}0\r\n\r\n`),
  answered('chunks and no type', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
  answered(
    'trailers, twice the same and beyond ASCII',
    `HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('hi')}0\r\nX-Sum: 7\r\nx-sum: \xf8\r\n\r\n`,
  ),
  answered(
    'chunks with extensions and odd sizes',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n002;a=b\r\nhi\r\nA\r\n0123456789\r\n00\r\n\r\n',
    ['chunks'],
  ),
  answered(
    'a chunk of a megabyte',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('x'.repeat(1_048_576))}0\r\n\r\n`,
    ['chunks'],
  ),
  ...NO_BODY.flatMap((status) => [
    answered(`${status} with lines`, `HTTP/1.1 ${status}\r\nETag: "x"\r\nX-A: 1\r\nContent-Location: /y\r\n\r\n`),
    answered(`${status} with a length`, `HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`),
    answered(`${status} with a coding`, `HTTP/1.1 ${status}\r\nTransfer-Encoding: chunked\r\nX: 1\r\n\r\n`, [
      'coding-without-body',
    ]),
  ]),
  answered('304 with the length of what is not sent', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n'),
  ...[
    'Content-Length: 99\r\n',
    'Transfer-Encoding: chunked\r\nTrailer: x\r\n',
    'X-A: 1\r\n',
    'Content-Length: 0\r\n',
  ].map((lines) =>
    plain(
      `answer: to HEAD, ${lines.split('\r')[0]}`,
      'HEAD / HTTP/1.1\r\nHost: bi\r\n\r\n',
      `HTTP/1.1 200 OK\r\n${lines}\r\n`,
    ),
  ),
  plain(
    'answer: in HTTP/1.0 with a length',
    GET,
    OK.replace('1.1', '1.0').replace('OK\r\n', 'OK\r\nConnection: keep-alive\r\n'),
    ['version'],
  ),
  closing('answer: in HTTP/1.0 up to the end of the connection', GET, 'HTTP/1.0 200 OK\r\nX: 1\r\n\r\nall', [
    'version',
  ]),
  closing('answer: up to the end of the connection', GET, 'HTTP/1.1 200 OK\r\nX: 1\r\n\r\nall of it'),
  closing('answer: nothing up to the end of the connection', GET, 'HTTP/1.1 200 OK\r\nX: 1\r\n\r\n'),
  closing('answer: close said aloud', GET, 'HTTP/1.1 200 OK\r\nX: 1\r\nConnection: Close\r\nY: 1\r\n\r\nall of it'),
  closing('answer: close and a length', GET, `HTTP/1.1 200 OK\r\nconnection: close\r\nContent-Length: 2\r\n\r\nok`),
  closing(
    'answer: close and chunks',
    GET,
    `HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('a')}0\r\n\r\n`,
  ),
  closing('answer: close and no body', GET, 'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n'),
  closing(
    'answer: close among others',
    GET,
    'HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nContent-Length: 2\r\n\r\nok',
    ['hop-by-hop'],
  ),
  closing(
    'answer: more bytes than its length',
    GET,
    `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok`,
  ),
  closing(
    'request: close said aloud',
    'GET / HTTP/1.1\r\nHost: bi\r\nConnection: close\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok',
    ['hop-by-hop'],
  ),
  closing('client of HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', 'HTTP/1.0 200 OK\r\nX: 1\r\n\r\nall', [
    'version',
    'host-of-http-1.0',
  ]),
]

const REFUSED: readonly Script[] = [
  'HOST: b\r\n',
  'Content-Length: 1\r\nTransfer-Encoding: chunked\r\n',
  'X-A: b\r\n folded\r\n',
]
  .map((lines) =>
    asked(
      `two readings: ${JSON.stringify(lines)}`,
      lines,
      ['refused-400'],
      lines.includes('chunked') ? '0\r\n\r\n' : '',
    ),
  )
  .concat(plain('request: CONNECT', 'CONNECT db:1433 HTTP/1.1\r\nHost: db:1433\r\n\r\n', OK, ['refused-405']))

export const SCRIPTS: readonly Script[] = [...REQUESTS, ...ANSWERS, ...REFUSED]
