import type { Identity } from '../exchange.ts'
import { NOBODY, readAuthorization, type Tickets } from './authorization.ts'

/**
 * Who stands behind one client connection towards one BI server.
 *
 * NTLM, and Negotiate as IIS does it, authenticate the connection: after the last step the requests carry no
 * `Authorization` at all ([MS-NTHT] section 1.3). So the identity is held here, from the moment it is claimed, because
 * a pipelined request may follow before the answer; and it is dropped by a 401 to the login, or by a new handshake. A 401
 * to a later request drops the confirmation only: the BI server may have forgotten the login, and may as well go on with
 * it and have nothing of this one thing for that user. It may be held only because `proxy/forward` gives such a client
 * connection an upstream connection of its own, and closes the one with the other.
 */
export class ConnectionIdentity {
  #held: Identity | null = null
  /** The BI server has accepted the one that is held. */
  #isAccepted = false
  /** Those it sent a 401: what was pipelined behind such a login is not confirmed by an answer that anybody gets. */
  readonly #refused = new WeakSet<Identity>()
  /** Whose Kerberos login the BI server wants a last word of. */
  #begun: Identity | null = null

  /** Whom a request with this `Authorization` comes from. A claim: {@link answered} tells whether it was believed. */
  claim(authorization: string | undefined, tickets: Tickets | null = null): Identity {
    if (authorization === undefined) return this.#held ?? NOBODY
    const claim = readAuthorization(authorization, tickets)
    if (claim.kind === 'none') return this.#held ?? NOBODY
    const begun = this.#begun
    this.#begun = null
    if (claim.kind === 'handshake') this.#drop()
    if (claim.kind === 'connection') return this.#hold(claim.identity)
    if (claim.kind === 'continuation') return this.#hold(begun ?? claim.identity)
    return claim.identity
  }

  /** A client that sends a ticket with every request is one and the same all the time. */
  #hold(identity: Identity): Identity {
    const held = this.#held
    const isSame = held?.source === 'kerberos' && identity.source === 'kerberos' && held.user === identity.user
    if (!isSame) this.#drop()
    this.#held = isSame ? held : identity
    this.#refused.delete(this.#held)
    return this.#held
  }

  #drop(): void {
    this.#held = null
    this.#isAccepted = false
  }

  /**
   * The BI server answered a request of `identity` with `status`.
   *
   * @returns whether it accepted that user. An anonymous NTLM user is nobody, however well received; a Kerberos user is
   * somebody, also where we cannot read who. A Basic or bearer user on a connection that is already somebody's may have been
   * passed over for that one: which of the two the BI server took we cannot see, so neither counts as accepted.
   */
  answered(identity: Identity, status: number): boolean {
    if (status === 401) {
      this.#refused.add(identity)
      if (identity === this.#held) {
        if (!this.#isAccepted) this.#drop()
        // With mutual authentication it may be a question back (RFC 4559, section 5 "Examples").
        this.#begun = identity.source === 'kerberos' ? identity : null
      }
      return false
    }
    if (this.#refused.has(identity) || (this.#held !== null && identity !== this.#held)) return false
    if (identity === this.#held) this.#isAccepted = true
    return identity.user !== null || identity.source === 'kerberos'
  }
}
