/**
 * What somebody may send instead of a request, as bytes, and what becomes of it: the answers in order, what the BI server
 * gets, byte for byte, and how each entry ends. `docs/abuse.md` is made from this table.
 *
 * Families: RFC 9112, section 11 "Security Considerations"; RFC 9110, sections 7.6.1 "Connection" and 7.8 "Upgrade".
 */
import type { Ending } from '../../proxy/exchange.ts'

export interface Attack {
  readonly what: string
  readonly sent: string
  /** Status of each answer. */
  readonly answers: readonly number[]
  /** The client's connection ends with the last of them. */
  readonly closes: boolean
  /** Requests the BI server gets whole. */
  readonly reaches: readonly string[]
  /** In order of asking. */
  readonly entries: readonly Ending[]
}

export interface Family {
  readonly title: string
  readonly attacks: readonly Attack[]
}

const HOST = 'Host: a\r\n'
const HIDDEN = `GET /hidden HTTP/1.1\r\n${HOST}\r\n`
const LENGTH = HIDDEN.length
const CHUNKS = `${LENGTH.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`
const POST = `POST /open HTTP/1.1\r\n${HOST}`
const CHUNKED = `${POST}Transfer-Encoding: chunked\r\n\r\n`
const FIVE = '5\r\nhello\r\n0\r\n\r\n'

const get = (target: string, lines = '') => `GET ${target} HTTP/1.1\r\n${HOST}${lines}\r\n`
const coded = (lines: string) => `${POST}${lines}\r\n\r\n${CHUNKS}`
const long = (value: string) => `${POST}Content-Length:${value}\r\n\r\n${HIDDEN}`
const hop = (name: string, lines: string) => `${POST}Connection: close, ${name}\r\n${lines}Content-Length: 2\r\n\r\nhi`

function refused(what: string, sent: string, status = 400, more: Partial<Attack> = {}): Attack {
  return { what, sent, answers: [status], closes: true, reaches: [], entries: ['refused'], ...more }
}

/** It is no attack on anything after us: the BI server gets one request, `reaches`. */
function passes(what: string, sent: string, reaches = sent, closes = false): Attack {
  return { what, sent, answers: [200], closes, reaches: [reaches], entries: ['complete'] }
}

