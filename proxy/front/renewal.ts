/**
 * Serves a renewed certificate without a restart: the files' times and sizes are looked at every few seconds, for neither
 * network drives nor the links that containers exchange tell of changes.
 *
 * A certificate that cannot be used is reported once and the one in use stays. That is also what happens between the
 * writing of a new certificate and of its key: the next look finds both.
 */
import { statSync } from 'node:fs'
import type { TlsOptions } from 'node:tls'
import type { TlsConfig } from '../../schema/config/front.ts'
import { ConfigError } from '../../schema/config/config-error.ts'
import { certificateFiles, loadCertificate } from './certificate.ts'
import type { FrontEvent } from './front-event.ts'

const LOOK_EVERY_MS = 5_000

export interface RenewalSettings {
  readonly tls: TlsConfig
  readonly renewed: (options: TlsOptions) => void
  readonly report: (event: FrontEvent) => void
  readonly everyMs?: number
}

export class Renewal {
  /** What was found at the start. */
  readonly first: TlsOptions
  readonly #its: RenewalSettings
  readonly #files: readonly string[]
  readonly #timer: NodeJS.Timeout
  #seen: string

  /** @throws ConfigError when there is no certificate to begin with */
  constructor(its: RenewalSettings) {
    this.#its = its
    this.#files = certificateFiles(its.tls)
    // Before they are read: what changes meanwhile is a change.
    this.#seen = this.#look()
    this.first = loadCertificate(its.tls)
    this.#timer = setInterval(() => this.check(), its.everyMs ?? LOOK_EVERY_MS).unref()
  }

  /** Reads the files again if they have changed. */
  check(): void {
    const now = this.#look()
    if (now === this.#seen) return
    this.#seen = now
    try {
      this.#its.renewed(loadCertificate(this.#its.tls))
      this.#its.report({ kind: 'certificate-renewed' })
    } catch (error) {
      const [mistake] = error instanceof ConfigError ? error.mistakes : []
      const { path = 'proxy.tls', expected = 'expected a certificate that TLS can use' } = mistake ?? {}
      this.#its.report({ kind: 'certificate-unusable', path, expected })
    }
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): string {
    return this.#files.map(stamp).join()
  }
}

function stamp(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true })
  return found === undefined ? '' : `${found.mtimeNs} ${found.ctimeNs} ${found.size} ${found.ino}`
}
