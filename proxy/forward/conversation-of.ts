/** The conversation in a WebSocket, with what its entries have in common: that of the request that opened it. */
import type { IncomingMessage } from 'node:http'
import type { Ending, Identity, Ticket } from '../exchange.ts'
import { redact } from '../identity/redact.ts'
import { cookiesOf } from './cookies.ts'
import type { PassageSettings } from './road.ts'
import { Conversation } from './websocket/conversation.ts'

export interface Opening {
  readonly server: string
  readonly identity: Identity
  /** The entry of the request; `null`: it has none. */
  readonly socket: Ticket['logId'] | null
  readonly userConfirmed: () => boolean
  readonly cut: (ending: Ending) => void
}

export function conversationOf(
  its: PassageSettings,
  answer: IncomingMessage,
  { server, identity, socket, userConfirmed, cut }: Opening,
): Conversation {
  const { road, route, req, clientAddress } = its
  return new Conversation({
    ...road,
    server,
    onJournalFailure: route?.server.onJournalFailure ?? 'refuse',
    extensions: answer.headers['sec-websocket-extensions'] ?? null,
    userConfirmed,
    common: {
      server,
      clientAddress,
      target: req.url ?? '',
      headers: redact(req.rawHeaders).filter(([name]) => !/^(?:connection|upgrade|sec-websocket-.*)$/i.test(name)),
      identity,
      socket,
      ...cookiesOf(its),
    },
    cut,
  })
}
