/**
 * The differences that are allowed between what passes through Tilsyn and what passes without it: docs/transparency.md
 * lists them. What is not here is compared byte for byte.
 */
import { rawAnswer } from '../../proxy/forward/refusal.ts'
import { type Message, nameOf, readAnswers, readChunks, valueOf } from './message.ts'
import type { Transcript } from './script.ts'

export interface Allowance {
  /** What the two sides see with the proxy, made of what they see without it. */
  readonly expect?: (direct: Transcript) => Transcript
  /** What is not compared: taken out of both. */
  readonly blind?: (seen: Transcript) => Transcript
}

const eachRequest = (change: (message: Message) => Message) => (seen: Transcript) => ({
  ...seen,
  requests: seen.requests.map(change),
})

const eachAnswer = (change: (message: Message, at: number) => Message) => (seen: Transcript) => ({
  ...seen,
  answers: seen.answers.map(change),
})

const eachMessage = (change: (message: Message) => Message) => (seen: Transcript) =>
  eachAnswer(change)(eachRequest(change)(seen))

export const ALLOWED = {
  'hop-by-hop': { expect: (direct) => eachAnswer(ofThisHop)(eachRequest(forThisHop)(direct)) },
  version: { expect: eachMessage((message) => ({ ...message, start: message.start.replace('HTTP/1.0', 'HTTP/1.1') })) },
  'host-of-http-1.0': { blind: eachRequest((message) => without(message, 'host')) },
  'absolute-form': { expect: eachRequest(originForm) },
  chunks: { blind: eachMessage(unchunked) },
  'coding-without-body': {
    expect: eachAnswer((answer) =>
      / (?:204|304) /.test(answer.start) ? without(answer, 'transfer-encoding') : answer,
    ),
  },
  'white-space': { expect: eachMessage(trimmed) },
  'stray-trailer-line': {
    expect: eachMessage((message) => (message.framing === 'chunked' ? message : without(message, 'trailer'))),
  },
  'form-of-a-cut': { blind: (seen) => ({ ...seen, client: cutForm(seen), server: seen.server.map(() => 'end') }) },
  'bad-gateway': { expect: (direct) => ({ ...direct, ...UNTOLD, answers: [...OWN_502, ...PROBED] }) },
  'early-answer': { blind: (seen) => ({ ...seen, notes: seen.notes.filter((note) => note !== 'answered early') }) },
  'refused-400': { expect: () => refusal(400) },
  'refused-405': { expect: () => refusal(405) },
} satisfies Record<string, Allowance>

export type AllowanceName = keyof typeof ALLOWED

const UNTOLD = { client: 'open', server: [], isUsable: true } as const

const OWN_502 = readAnswers(rawAnswer(502).toString('latin1').replace('Connection: close\r\n', ''), [], false)
const PROBED = readAnswers('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext', [], false)

/** That it was cut shows by itself, where more was announced. */
function cutForm({ answers, client }: Transcript): Transcript['client'] {
  const announced = answers.some(({ isWhole, framing }) => !isWhole && framing !== 'close' && framing !== 'switched')
  return announced && client !== 'open' ? 'end' : client
}

/** What is not forwarded is answered by the proxy itself. */
function refusal(status: 400 | 405): Transcript {
  const answers = readAnswers(rawAnswer(status).toString('latin1'), [], true)
  return { requests: [], answers, client: 'end', server: [], isUsable: false, notes: [] }
}

function without(message: Message, ...names: readonly string[]): Message {
  return { ...message, lines: message.lines.filter((line) => !names.includes(nameOf(line))) }
}

/** RFC 9110, section 7.6.1 "Connection". */
function namedIn(message: Message): string[] {
  const value = message.lines.filter((line) => nameOf(line) === 'connection').map((line) => line.slice(11))
  return value
    .join(',')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
}

function forThisHop(request: Message): Message {
  const upgrades = valueOf(request.lines, 'upgrade')?.toLowerCase() === 'websocket'
  const trailers = /\btrailers\b/i.test(valueOf(request.lines, 'te') ?? '')
  const own = upgrades ? 'Upgrade' : trailers ? 'keep-alive, TE' : 'keep-alive'
  const dropped = new Set([...namedIn(request), 'keep-alive', 'proxy-connection'])
  dropped.delete('connection')
  dropped[upgrades ? 'delete' : 'add']('upgrade')
  dropped[trailers ? 'delete' : 'add']('te')
  let isFirst = true
  const lines = request.lines.flatMap((line) => {
    const name = nameOf(line)
    if (name === 'te' && trailers) return [`${line.slice(0, 2)}: trailers`]
    if (name !== 'connection') return dropped.has(name) ? [] : [line]
    const kept = isFirst ? [`${line.slice(0, 10)}: ${own}`] : []
    isFirst = false
    return kept
  })
  return { ...request, lines }
}

function ofThisHop(answer: Message): Message {
  if (answer.framing === 'switched') return answer
  const named = namedIn(answer)
  const own = named.find((name) => name === 'close' || name === 'keep-alive')
  if (own === undefined) named.push('connection')
  const kept = without(answer, ...named, 'keep-alive', 'proxy-connection', 'te', 'upgrade')
  const lines = kept.lines.map((line) =>
    nameOf(line) === 'connection' && named.length > 1 ? `Connection: ${own}` : line,
  )
  return { ...kept, lines }
}

function originForm(request: Message): Message {
  const [, method = '', authority, path = ''] = /^(\S+) http:\/\/([^/ ]+)(\S*) /.exec(request.start) ?? []
  if (authority === undefined) return request
  const target = path !== '' ? path : method === 'OPTIONS' ? '*' : '/'
  const lines = request.lines.map((line) => (nameOf(line) === 'host' ? `${line.slice(0, 4)}: ${authority}` : line))
  return { ...request, start: `${method} ${target.startsWith('?') ? '/' : ''}${target} HTTP/1.1`, lines }
}

function unchunked(message: Message): Message {
  if (message.framing !== 'chunked') return message
  const { content, trailers, end } = readChunks(message.body)
  return { ...message, body: JSON.stringify([content, trailers, end !== -1]) }
}

function trimmed(message: Message): Message {
  const lines = message.lines.map((line) => line.replace(/^([^:]+):[ \t]*(.*?)[ \t]*$/s, '$1: $2'))
  const start = message.start.replace(/^(?:\r\n)+/, '').replace(/^(HTTP\S+ \d{3})$/, '$1 ')
  return { ...message, start, lines }
}
