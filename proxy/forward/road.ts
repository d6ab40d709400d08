/** What a passage goes by: what it shares with all others, and what is its own. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { MessageIdFinder, ReadAnswer, Witness } from '../exchange.ts'
import type { SessionCookies } from '../identity/session-cookies.ts'
import type { WhoAsks } from '../identity/who-asks.ts'
import type { ClientConnection, Route } from './client-connection.ts'
import type { Report } from './event.ts'
import type { Limits } from './limits.ts'
import type { Origin } from './origin.ts'
import type { Target } from './target.ts'
import type { Tunnel } from './tunnel.ts'

/** What all passages share. */
export interface Road {
  readonly witness: Witness
  readonly whoAsks: WhoAsks
  /** `null`: no session cookies are recognised. */
  readonly cookies: SessionCookies | null
  readonly readAnswer: ReadAnswer
  readonly findMessageId: () => MessageIdFinder
  readonly origin: Origin
  readonly captureBytes: number
  readonly limits: Limits
  readonly now: () => number
  readonly report: Report
  /** The proxy is closing: every connection ends with the answer under way. */
  readonly isClosing: () => boolean
  /** Called once for each passage, when its ticket has been answered. */
  readonly over: () => void
}

export interface PassageSettings {
  readonly road: Road
  /** `null`: no BI server fits, or the target is none. */
  readonly route: Route | null
  readonly target: Target | null
  readonly connection: ClientConnection
  /** Where the request comes from. */
  readonly clientAddress: string
  readonly req: IncomingMessage
  readonly res: ServerResponse
  /** A WebSocket is asked for: the client's end of it. */
  readonly tunnel: Tunnel | null
}
