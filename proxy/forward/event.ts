/**
 * What the forwarder has to tell its operator. Names of servers, status and error codes, numbers of entries: no query
 * text, no user, no address, no target (DESIGN.md, invariant 7).
 */
export type ForwardEvent = Happening & {
  /** So many more like those already told within the minute; absent: this one. */
  readonly times?: number
}

type Happening =
  /** The journal is broken, so the request was refused before it was forwarded. */
  | { readonly kind: 'journal-refusal'; readonly server: string }
  /** The journal failed while a query was under way: its answer was kept back. */
  | { readonly kind: 'withheld'; readonly server: string; readonly code: string }
  /** A query passed without an entry (`onJournalFailure: "forward"`). */
  | { readonly kind: 'unrecorded'; readonly server: string; readonly code: string }
  | { readonly kind: 'upstream-unreachable'; readonly server: string; readonly code: string }
  | { readonly kind: 'upstream-gone'; readonly server: string; readonly code: string }
  | { readonly kind: 'upstream-timeout'; readonly server: string }
  /** A reused connection was closed under a request that could safely be sent again. */
  | { readonly kind: 'sent-again'; readonly server: string; readonly code: string }
  | { readonly kind: 'refused'; readonly server: string; readonly status: number; readonly reason: RefusalReason }
  /** What arrived is no HTTP; `code` is the parser's. */
  | { readonly kind: 'malformed'; readonly code: string; readonly status: number }
  /** A client and the proxy could not agree on TLS; nothing was asked. */
  | { readonly kind: 'handshake-failed'; readonly code: string }
  /** NTLM or Negotiate over HTTP/2, where no connection is one client's: it was sent to HTTP/1.1. */
  | { readonly kind: 'http1-demanded'; readonly server: string }
  /** A connection too many, of one client or of all, was closed before anything was asked on it. */
  | { readonly kind: 'crowded'; readonly limit: 'address' | 'all' }
  /** A client was cut that neither sent on what it began nor took what it asked for, or not in earnest. */
  | { readonly kind: 'slow-client'; readonly server: string }
  /** The reader of answers failed or stalled; the client noticed nothing. */
  | { readonly kind: 'reader-failed'; readonly server: string; readonly code: string }
  /**
   * The BI server's answer begins to leave: it was held for so long because its entry was not yet durable, and the proxy
   * had the request and the answer's head in its hands for so long altogether. Told for every answer, so for counting
   * and not for a log.
   */
  | { readonly kind: 'passed'; readonly server: string; readonly heldMs: number; readonly proxyMs: number }
  /** Something that the BI server said in a WebSocket leaves, after so long in the proxy. Told for all of it, as above. */
  | { readonly kind: 'piece-passed'; readonly server: string; readonly proxyMs: number }
  /** A fault of ours, in one exchange. */
  | { readonly kind: 'failed'; readonly server: string; readonly code: string }

export type RefusalReason =
  | 'no-server'
  | 'method'
  | 'host'
  | 'target'
  | 'framing'
  | 'transfer-coding'
  | 'duplicate-header'
  | 'connection-option'
  | 'header-count'
  | 'target-length'
  | 'version'
  /** It stood behind one that was refused: where that one ended is not sure. */
  | 'behind-refused'
  | 'websocket-frame'
  | 'websocket-message'

export type Report = (event: ForwardEvent) => void

/** The stable code of anything thrown; never its message, which may quote what it stumbled on. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
