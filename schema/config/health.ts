/** How the proxy itself looks whether a BI server is there. */
export interface HealthConfig {
  /** Asked with GET on the BI server; `null`: a connection, and TLS on it, is all. */
  readonly path: string | null
  /** Statuses that are good; `null`: all below 500. */
  readonly expect: readonly number[] | null
  readonly everyMs: number
  readonly timeoutMs: number
}

export interface WrittenHealth {
  readonly path?: string
  readonly expect?: readonly number[]
  readonly everySeconds?: number
  readonly timeoutSeconds?: number
}

/** `null` turns it off; without a word it is a bare connection now and then. */
export function healthConfig(written: WrittenHealth | null | undefined): HealthConfig | null {
  if (written === null) return null
  const { path = null, expect = null, everySeconds = 30, timeoutSeconds = 5 } = written ?? {}
  return { path, expect, everyMs: everySeconds * 1000, timeoutMs: timeoutSeconds * 1000 }
}
