/**
 * Reads HTTP/1.x messages off raw bytes (one character each), as one who judges and changes nothing: every line stays as
 * it was written, the body with its chunks. RFC 9112, section 6.3 "Message Body Length".
 */
export interface Message {
  /** Request line or status line. What is no HTTP at all is all in here. */
  readonly start: string
  readonly lines: readonly string[]
  /** As on the wire, chunk sizes and trailers too. */
  readonly body: string
  readonly framing: 'none' | 'length' | 'chunked' | 'close' | 'switched' | 'unreadable'
  /** Its end has come. One that ends with its connection has never ended by itself. */
  readonly isWhole: boolean
}

export interface Chunks {
  readonly content: string
  readonly trailers: readonly string[]
  /** Where the chunked body ends; -1 while it has not. */
  readonly end: number
}

/** The request at the front of `text`, with what of it has come; `null` while its head has not. */
export function readRequest(text: string): (Message & { readonly size: number }) | null {
  const head = readHead(text)
  if (head === null) return null
  const framing = isChunked(head.lines) ? 'chunked' : lengthOf(head.lines) === null ? 'none' : 'length'
  return bounded(text, head, framing)
}

/** All answers in `text`, in the order of `methods`; `ended`: nothing more comes. */
export function readAnswers(text: string, methods: readonly string[], isOver: boolean): Message[] {
  const answers: Message[] = []
  let rest = text
  let asked = 0
  while (rest !== '') {
    const head = readHead(rest)
    if (head === null) return [...answers, unreadable(rest)]
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(head.start)?.[1] ?? 0)
    if (status === 0) return [...answers, unreadable(rest)]
    const framing = framingOf(status, methods[asked] ?? 'GET', head.lines)
    if (framing === 'close' || framing === 'switched') {
      return [...answers, { ...headOf(head), body: rest.slice(head.size), framing, isWhole: isOver }]
    }
    const { size, ...answer } = bounded(rest, head, framing)
    answers.push(answer)
    if (status >= 200) asked += 1
    rest = rest.slice(size)
  }
  return answers
}

export function valueOf(lines: readonly string[], name: string): string | null {
  const found = lines.find((line) => nameOf(line) === name)
  return found === undefined ? null : found.slice(found.indexOf(':') + 1).trim()
}

export function nameOf(line: string): string {
  return line.slice(0, Math.max(line.indexOf(':'), 0)).toLowerCase()
}

export function readChunks(text: string): Chunks {
  let at = 0
  let content = ''
  for (;;) {
    const line = text.indexOf('\r\n', at)
    if (line === -1) return { content, trailers: [], end: -1 }
    const size = Number.parseInt(text.slice(at, line), 16)
    if (Number.isNaN(size)) return { content, trailers: [], end: -1 }
    if (size === 0) return { content, ...readTrailers(text, line + 2) }
    content += text.slice(line + 2, line + 2 + size)
    at = line + 2 + size + 2
    if (at > text.length) return { content, trailers: [], end: -1 }
  }
}

function readTrailers(text: string, from: number): Pick<Chunks, 'trailers' | 'end'> {
  const trailers: string[] = []
  for (let at = from; ;) {
    const line = text.indexOf('\r\n', at)
    if (line === -1) return { trailers, end: -1 }
    if (line === at) return { trailers, end: line + 2 }
    trailers.push(text.slice(at, line))
    at = line + 2
  }
}

interface Head {
  readonly start: string
  readonly lines: readonly string[]
  readonly size: number
}

function readHead(text: string): Head | null {
  // Empty lines before a request are to be overlooked (RFC 9112, section 2.2 "Message Parsing"); they stay visible.
  const [ahead = ''] = /^(?:\r\n)*/.exec(text) ?? []
  const end = text.indexOf('\r\n\r\n', ahead.length)
  if (end === -1) return null
  const [start = '', ...lines] = text.slice(ahead.length, end).split('\r\n')
  return { start: ahead + start, lines, size: end + 4 }
}

function headOf({ start, lines }: Head): Pick<Message, 'start' | 'lines'> {
  return { start, lines }
}

function framingOf(status: number, method: string, lines: readonly string[]): Message['framing'] {
  if (status === 101) return 'switched'
  if (status < 200 || status === 204 || status === 304 || method === 'HEAD') return 'none'
  if (isChunked(lines)) return 'chunked'
  return lengthOf(lines) === null ? 'close' : 'length'
}

function bounded(text: string, head: Head, framing: Message['framing']): Message & { readonly size: number } {
  const rest = text.slice(head.size)
  const length = framing === 'length' ? (lengthOf(head.lines) ?? 0) : framing === 'none' ? 0 : readChunks(rest).end
  const isWhole = length !== -1 && rest.length >= length
  const body = isWhole ? rest.slice(0, length) : rest
  return { ...headOf(head), body, framing, isWhole, size: head.size + body.length }
}

function isChunked(lines: readonly string[]): boolean {
  return valueOf(lines, 'transfer-encoding')?.toLowerCase() === 'chunked'
}

function lengthOf(lines: readonly string[]): number | null {
  const value = valueOf(lines, 'content-length')
  return value === null ? null : Number(value)
}

function unreadable(text: string): Message {
  return { start: text, lines: [], body: '', framing: 'unreadable', isWhole: false }
}
