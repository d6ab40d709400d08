/** The part of the configuration that says how clients reach the proxy: what the schema cannot check is checked here. */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { ConfigError, type Mistake } from './config-error.ts'
import type { FrontConfig, Listener, TlsConfig } from './front.ts'
import { address } from './address.ts'
import { readRegularFile } from './regular-file.ts'

export interface WrittenFront {
  readonly listen?: string | readonly (string | { readonly address: string; readonly tls?: boolean })[]
  readonly tls?: WrittenTls
  readonly trusted?: readonly string[]
  readonly proxyProtocol?: boolean
  readonly clientAddressHeader?: FrontConfig['clientAddressHeader']
}

interface WrittenTls {
  readonly certificate?: string
  readonly key?: string
  readonly pfx?: string
  readonly passwordFile?: string
  readonly clientCa?: string
  readonly clientCertificate?: TlsConfig['clientCertificate']
  readonly minVersion?: TlsConfig['minVersion']
  readonly http2?: boolean
}

/** @throws ConfigError */
export function frontConfig(written: WrittenFront, folder: string, env: NodeJS.ProcessEnv, file: string): FrontConfig {
  const mistakes = [...trustMistakes(written)]
  if (mistakes.length > 0) throw new ConfigError(file, mistakes)
  return {
    listen: listeners(written, file),
    tls: written.tls === undefined ? null : tlsConfig(written.tls, folder, env, file),
    trusted: written.trusted ?? [],
    proxyProtocol: written.proxyProtocol ?? false,
    clientAddressHeader: written.clientAddressHeader ?? 'X-Forwarded-For',
  }
}

function listeners({ listen = '127.0.0.1:8080', tls }: WrittenFront, file: string): readonly Listener[] {
  if (typeof listen === 'string') return [{ ...address(listen, 'proxy.listen', file), tls: tls !== undefined }]
  return listen.map((each, index) => {
    const path = `proxy.listen[${index}]`
    const { address: text, tls: wanted = tls !== undefined } = typeof each === 'string' ? { address: each } : each
    if (wanted && tls === undefined) {
      const expected = 'TLS needs a certificate: expected proxy.tls beside it'
      throw new ConfigError(file, [{ path: `${path}.tls`, expected, example: TLS_EXAMPLE }])
    }
    return { ...address(text, path, file), tls: wanted }
  })
}

const TLS_EXAMPLE = '{"certificate":"tls/bi.pem","key":"tls/bi.key"}'

function tlsConfig(written: WrittenTls, folder: string, env: NodeJS.ProcessEnv, configFile: string): TlsConfig {
  const { certificate, key, pfx } = written
  const whole = (path: string | undefined) => (path === undefined ? null : resolve(folder, path))
  const identity =
    pfx !== undefined && certificate === undefined && key === undefined
      ? ({ kind: 'pfx', pfx: resolve(folder, pfx) } as const)
      : pfx === undefined && certificate !== undefined && key !== undefined
        ? ({ kind: 'pem', certificate: resolve(folder, certificate), key: resolve(folder, key) } as const)
        : null
  if (identity === null) {
    const expected = 'expected either certificate and key, or pfx'
    throw new ConfigError(configFile, [{ path: 'proxy.tls', expected, example: TLS_EXAMPLE }])
  }
  if (written.clientCertificate !== undefined && written.clientCa === undefined) {
    const expected = "is missing: clientCertificate needs the authority that clients' certificates come from"
    throw new ConfigError(configFile, [{ path: 'proxy.tls.clientCa', expected, example: '"tls/client-ca.pem"' }])
  }
  return {
    identity,
    passwordFile: whole(written.passwordFile),
    password: env['TILSYN_TLS_PASSWORD'] ?? null,
    clientCa: whole(written.clientCa),
    clientCertificate: written.clientCertificate ?? 'required',
    minVersion: written.minVersion ?? 'TLSv1.2',
    http2: written.http2 ?? false,
    configFile,
  }
}

function* trustMistakes({ trusted = [], proxyProtocol = false }: WrittenFront): Iterable<Mistake> {
  for (const [index, network] of trusted.entries()) {
    if (isNetwork(network)) continue
    const expected = 'expected an IP address, or a network in CIDR'
    yield { path: `proxy.trusted[${index}]`, expected, example: '"10.0.0.0/8"' }
  }
  if (proxyProtocol && trusted.length === 0) {
    const expected = 'is missing: proxyProtocol is only heeded from the addresses named here'
    yield { path: 'proxy.trusted', expected, example: '["10.0.0.5"]' }
  }
}

function isNetwork(text: string): boolean {
  const [, address = '', prefix] = /^([^/]+?)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIP(address)
  return family !== 0 && !address.includes('%') && Number(prefix ?? 0) <= (family === 4 ? 32 : 128)
}

/** Reads certificates in PEM. @throws ConfigError naming `path` */
export function pemFile(place: string, path: string, file: string): string {
  try {
    const text = readRegularFile(place).toString('utf8')
    if (new X509Certificate(text).raw.length > 0) return text
  } catch (cause) {
    const expected = 'expected a file that can be read, with certificates in PEM'
    throw new ConfigError(file, [{ path, expected, example: '"tls/ca.pem"' }], { cause })
  }
  throw new ConfigError(file, [{ path, expected: 'expected certificates in PEM', example: '"tls/ca.pem"' }])
}