const codings: Family = {
  title: 'Where a body ends: Transfer-Encoding',
  attacks: [
    refused(
      'CL.TE: a length, then chunked',
      `${POST}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`,
    ),
    refused('TE.CL: chunked, then a length', `${POST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${CHUNKS}`),
    refused(
      'TE.TE: chunked and something else in two lines',
      coded('Transfer-Encoding: chunked\r\nTransfer-Encoding: x'),
    ),
    refused('chunked in two lines', coded('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked')),
    refused('chunked twice in one line', coded('Transfer-Encoding: chunked, chunked')),
    refused('chunked, then identity', coded('Transfer-Encoding: chunked, identity')),
    refused('identity', coded('Transfer-Encoding: identity')),
    refused('no coding at all', coded('Transfer-Encoding: ')),
    refused('xchunked', coded('Transfer-Encoding: xchunked')),
    refused('chunked in quotation marks', coded('Transfer-Encoding: "chunked"')),
    refused('chunked with a parameter', coded('Transfer-Encoding: chunked;foo')),
    refused('chunked behind a comma', coded('Transfer-Encoding: ,chunked'), 501),
    refused('chunked before a comma', coded('Transfer-Encoding: chunked,')),
    refused('gzip, then chunked', coded('Transfer-Encoding: gzip, chunked'), 501),
    refused('chunked behind a vertical tab', coded('Transfer-Encoding: \x0bchunked')),
    refused('chunked before a tab', coded('Transfer-Encoding: chunked\t')),
    refused('chunked before a no-break space', coded('Transfer-Encoding: chunked\xa0')),
    refused('a blank before the colon', coded('Transfer-Encoding : chunked')),
    refused('a NUL in the name', coded('Transfer-Encoding\0: chunked')),
    refused('chunked on a folded line', coded('Transfer-Encoding:\r\n chunked')),
    refused('the whole field on a folded line', coded('X: y\r\n Transfer-Encoding: chunked')),
    refused('the field behind a bare carriage return', coded('X: y\rTransfer-Encoding: chunked')),
    refused('the field behind a bare line feed', coded('X: y\nTransfer-Encoding: chunked')),
    refused(
      'chunked in a message of HTTP/1.0',
      `POST /open HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    ),
    refused(
      'chunked, named in Connection so that the field is dropped',
      `${POST}Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    ),
    passes('other case: the same field', coded('tRANSFER-eNCODING: cHUNKED')),
    passes(
      'a tab before the value: the same field',
      coded('Transfer-Encoding:\tchunked'),
      coded('Transfer-Encoding: chunked'),
    ),
    passes(
      'no blank before the value: the same field',
      coded('Transfer-Encoding:chunked'),
      coded('Transfer-Encoding: chunked'),
    ),
    passes(
      'chunked in a GET: a body, not a second request',
      `GET /open HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    ),
    passes(
      'an underscore in the name: another field',
      `${POST}Transfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nhi`,
    ),
  ],
}

const lengths: Family = {
  title: 'Where a body ends: Content-Length',
  attacks: [
    refused('two lengths that differ', long(` ${LENGTH}\r\nContent-Length: 0`)),
    refused('two lengths that agree', long(` ${LENGTH}\r\nContent-Length: ${LENGTH}`)),
    refused('a list of lengths that agree', long(` ${LENGTH}, ${LENGTH}`)),
    refused('a list of lengths that differ', long(` ${LENGTH},0`)),
    refused('a length before a comma', long(` ${LENGTH},`)),
    refused('a plus', long(` +${LENGTH}`)),
    refused('a minus', long(' -1')),
    refused('a blank within', long(' 3 3')),
    refused('hexadecimal', long(` 0x${LENGTH.toString(16)}`)),
    refused('a power of ten', long(' 1e2')),
    refused('a fraction', long(' 33.0')),
    refused('digits in groups', long(' 3_3')),
    refused('quotation marks', long(` "${LENGTH}"`)),
    refused('digits of another script', long(' \xd9\xa3')),
    refused('leading zeros, which some count in octal', long(` 0${LENGTH}`)),
    refused('no digits', long(' ')),
    refused('2^53 + 1, which some cannot tell from 2^53', long(' 9007199254740993')),
    refused('2^63, which is negative for some', long(' 9223372036854775808')),
    refused('2^64 + 5, which is 5 for some', long(' 18446744073709551621')),
    refused('on a folded line', long(`\r\n ${LENGTH}`)),
    refused(
      'named in Connection so that the field is dropped',
      `${POST}Connection: content-length\r\nContent-Length: ${LENGTH}\r\n\r\n${HIDDEN}`,
    ),
    passes('blanks around: the same field', long(`\t${LENGTH} `), long(` ${LENGTH}`)),
    passes(
      'a length in a GET: a body, not a second request',
      `GET /open HTTP/1.1\r\n${HOST}Content-Length: ${LENGTH}\r\n\r\n${HIDDEN}`,
    ),
  ],
}

const chunk = (what: string, body: string, status = 400) => refused(what, CHUNKED + body, status)

const chunks: Family = {
  title: 'Where a body ends: chunks',
  attacks: [
    chunk('a size past 2^64', `ffffffffffffffff1\r\n${HIDDEN}`),
    chunk('a negative size', `-1\r\n${HIDDEN}`),
    chunk('a plus', `+${FIVE}`),
    chunk('0x', `0x${FIVE}`),
    chunk('a blank before the size', ` ${FIVE}`),
    chunk('a blank behind the size', '5 \r\nhello\r\n0\r\n\r\n'),
    chunk('a tab behind the size', '5\t\r\nhello\r\n0\r\n\r\n'),
    chunk('no size', '\r\nhello\r\n0\r\n\r\n'),
    chunk('line feeds only', '5\nhello\n0\n\n'),
    chunk('a line feed behind the size', '5\nhello\r\n0\r\n\r\n'),
    chunk('two carriage returns behind the size', '5\r\r\nhello\r\n0\r\n\r\n'),
    chunk('no line end behind the chunk', '5\r\nhello0\r\n\r\n'),
    chunk('a line feed behind the chunk', '5\r\nhello\n0\r\n\r\n'),
    chunk('a carriage return behind the chunk', '5\r\nhello\r0\r\n\r\n'),
    chunk('a line feed at the very end', '5\r\nhello\r\n0\r\n\n'),
    chunk('a line feed in an extension', '5;a\nhello\r\n0\r\n\r\n'),
    chunk('a carriage return in an extension', '5;a\rb\r\nhello\r\n0\r\n\r\n'),
    chunk('a line end in a quoted extension', '5;a="\r\nhello\r\n0\r\n\r\n'),
    chunk('an extension without a name', '5;\r\nhello\r\n0\r\n\r\n'),
    chunk('a blank before an extension', '5 ;a\r\nhello\r\n0\r\n\r\n'),
    chunk('20,000 bytes of extension', `5;${'a'.repeat(20_000)}\r\nhello\r\n0\r\n\r\n`, 413),
    chunk('a request in place of trailers', `0\r\n${HIDDEN}`),
    chunk('a folded trailer', '0\r\nX: y\r\n z\r\n\r\n'),
    chunk('a length among the trailers', '0\r\nContent-Length: 5\r\n\r\n'),
    chunk('150,000 bytes of trailers', `0\r\n${`X: ${'y'.repeat(27)}\r\n`.repeat(5000)}\r\n`, 431),
    passes('extensions: they end here', `${CHUNKED}5;a="b;c"\r\nhello\r\n0;x\r\n\r\n`, CHUNKED + FIVE),
    passes('leading zeros: the size is written anew', `${CHUNKED}000005\r\nhello\r\n000\r\n\r\n`, CHUNKED + FIVE),
    passes(
      'trailers that say whom it is from, how to read it or where it goes: they end here',
      `${CHUNKED}5\r\nhello\r\n0\r\nAuthorization: Basic eDp5\r\nHost: b\r\nCookie: s=1\r\nX-Forwarded-For: ::1\r\nX-Sum: 7\r\n\r\n`,
      `${CHUNKED}5\r\nhello\r\n0\r\nX-Sum: 7\r\n\r\n`,
    ),
  ],
}

const heads: Family = {
  title: 'Lines of a head',
  attacks: [
    refused('a bare carriage return in a value', get('/open', 'X: a\rb\r\n')),
    refused('a carriage return before the line end', `GET /open HTTP/1.1\r\nHost: a\r\r\n\r\n`),
    refused('bare carriage returns for line ends', 'GET /open HTTP/1.1\rHost: a\r\r'),
    refused('bare line feeds for line ends', 'GET /open HTTP/1.1\nHost: a\n\n'),
    refused('a bare line feed behind one line', `GET /open HTTP/1.1\r\nHost: a\nX: y\r\n\r\n`),
    refused('a bare line feed at the end of the head', `GET /open HTTP/1.1\r\nHost: a\r\n\n`),
    refused('a NUL in a value', get('/open', 'X: a\0b\r\n')),
    refused('a NUL in a name', get('/open', 'X\0: a\r\n')),
    refused('a control byte in a value', get('/open', 'X: a\x01\r\n')),
    refused('DEL in a value', get('/open', 'X: a\x7f\r\n')),
    refused('a blank before the colon', get('/open', 'X : a\r\n')),
    refused('a blank before the first field', `GET /open HTTP/1.1\r\n X: a\r\n${HOST}\r\n`),
    refused('a folded line', get('/open', 'X: a\r\n b\r\n')),
    refused('a line folded with a tab', get('/open', 'X: a\r\n\tb\r\n')),
    refused('a field without a name', get('/open', ': a\r\n')),
    refused('a field without a colon', get('/open', 'Xabc\r\n')),
    refused('brackets in a name', get('/open', 'X(a): b\r\n')),
    refused('8-bit characters in a name', get('/open', 'X\xe6: b\r\n')),
    refused('2,001 fields', get('/open', 'a: b\r\n'.repeat(2001)), 431),
    refused('a field of 66,000 bytes', get('/open', `a: ${'b'.repeat(66_000)}\r\n`), 431),
    refused('two logins', get('/open', 'Authorization: Basic YTpi\r\nAuthorization: Basic Yzpk\r\n')),
  ],
}

const versions: Family = {
  title: 'Request lines',
  attacks: [
    refused('HTTP/0.9', `GET /open\r\n${HOST}\r\n`, 505),
    refused('HTTP/1.2', `GET /open HTTP/1.2\r\n${HOST}\r\n`),
    refused('HTTP/1.10', `GET /open HTTP/1.10\r\n${HOST}\r\n`),
    refused('HTTP/2.0', `GET /open HTTP/2.0\r\n${HOST}\r\n`, 505),
    refused('HTTP/9.9', `GET /open HTTP/9.9\r\n${HOST}\r\n`),
    refused('http/1.1', `GET /open http/1.1\r\n${HOST}\r\n`),
    refused("HTTP/2's preface", 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    refused('the beginning of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'),
    refused('RTSP', `DESCRIBE /open RTSP/1.0\r\n${HOST}\r\n`, 505),
    refused('ICE', `SOURCE /open ICE/1.0\r\n${HOST}\r\n`, 505),
    refused('a method in lower case', `get /open HTTP/1.1\r\n${HOST}\r\n`),
    refused('a method nobody knows', `QUERYX /open HTTP/1.1\r\n${HOST}\r\n`),
    refused('a method of 70,000 bytes', `${'A'.repeat(70_000)} /open HTTP/1.1\r\n${HOST}\r\n`),
    refused('a blank before the method', ` ${get('/open')}`),
    refused('tabs for blanks', `GET\t/open\tHTTP/1.1\r\n${HOST}\r\n`),
    refused('a blank within the target', `GET /op en HTTP/1.1\r\n${HOST}\r\n`),
    refused('a blank behind the version', `GET /open HTTP/1.1 \r\n${HOST}\r\n`),
    passes('two blanks before the target: one goes on', `GET  /open HTTP/1.1\r\n${HOST}\r\n`, get('/open')),
    passes('empty lines before: none goes on', `\r\n\r\n${get('/open')}`, get('/open')),
  ],
}

const absolute = (what: string, target: string, host: string) =>
  passes(what, get(target), `GET /open HTTP/1.1\r\nHost: ${host}\r\n\r\n`)

const targets: Family = {
  title: 'Targets, and attempts to be taken elsewhere',
  attacks: [
    refused('CONNECT to another host', `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}\r\n`, 405),
    refused(
      "CONNECT to a cloud's metadata",
      'CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n',
      405,
    ),
    refused('CONNECT with a path', `CONNECT /open HTTP/1.1\r\n${HOST}\r\n`, 405),
    refused('CONNECT with a request behind it', `CONNECT a:1 HTTP/1.1\r\n${HOST}\r\n${HIDDEN}`, 405),
    absolute(
      'absolute-form with another host: to the BI server, which is told the host',
      'http://evil.example:81/open',
      'evil.example:81',
    ),
    absolute(
      "absolute-form with a cloud's metadata address: to the BI server",
      'http://169.254.169.254/open',
      '169.254.169.254',
    ),
    refused('absolute-form with a user', get('http://a@evil.example/open')),
    refused('absolute-form with user and password', get('http://a:b@evil.example/open')),
    refused('absolute-form without a host', get('http:///open')),
    refused('absolute-form with one slash', get('http:/open')),
    refused('absolute-form with no slash', get('http:open')),
    refused('absolute-form with a backslash', get('http://a\\@evil/open')),
    refused('absolute-form with a fragment', get('http://a#x')),
    refused('absolute-form with two hosts', get('http://a,b/open')),
    refused('absolute-form and no Host', 'GET http://a/open HTTP/1.1\r\n\r\n'),
    refused('ftp:', get('ftp://a/open')),
    refused('file:', get('file:///etc/passwd')),
    refused('gopher:', get('gopher://a:25/_x')),
    refused('ws:', get('ws://a/open')),
    refused('authority-form', get('evil.example:80')),
    refused('a name alone', get('open')),
    refused('a query alone', get('?x')),
    refused('* in a GET', get('*')),
    refused('a backslash first', get('\\\\evil\\x')),
    refused('a NUL', get('/op\0en')),
    refused('a control byte', get('/op\x01en')),
    refused('DEL', get('/op\x7fen')),
    refused('8-bit characters', get('/\xe6')),
    refused('70,000 bytes', get(`/${'a'.repeat(70_000)}`), 431),
    passes('two slashes: a path, and no host', get('//evil.example/open')),
    passes('encoded slashes, dots and line ends: as they are', get('/a%2f..%2f../%0d%0aX:%20y')),
    passes(
      'X-Forwarded-Host, X-Original-URL and their like: fields like others',
      get('/open', 'X-Forwarded-Host: evil.example\r\nX-Original-URL: /admin\r\nX-HTTP-Method-Override: PUT\r\n'),
    ),
  ],
}

const hosts: Family = {
  title: 'Host',
  attacks: [
    refused('none', 'GET /open HTTP/1.1\r\n\r\n'),
    refused('two that differ', get('/open', 'Host: b\r\n')),
    refused('two that agree', get('/open', HOST)),
    refused('a user in front', 'GET /open HTTP/1.1\r\nHost: a@evil\r\n\r\n'),
    refused('a blank within', 'GET /open HTTP/1.1\r\nHost: a b\r\n\r\n'),
    refused('two in one line', 'GET /open HTTP/1.1\r\nHost: a, b\r\n\r\n'),
    refused('a path', 'GET /open HTTP/1.1\r\nHost: a/b\r\n\r\n'),
    refused('two ports', 'GET /open HTTP/1.1\r\nHost: a:80:90\r\n\r\n'),
    refused('8-bit characters', 'GET /open HTTP/1.1\r\nHost: \xe6\r\n\r\n'),
    refused('a control byte', 'GET /open HTTP/1.1\r\nHost: a\x01\r\n\r\n'),
    passes("a cloud's metadata address: to the BI server", 'GET /open HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n'),
    passes('an IPv6 address with a port', 'GET /open HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n'),
  ],
}

const hops: Family = {
  title: 'Connection, and what it names',
  attacks: [
    ...[
      'Authorization: Basic YTpi',
      'Cookie: s=1',
      'Content-Type: text/xml',
      'SOAPAction: x',
      'Expect: 100-continue',
    ].map((line) => refused(line.split(':')[0] ?? '', hop(line.split(':')[0] ?? '', `${line}\r\n`))),
    ...['X-Forwarded-For: 192.0.2.1', 'Forwarded: for=192.0.2.1', 'X-Real-IP: 192.0.2.1', 'Via: 1.1 waf'].map((line) =>
      refused(
        `${line.split(':')[0] ?? ''}, as a front end before us wrote it`,
        hop(line.split(':')[0] ?? '', `${line}\r\n`),
      ),
    ),
    refused('Host', `${POST}Connection: Host\r\n\r\n`),
    refused(
      'a login, in a second line',
      get('/open', 'Connection: close\r\nConnection: authorization\r\nAuthorization: Basic YTpi\r\n'),
    ),
    passes(
      'a field of its own: it stays behind',
      hop('X-Hop', 'X-Hop: 1\r\n'),
      `${POST}Connection: keep-alive\r\nContent-Length: 2\r\n\r\nhi`,
      true,
    ),
    passes('nothing but commas', get('/open', 'Connection: ,,\r\n'), get('/open', 'Connection: keep-alive\r\n')),
    passes(
      'TE with codings: it stays behind',
      get('/open', 'TE: gzip, chunked\r\nConnection: TE\r\n'),
      get('/open', 'Connection: keep-alive\r\n'),
    ),
  ],
}

const SWITCH = 'Connection: Upgrade\r\nUpgrade: websocket\r\n'

const upgrades: Family = {
  title: 'Switches of protocol, and what stands behind a request',
  attacks: [
    passes(
      'h2c: passed over',
      get('/open', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n'),
      get('/open', 'Connection: keep-alive\r\n'),
    ),
    passes(
      'another protocol: passed over',
      get('/open', 'Connection: Upgrade\r\nUpgrade: foo\r\n'),
      get('/open', 'Connection: keep-alive\r\n'),
    ),
    passes(
      'a list with h2c in it: passed over',
      get('/open', 'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n'),
      get('/open', 'Connection: keep-alive\r\n'),
    ),
    passes(
      'a WebSocket in HTTP/1.0: passed over',
      `GET /open HTTP/1.0\r\n${HOST}${SWITCH}\r\n`,
      get('/open', 'Connection: keep-alive\r\n'),
      true,
    ),
    refused(
      'a WebSocket with a body by length',
      `GET /open HTTP/1.1\r\n${HOST}${SWITCH}Content-Length: ${LENGTH}\r\n\r\n${HIDDEN}`,
    ),
    refused(
      'a WebSocket with a chunked body',
      `GET /open HTTP/1.1\r\n${HOST}${SWITCH}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    ),
    {
      what: 'a request behind a WebSocket that the BI server refuses: it is the next request, and an entry',
      sent: get('/open', SWITCH) + HIDDEN,
      answers: [200, 200],
      closes: false,
      reaches: [get('/open', SWITCH), HIDDEN],
      entries: ['complete', 'complete'],
    },
    refused('a request behind one without a host', `GET /open HTTP/1.1\r\n\r\n${HIDDEN}`, 400, {
      entries: ['refused', 'refused'],
    }),
    refused(
      'a request behind one whose coding nobody knows',
      `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
      501,
      {
        entries: ['refused', 'refused'],
      },
    ),
    refused('what is no request behind one that is', `${get('/open')}BLAH\r\n\r\n`, 400, {
      answers: [],
      reaches: [get('/open')],
      entries: ['client-gone', 'refused'],
    }),
    refused('a request behind one that was to be the last', `${get('/open', 'Connection: close\r\n')}${HIDDEN}`, 400, {
      answers: [],
      reaches: [get('/open', 'Connection: keep-alive\r\n')],
      entries: ['client-gone', 'refused'],
    }),
  ],
}

export const FAMILIES: readonly Family[] = [codings, lengths, chunks, heads, versions, targets, hosts, hops, upgrades]
