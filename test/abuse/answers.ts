/**
 * What a BI server that somebody has taken over, or that is at odds with HTTP, may say in place of an answer; what its
 * client gets, and what the next one must not get. `docs/abuse.md` is made from this table.
 */
import type { Ending } from '../../proxy/exchange.ts'

export interface AnswerAttack {
  readonly what: string
  readonly said: string
  /** Statuses the client sees; `[]`: its connection is cut. */
  readonly answers: readonly number[]
  readonly ending: Ending
}

const POISON = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const HEAD = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`
const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n'

const faulty = (what: string, said: string): AnswerAttack => ({
  what,
  said,
  answers: [502],
  ending: 'upstream-unreachable',
})
const passes = (what: string, said: string, status = 200): AnswerAttack => ({
  what,
  said,
  answers: [status],
  ending: 'complete',
})

export const ANSWERS: readonly AnswerAttack[] = [
  faulty(
    'a length, then chunked',
    `${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n${POISON}`,
  ),
  faulty('chunked, then a length', `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${POISON}`),
  faulty('two lengths that differ', `${HEAD}Content-Length: 2\r\nContent-Length: 3\r\n\r\nok${POISON}`),
  faulty('two lengths that agree', `${HEAD}Content-Length: 2\r\nContent-Length: 2\r\n\r\nok`),
  faulty('a list of lengths', `${HEAD}Content-Length: 2, 2\r\n\r\nok`),
  faulty('a negative length', `${HEAD}Content-Length: -2\r\n\r\nok`),
  faulty('a blank before the colon', `${HEAD}Content-Length : 2\r\n\r\nok`),
  faulty('bare line feeds', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nok'),
  faulty('a field behind a bare line feed', `${HEAD}X: a\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok`),
  faulty('a field behind a bare carriage return', `${HEAD}X: a\rSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok`),
  faulty('a line feed in the reason', 'HTTP/1.1 200 O\nK\r\nContent-Length: 2\r\n\r\nok'),
  faulty('a folded line', `${HEAD}X: a\r\n b\r\nContent-Length: 2\r\n\r\nok`),
  faulty('a NUL in a value', `${HEAD}X: a\0b\r\nContent-Length: 2\r\n\r\nok`),
  faulty('status 99', 'HTTP/1.1 99 X\r\nContent-Length: 2\r\n\r\nok'),
  faulty('status 1000', 'HTTP/1.1 1000 X\r\nContent-Length: 2\r\n\r\nok'),
  faulty('HTTP/0.9', 'hello'),
  faulty('a field of 70,000 bytes', `${HEAD}X: ${'a'.repeat(70_000)}\r\nContent-Length: 2\r\n\r\nok`),
  faulty('a switch of protocols that nobody asked for', 'HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n'),
  {
    what: 'a coding nobody asked for',
    said: `${HEAD}Transfer-Encoding: gzip\r\n\r\nok`,
    answers: [502],
    ending: 'upstream-gone',
  },
  { what: 'chunks that are none', said: `${CHUNKED}2\r\nokXX0\r\n\r\n`, answers: [], ending: 'upstream-gone' },
  {
    what: 'a length among the trailers',
    said: `${CHUNKED}2\r\nok\r\n0\r\nContent-Length: 4\r\n\r\n`,
    answers: [],
    ending: 'upstream-gone',
  },
  passes('a whole answer behind the answer: it reaches nobody', OK + POISON),
  passes('bytes behind the answer: they reach nobody', `${OK}rubbish`),
  passes(
    'a body where there can be none (204): it reaches nobody',
    'HTTP/1.1 204 No\r\nContent-Length: 6\r\n\r\npoison',
    204,
  ),
  passes(
    'a body where there can be none (304): it reaches nobody',
    'HTTP/1.1 304 No\r\nContent-Length: 6\r\n\r\npoison',
    304,
  ),
  passes(
    'Connection names its own framing: it stays',
    `${HEAD}Connection: content-length, transfer-encoding\r\nContent-Length: 2\r\n\r\nok`,
  ),
  {
    what: 'five hints, then an answer: all pass',
    said: HINT.repeat(5) + OK,
    answers: [103, 103, 103, 103, 103, 200],
    ending: 'complete',
  },
  {
    what: 'hints without end: after a thousand the BI server is given up',
    said: HINT.repeat(3000),
    answers: [...Array.from({ length: 1000 }, () => 103), 502],
    ending: 'upstream-gone',
  },
]
