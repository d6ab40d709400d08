import type { Identity } from '../exchange.ts'
import type { RequestSource } from '../../schema/config/identity.ts'
import { NOBODY, readAuthorization, type Tickets } from './authorization.ts'
import { isChallenge } from './ntlm.ts'

/**
 * Who stands behind one client connection towards one BI server.
 *
 * NTLM, and Negotiate as IIS does it, authenticate the connection: after the last step the requests carry no
 * `Authorization` at all ([MS-NTHT] section 1.3). So the identity is held here, from the moment it is claimed, because
 * a pipelined request may follow before the answer; and it is dropped by a 401 to the login, or by a new handshake. A 401
 * to a later request drops the confirmation only: the BI server may have forgotten the login, and may as well go on with
 * it and have nothing of this one thing for that user. It may be held only because `proxy/forward` gives such a client
 * connection an upstream connection of its own, and closes the one with the other.
 *
 * The last step of NTLM is the answer to a challenge. One that no challenge came before logs nobody in: it is somebody's
 * claim, and the answer of a BI server that looks past it confirms nothing.
 */
export class ConnectionIdentity {
  #held: Identity | null = null
  /** The BI server has accepted the one that is held. */
  #isAccepted = false
  /**
   * Those it sent a 401, for what was pipelined behind such a login is not confirmed by an answer that anybody gets; and
   * logins that it never asked for.
   */
  readonly #refused = new WeakSet<Identity>()
  /** It has asked for the last step of NTLM, which has not come yet. */
  #isChallenged = false
  /** Whose Kerberos login the BI server wants a last word of. */
  #begun: Identity | null = null

  /** Whom a request with this `Authorization` comes from. A claim: {@link answered} tells whether it was believed. */
  claim(
    authorization: string | undefined,
    tickets: Tickets | null = null,
    precedence: readonly RequestSource[] = [],
  ): Identity {
    if (authorization === undefined) return this.#held ?? NOBODY
    const claim = readAuthorization(authorization, tickets)
    if (claim.kind === 'none') return this.#beside(NOBODY)
    const begun = this.#begun
    this.#begun = null
    if (claim.kind === 'handshake') this.#drop()
    if (claim.kind === 'connection') return this.#login(claim.identity)
    if (claim.kind === 'continuation') return this.#hold(begun ?? claim.identity)
    const rank = ({ source }: Identity) => precedence.findIndex((one) => one === source)
    const isPassedOver = this.#held !== null && rank(this.#held) < rank(claim.identity)
    return isPassedOver ? this.#beside(claim.identity) : claim.identity
  }

  /**
   * Whom a request comes from that says something else beside its connection's login: whoever the BI server has let in on
   * it, but not as confirmed, for it is another object than the one that is held.
   */
  #beside(claimed: Identity): Identity {
    return this.#held !== null && this.#isAccepted ? { ...this.#held } : claimed
  }

  #login(identity: Identity): Identity {
    if (identity.source !== 'ntlm') return this.#hold(identity)
    const isAskedFor = this.#isChallenged
    this.#isChallenged = false
    // It cannot take the place of one that has been let in.
    if (!isAskedFor && this.#isAccepted) return this.#beside(identity)
    const held = this.#hold(identity)
    if (!isAskedFor) this.#refused.add(held)
    return held
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
   * @param asks the values of its `WWW-Authenticate`
   * @returns whether it accepted that user. An anonymous NTLM user is nobody, however well received; a Kerberos user is
   * somebody, also where we cannot read who. A Basic or bearer user on a connection that is already somebody's may have been
   * passed over for that one: which of the two the BI server took we cannot see, so neither counts as accepted.
   */
  answered(identity: Identity, status: number, asks: readonly string[] = []): boolean {
    if (status === 401) {
      this.#isChallenged ||= asks.some(isChallenge)
      this.#refused.add(identity)
      if (identity === this.#held) {
        if (!this.#isAccepted) this.#drop()
        // With mutual authentication it may be a question back (RFC 4559, section 5 "Examples").
        this.#begun = identity.source === 'kerberos' ? identity : null
      }
      return false
    }
    // The BI server has looked past a login that it had not asked for: what follows is not on its word.
    if (identity === this.#held && this.#refused.has(identity) && !this.#isAccepted) this.#drop()
    if (this.#refused.has(identity) || (this.#held !== null && identity !== this.#held)) return false
    if (identity === this.#held) this.#isAccepted = true
    return identity.user !== null || identity.source === 'kerberos'
  }
}
