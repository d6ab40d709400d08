/** What one client may take of the proxy, as written and as used. Names and defaults: `config.schema.json`. */
export interface LimitsConfig {
  readonly connections: number
  readonly connectionsPerAddress: number
  readonly headMs: number
  readonly handshakeMs: number
  readonly headBytes: number
  readonly headFields: number
  readonly targetBytes: number
  readonly slowBytesPerSecond: number
  readonly slowMs: number
  readonly webSocketBytes: number
}

export type WrittenLimits = Partial<{
  readonly connections: number
  readonly connectionsPerAddress: number
  readonly headSeconds: number
  readonly handshakeSeconds: number
  readonly headKilobytes: number
  readonly headFields: number
  readonly targetKilobytes: number
  readonly slowSeconds: number
  readonly slowBytesPerSecond: number
  readonly webSocketMegabytes: number
}>

export function limitsConfig(written: WrittenLimits): LimitsConfig {
  return {
    connections: written.connections ?? 10_000,
    connectionsPerAddress: written.connectionsPerAddress ?? 2000,
    headMs: (written.headSeconds ?? 30) * 1000,
    handshakeMs: (written.handshakeSeconds ?? 20) * 1000,
    headBytes: (written.headKilobytes ?? 64) * 1024,
    headFields: written.headFields ?? 2000,
    targetBytes: (written.targetKilobytes ?? 64) * 1024,
    slowBytesPerSecond: written.slowBytesPerSecond ?? 100,
    slowMs: (written.slowSeconds ?? 60) * 1000,
    webSocketBytes: (written.webSocketMegabytes ?? 1024) * 1024 * 1024,
  }
}
