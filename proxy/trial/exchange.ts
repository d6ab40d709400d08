/** From the messages of an exchange in files to the `Exchange` that the proxy would have made of it. */
import type { LogId, Origin } from '../../schema/record/ids.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import type { AnswerFacts, Asked, Exchange, Identity, ReadAnswer } from '../exchange.ts'
import { NOBODY, readAuthorization } from '../identity/authorization.ts'
import { redact } from '../identity/redact.ts'
import type { Message } from './exchange-files.ts'

/** What the files do not tell. */
export interface Circumstances {
  readonly askedAt: number
  readonly server: string
  readonly clientAddress: string
  readonly origin: Origin
  readonly logId: LogId
}

/** An exchange that is only tried: its ids are nobody's. */
export function triedNow(nowMs: number): Circumstances {
  const origin = 'trial-000000' as Origin
  return { askedAt: nowMs, server: 'trial', clientAddress: '127.0.0.1', origin, logId: new LogIdMint(0).next(nowMs) }
}

export function askedOf({ start, headers, body }: Message, circumstances: Circumstances): Asked {
  const [method = '', target = ''] = start.split(' ')
  const { askedAt, server, clientAddress } = circumstances
  const identity = identityOf(headers)
  const kept = redact(headers.flat())
  return {
    askedAt,
    server,
    clientAddress,
    method,
    target,
    headers: kept,
    identity,
    // A message of a WebSocket on its own: the entry of its connection is not among the files.
    socket: method === 'SAY' || method === 'PUSH' ? circumstances.logId : null,
    body: { bytes: body, extent: 'whole' },
  }
}

function identityOf(headers: Message['headers']): Identity {
  const authorization = headers.find(([name]) => /^authorization$/i.test(name))?.[1] ?? ''
  const claim = readAuthorization(authorization)
  return claim.kind === 'none' ? NOBODY : claim.identity
}

export function exchangeOf(
  request: Message,
  response: Message | null,
  facts: AnswerFacts | null,
  circumstances: Circumstances,
): Exchange {
  const asked = askedOf(request, circumstances)
  const { origin, logId } = circumstances
  if (response === null) return { seq: 1, logId, origin, asked, answered: null }
  const status = statusOf(response)
  return {
    seq: 1,
    logId,
    origin,
    asked,
    answered: {
      ending: 'complete',
      status,
      headers: response.headers,
      firstByteAt: asked.askedAt + 5,
      endedAt: asked.askedAt + 12,
      answerBytes: response.body.length,
      userConfirmed: status !== 401 && asked.identity.user !== null,
      requestBytes: request.body.length,
      requestHash: null,
      facts,
    },
  }
}

export const statusOf = ({ start }: Message): number => Number(start.split(' ')[1])

/** Reads `response` as it would be read while it streams past, in pieces of `size` bytes. */
export async function factsOf(response: Message, readAnswer: ReadAnswer, size = 65_536): Promise<AnswerFacts | null> {
  const reading = readAnswer({ status: statusOf(response), headers: response.headers })
  for (let at = 0; at < response.body.length; at += size) {
    if (reading?.write(response.body.subarray(at, at + size)) === false) await reading.drained()
  }
  return (await reading?.end(true)) ?? null
}
