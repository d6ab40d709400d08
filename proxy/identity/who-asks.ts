/**
 * Who stands behind one request, where more than one thing tells: its credentials or its connection's, and the header of
 * a front end that the operator trusts.
 *
 * - The header is believed from the peers that are named, and from nobody else: from all others it is left behind before
 *   the request is forwarded, in every spelling a BI server could take for it (decision 0015). A peer that sends it twice
 *   names nobody with it.
 * - Of those that name somebody, the first in the order of precedence is taken; where none does, the first that stands for
 *   somebody at all (a Kerberos ticket is somebody's).
 * - Where the issuer's keys are known, a user named by a token that is no good is not confirmed, whatever the answer.
 * - Two that name different users: which of the two the BI server went by cannot be seen, so neither counts as confirmed.
 *
 * Left to others: what stands in the body, and sessions (`proxy/protocol`), which speak only where nobody is named here.
 */
import type { RequestSource, TrustedHeaderConfig } from '../../schema/config/identity.ts'
import type { Identity } from '../exchange.ts'
import { decode, NOBODY, type Tickets } from './authorization.ts'
import { bearerToken } from './bearer.ts'
import type { ConnectionIdentity } from './connection.ts'
import { Networks } from './networks.ts'
import { isName } from './ntlm.ts'
import type { TokenVerifier } from './token-verifier.ts'

export interface WhoAsksSettings {
  /** `null`: no keys are known, and a token's claims stand as claims. */
  readonly verifier: Pick<TokenVerifier, 'verify'> | null
  /** `null`: no keytab is configured, and a ticket is somebody's whom nobody can read. */
  readonly tickets: Tickets | null
  readonly trustedHeader: TrustedHeaderConfig | null
  /** All of them, first things first. */
  readonly precedence: readonly RequestSource[]
}

const PRECEDENCE: readonly RequestSource[] = ['kerberos', 'ntlm', 'basic', 'bearer', 'header']

/** Nobody's word is taken for a header. */
export const NO_FRONT: WhoAsksSettings = { verifier: null, tickets: null, trustedHeader: null, precedence: PRECEDENCE }

export interface RequestHeadFacts {
  readonly authorization: string | undefined
  readonly raw: readonly string[]
  /** Address of the other end of the TCP connection. */
  readonly peer: string
}

/** The trusted header, as it concerns the requests of one peer. */
export interface FrontHeader {
  isTrusted(name: string): boolean
  /** It comes from somebody who may not send it, and stays behind. */
  isForged(name: string): boolean
}

/** What one request claims, and what its answer says about that. */
export interface Claimed {
  readonly identity: Identity
  /** Is the token good that names the user? `null`: no token does, or none is verified. Never rejects. */
  readonly verified: Promise<boolean> | null
  /**
   * The BI server answered with `status`.
   *
   * @param asks the values of its `WWW-Authenticate`
   * @returns whether it accepted the user
   */
  answered(status: number, asks?: readonly string[]): boolean
}

const MAX_NAME = 512

export class WhoAsks {
  readonly #settings: WhoAsksSettings
  /** In the spelling in which names are compared. */
  readonly #header: string | null
  readonly #fronts: Networks

  constructor(settings: WhoAsksSettings) {
    this.#settings = settings
    this.#header = settings.trustedHeader === null ? null : comparable(settings.trustedHeader.name)
    this.#fronts = new Networks(settings.trustedHeader?.from ?? [])
  }

  /** Also `x_remote_user` for `X-Remote-User`: where headers become variables, the two are one. */
  isTrustedHeader(name: string): boolean {
    const header = this.#header
    return header !== null && name.length === header.length && comparable(name) === header
  }

  /** The header as a request that comes from `peer` may carry it. */
  headerFrom(peer: string): FrontHeader {
    return {
      isTrusted: (name) => this.isTrustedHeader(name),
      isForged: (name) => this.isTrustedHeader(name) && !this.#fronts.has(peer),
    }
  }

  /** @param connection `null`: no BI server fits the request, so nobody is taken for anybody. */
  claim(connection: ConnectionIdentity | null, facts: RequestHeadFacts): Claimed {
    if (connection === null) return { identity: NOBODY, verified: null, answered: () => false }
    const { tickets, precedence } = this.#settings
    const own = connection.claim(facts.authorization, tickets, precedence)
    const told = this.#told(facts)
    const identity = told === null ? own : this.#first(own, told)
    return {
      identity,
      verified: this.#verified(identity, facts),
      answered: (status, asks) => {
        const accepted = connection.answered(own, status, asks)
        // A front end that says more than one says nobody; the BI server may still go by one of them.
        if (told === null) return accepted && !this.#isToldUnclearly(facts)
        if (status === 401 || !agree(own, told)) return false
        return own === NOBODY || accepted
      },
    }
  }

  #verified({ source, user }: Identity, { authorization }: RequestHeadFacts): Promise<boolean> | null {
    const { verifier } = this.#settings
    const token = source === 'bearer' ? bearerToken(authorization) : null
    if (verifier === null || token === null || user === null) return null
    // Not now: the request goes upstream first.
    return Promise.resolve().then(() => verifier.verify(token, user))
  }

  #tellings({ raw, peer }: RequestHeadFacts): readonly string[] {
    if (this.#header === null || !this.#fronts.has(peer)) return []
    return raw.filter((_, at) => at % 2 === 1 && this.isTrustedHeader(raw[at - 1] ?? ''))
  }

  #isToldUnclearly(facts: RequestHeadFacts): boolean {
    return this.#tellings(facts).some((value) => value.trim() !== '')
  }

  #told(facts: RequestHeadFacts): Identity | null {
    const [value = '', another] = this.#tellings(facts)
    const user = decode(Buffer.from(value, 'latin1')).trim()
    // A comma: somebody on the way has made one line of two (RFC 9110, section 5.3 "Field Order").
    if (another !== undefined || user === '' || user.includes(',') || user.length > MAX_NAME) return null
    if (!isName(user)) return null
    return { user, source: 'header', workstation: null }
  }

  #first(own: Identity, told: Identity): Identity {
    const { precedence } = this.#settings
    if (own.user === null) return told
    const rank = ({ source }: Identity) => precedence.findIndex((one) => one === source)
    return rank(told) < rank(own) ? told : own
  }
}

/** A ticket that cannot be read may be anybody's: it agrees with nobody. */
function agree(own: Identity, told: Identity): boolean {
  return own === NOBODY || own.user?.toLowerCase() === told.user?.toLowerCase()
}

const comparable = (name: string): string => name.toLowerCase().replaceAll('_', '-')
