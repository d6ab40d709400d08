/** How BI clients reach the proxy: addresses, TLS, and those whose word on a client's address counts. */
import type { Address } from './address.ts'

export interface Listener extends Address {
  readonly tls: boolean
}

export interface FrontConfig {
  readonly listen: readonly Listener[]
  /** `null`: plain HTTP on every listener. */
  readonly tls: TlsConfig | null
  /** Addresses and networks in CIDR, as written. */
  readonly trusted: readonly string[]
  /** Connections from a trusted address begin with a PROXY protocol header. */
  readonly proxyProtocol: boolean
  /** The header in which trusted front ends name the client; the other one is anybody's claim. */
  readonly clientAddressHeader: 'X-Forwarded-For' | 'Forwarded'
}

/** Files, not their contents: they are read again when they change. */
export interface TlsConfig {
  readonly identity:
    | { readonly kind: 'pem'; readonly certificate: string; readonly key: string }
    | { readonly kind: 'pfx'; readonly pfx: string }
  /** Of the key or the PFX: a file that holds it, or itself, from the environment. */
  readonly passwordFile: string | null
  readonly password: string | null
  /** Certificates of clients are asked for, and must come from one of these authorities. */
  readonly clientCa: string | null
  readonly clientCertificate: 'required' | 'optional'
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  /** Clients that ask for HTTP/2 by ALPN get it. */
  readonly http2: boolean
  /** The configuration file, for telling what is wrong in it. */
  readonly configFile: string
}
