/** Who asks: where organisation and role come from, and whose word is taken about the user. Plain values only. */

export interface DirectoryConfig {
  readonly url: string
  /** `ldap:` without TLS: only where the operator says so in as many words. */
  readonly plaintext: boolean
  /** PEM file of the authorities that sign the directory's certificate; `null`: those Node knows. */
  readonly authorities: string | null
  /** `null`: anonymous. */
  readonly bind: { readonly user: string; readonly password: string } | null
  readonly base: string
  /** Attribute that holds `kirsten` of `KOMMUNE\kirsten`. */
  readonly accountAttribute: string
  /** Attribute that holds `kirsten@kommune.example`. */
  readonly principalAttribute: string
  /** Windows domains whose accounts stand in this directory, in lower case; empty: all. */
  readonly domains: readonly string[]
  readonly organisationAttribute: string | null
  readonly roleAttribute: string | null
  readonly groupAttribute: string
  readonly timeoutMs: number
  /** How long an answer of the directory is good. */
  readonly keepMs: number
}

/** Where a request itself, or its connection, says who asks. */
export type RequestSource = 'kerberos' | 'ntlm' | 'basic' | 'bearer' | 'header'

export interface TrustedHeaderConfig {
  readonly name: string
  /** Addresses and networks in CIDR. */
  readonly from: readonly string[]
}

/** How bearer tokens are verified. */
export interface TokenConfig {
  /** The issuer's public keys, a JWK Set. */
  readonly keys: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'url'; readonly url: string }
  readonly issuer: readonly string[]
  readonly audience: readonly string[]
  readonly algorithms: readonly string[]
  readonly skewSeconds: number
}

/** How Kerberos tickets are read. */
export interface KerberosConfig {
  /** File of the BI service's keys. */
  readonly keytab: string
  /** What is wrong with it is told as a mistake of this file. */
  readonly configFile: string
}

export interface IdentityConfig {
  /** The mapping file; `null`: there is none. */
  readonly organisations: string | null
  readonly directory: DirectoryConfig | null
  /** `null`: a token's claims are only claims. */
  readonly tokens: TokenConfig | null
  /** `null`: tickets cannot be read. */
  readonly kerberos: KerberosConfig | null
  readonly trustedHeader: TrustedHeaderConfig | null
  /** All sources, first things first. */
  readonly precedence: readonly RequestSource[]
}
