/**
 * What an adapter is: it knows one interface (XMLA, a JSON API, a declared mapping) and makes the parts of an entry
 * from a request. A new protocol is a new adapter in `registry.ts`; what stores and shows entries does not change.
 */
import type { AnswerFacts, Asked, Exchange, Identity, RawHeaders } from '../exchange.ts'
import type { PersonRules } from '../../schema/record/person-number.ts'
import type { Action, OpaqueReason } from '../../schema/record/record.ts'
import type { CubeModel } from '../language/cube-model.ts'
import type { Lesson, Session } from './knowledge.ts'
import type { Rows } from './criteria/rows.ts'

/** A request as an adapter sees it: content codings undone, decoded where it is text. */
export interface Request {
  readonly method: string
  readonly target: string
  /** For what was said in a WebSocket: its connection. */
  readonly socket: Asked['socket']
  readonly headers: RawHeaders
  /** Who asks, as the proxy saw it. Only a claim until the answer. */
  readonly identity: Identity
  readonly mediaType: string
  /** `null`: no text. */
  readonly text: string | null
  /** Where the bytes are no text: what may be text in them, for a search. Else empty. */
  readonly traces: string
  /** The body as text, or as a `data:` URI (RFC 2397) where it is none: what an unreadable request is kept as. */
  readonly kept: string
  readonly extent: Asked['body']['extent']
  /** Why `text` is `null` although there is a body. */
  readonly failure: OpaqueReason | null
}

/** What one statement or command of a request asks: a part of the exchange. */
export interface Part extends Rows {
  readonly action: Action
  readonly language: string | null
  readonly query: string
  readonly opaque: OpaqueReason | null
  readonly opaqueAt: string | null
  readonly cube: string | null
  /** Only where it is another than the reading's. */
  readonly catalog?: string | null
}

/** Who asks and from where, as far as the body tells. Headers are asked after that. */
export interface Claims {
  readonly catalog: string | null
  readonly application: string | null
  readonly report: string | null
  readonly sessionId: string | null
  readonly correlationId: string | null
  readonly effectiveUser: string | null
  readonly effectiveRoles: string | null
  readonly customData: string | null
  /** Who was confirmed when the session was begun, where this request names nobody. */
  readonly sessionUser?: string | null
  /** The session was begun by another than who asks: nothing of it was taken over. */
  readonly foreignSession?: boolean
  /** Where the request itself names its module. A rule of the configuration goes before it. */
  readonly module?: string | null
  /**
   * The operator believes the body about the user ({@link effectiveUser}), because the BI server itself checks it: where
   * nobody authenticated, or one of the accounts `from`, which ask for others. `null`: a claim like any other.
   */
  readonly believed?: { readonly from: readonly string[] } | null
}

export const NO_CLAIMS: Claims = {
  catalog: null,
  application: null,
  report: null,
  sessionId: null,
  correlationId: null,
  effectiveUser: null,
  effectiveRoles: null,
  customData: null,
}

export interface Reading {
  readonly claims: Claims
  /** At least one. */
  readonly parts: readonly Part[]
  /** What this request teaches for later ones, once its answer is known (`null`: not read). */
  readonly teaches?: (answer: AnswerFacts | null, exchange: Exchange) => readonly Lesson[]
}

/** {@link Knowledge} as it concerns the BI server that was asked. */
export interface Known {
  session(id: string): Session | null
  model(catalog: string | null, cube: string): CubeModel | null
}

export interface Adapter {
  readonly name: string
  /** `null`: not my interface. Decides from the body or the address, never from the SOAPAction: some clients leave it out. */
  read(request: Request, rules: PersonRules, known: Known): Reading | null
}
