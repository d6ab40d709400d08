/**
 * Stands between the proxy and Mondrian and writes down what arrives there: the one list that is neither the product's
 * nor the client's. Mondrian's own mdx.log has no Discovers, no users and no statements that failed.
 */
import { once } from 'node:events'
import { Agent, createServer, request as send } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { gunzipSync } from 'node:zlib'

export interface Arrived {
  readonly method: 'Discover' | 'Execute' | null
  /** The statement with entities and CDATA undone, or the request type. */
  readonly text: string
  /** What a Discover asks members for. */
  readonly member: string | null
  readonly user: string | null
  readonly status: number
  readonly faulty: boolean
}

export type Moment = 'asked' | 'answered'

export interface Onlooker {
  readonly url: URL
  /** In the order of their answers. A request whose answer is under way is not there. */
  readonly arrived: readonly Arrived[]
  /** Awaited when the `count`th request has arrived, and when Mondrian has answered it, before it goes on. */
  interrupt: (moment: Moment, count: number) => Promise<void>
  close(): Promise<void>
}

export async function onlooker(upstream: URL): Promise<Onlooker> {
  const arrived: Arrived[] = []
  const agent = new Agent({ keepAlive: true })
  let begun = 0
  const server = createServer((incoming, outgoing) => {
    const pass = async () => {
      const body = await bytes(incoming)
      begun += 1
      const count = begun
      await self.interrupt('asked', count)
      const options = { method: incoming.method, path: incoming.url, headers: endToEnd(incoming.rawHeaders), agent }
      const forwarded = send(upstream, options)
      const answering = once(forwarded, 'response') as Promise<[IncomingMessage]>
      forwarded.end(body)
      const [answer] = await answering
      const answered = await bytes(answer)
      arrived.push(describe(incoming, body, answer, answered))
      await self.interrupt('answered', count)
      outgoing.writeHead(answer.statusCode ?? 0, answer.statusMessage, endToEnd(answer.rawHeaders)).end(answered)
    }
    pass().catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const self: Onlooker = {
    url: new URL(`http://127.0.0.1:${port}/xmla`),
    arrived,
    interrupt: async () => undefined,
    async close() {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      agent.destroy()
      await closed
    },
  }
  return self
}

export async function bytes(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part)
  return Buffer.concat(parts)
}

const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'expect'])

export function endToEnd(rawHeaders: readonly string[]): string[] {
  const pairs = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : []))
  return pairs.filter(([name = '']) => !HOP_BY_HOP.has(name.toLowerCase())).flat()
}

function describe(incoming: IncomingMessage, body: Buffer, answer: IncomingMessage, answered: Buffer): Arrived {
  const envelope = decode(body)
  const statement = inner(envelope, 'Statement')
  const requestType = inner(envelope, 'RequestType')
  const method = requestType !== null ? 'Discover' : statement !== null ? 'Execute' : null
  const [scheme, credentials = ''] = incoming.headers.authorization?.split(' ') ?? []
  const user = scheme === 'Basic' ? (Buffer.from(credentials, 'base64').toString().split(':')[0] ?? null) : null
  return {
    method,
    text: (requestType ?? statement ?? '').trim(),
    member: inner(envelope, 'MEMBER_UNIQUE_NAME'),
    user: user === '' ? null : user,
    status: answer.statusCode ?? 0,
    faulty: (answer.headers['content-encoding'] === 'gzip' ? gunzipSync(answered) : answered).includes(':Fault>'),
  }
}

/** As Mondrian reads it: byte order mark, then XML declaration, then UTF-8. */
function decode(body: Buffer): string {
  if (body[0] === 0xfe && body[1] === 0xff) return new TextDecoder('utf-16be').decode(body)
  if (body[0] === 0xff && body[1] === 0xfe) return new TextDecoder('utf-16le').decode(body)
  const declared = /^<\?xml[^>]*encoding=["']([\w-]+)/.exec(body.toString('latin1'))?.[1]
  return new TextDecoder(declared ?? 'utf-8').decode(body)
}

function inner(envelope: string, element: string): string | null {
  const found = new RegExp(`<(?:[\\w-]+:)?${element}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:[\\w-]+:)?${element}>`).exec(
    envelope,
  )
  if (found === null) return null
  const cdata = /<!\[CDATA\[([\s\S]*?)\]\]>/.exec(found[1] ?? '')
  return cdata?.[1] ?? unescape(found[1] ?? '')
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function unescape(xml: string): string {
  return xml
    .replace(/&#x([0-9a-f]+);/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&#(\d+);/g, (_, decimal: string) => String.fromCodePoint(Number(decimal)))
    .replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '')
}
