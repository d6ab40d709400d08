import type { Identity } from '../exchange.ts'
import { NOBODY, readAuthorization } from './authorization.ts'

/**
 * Who stands behind one client connection towards one BI server.
 *
 * NTLM, and Negotiate as IIS does it, authenticate the connection: after the last step the requests carry no
 * `Authorization` at all ([MS-NTHT] section 1.3). So the identity is held here, from the moment it is claimed, because
 * a pipelined request may follow before the answer; and it is dropped by a 401, or by a new handshake. It may be held
 * only because `proxy/forward` gives such a client connection an upstream connection of its own, and closes the one
 * with the other.
 */
export class ConnectionIdentity {
  #held: Identity | null = null

  /** Whom a request with this `Authorization` comes from. A claim: {@link answered} tells whether it was believed. */
  claim(authorization: string | undefined): Identity {
    if (authorization === undefined) return this.#held ?? NOBODY
    const claim = readAuthorization(authorization)
    if (claim.kind === 'none') return this.#held ?? NOBODY
    if (claim.kind === 'handshake') this.#held = null
    if (claim.kind === 'connection') this.#held = claim.identity
    return claim.identity
  }

  /**
   * The BI server answered a request of `identity` with `status`.
   *
   * @returns whether it accepted that user. An anonymous NTLM user is nobody, however well received; a Kerberos user is
   * somebody, though we cannot read who. A Basic or bearer user on a connection that is already somebody's may have been
   * passed over for that one: which of the two the BI server took we cannot see, so neither counts as accepted.
   */
  answered(identity: Identity, status: number): boolean {
    if (status === 401) {
      if (identity === this.#held) this.#held = null
      return false
    }
    if (this.#held !== null && identity !== this.#held) return false
    return identity.user !== null || identity.source === 'kerberos'
  }
}
