/**
 * What one client may take of the proxy (docs/decisions/0020-limits.md). Slow is allowed, as long as it moves; nothing
 * here is about the BI server, whose queries may take hours.
 */
export interface Limits {
  /** Connections of clients, all together. */
  readonly connections: number
  /** Connections from one address, of IPv6 from one /64. */
  readonly connectionsPerAddress: number
  /** A head that has not come by then. */
  readonly headMs: number
  /** TLS that has not been agreed on by then. */
  readonly handshakeMs: number
  readonly headBytes: number
  readonly headFields: number
  readonly targetBytes: number
  /** Who keeps others waiting for a body or an answer, and over `slowMs` moves less than this, is cut. */
  readonly slowBytesPerSecond: number
  readonly slowMs: number
  /** One message in a WebSocket. */
  readonly webSocketBytes: number
}

export const USUAL_LIMITS: Limits = {
  connections: 10_000,
  connectionsPerAddress: 2000,
  headMs: 30_000,
  handshakeMs: 20_000,
  headBytes: 65_536,
  headFields: 2000,
  targetBytes: 65_536,
  slowBytesPerSecond: 100,
  slowMs: 60_000,
  webSocketBytes: 1024 * 1024 * 1024,
}
