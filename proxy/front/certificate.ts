/**
 * The certificate that clients see, from the files an operator named. Read whole and tried before it is used: what cannot
 * be used is told by its place in the configuration, with what was expected there, and never by what a file held.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type TlsOptions } from 'node:tls'
import { ConfigError } from '../../schema/config/config-error.ts'
import type { TlsConfig } from '../../schema/config/front.ts'
import { readRegularFile } from '../../schema/config/regular-file.ts'

/** All files the certificate is made of. */
export function certificateFiles({ identity, passwordFile, clientCa }: TlsConfig): readonly string[] {
  const own = identity.kind === 'pfx' ? [identity.pfx] : [identity.certificate, identity.key]
  return [...own, passwordFile, clientCa].filter((file) => file !== null)
}

/** @throws ConfigError naming the first place that is wrong */
export function loadCertificate(config: TlsConfig): TlsOptions {
  const told = new Telling(config.configFile)
  const passphrase = passwordOf(config, told)
  const options: TlsOptions = {
    ...(config.identity.kind === 'pfx'
      ? pfxOf(config.identity.pfx, passphrase, told)
      : pemOf(config.identity, passphrase, told)),
    ...(passphrase === null ? {} : { passphrase }),
    ...clientsOf(config, told),
    minVersion: config.minVersion,
  }
  // What is left that could be wrong: OpenSSL's own rules, as for keys that are too short.
  told.attempt('proxy.tls', 'expected a certificate and key that TLS can use', () => createSecureContext(options))
  return options
}

function passwordOf({ passwordFile, password }: TlsConfig, told: Telling): string | null {
  return passwordFile === null ? password : told.file('proxy.tls.passwordFile', passwordFile).toString('utf8').trim()
}

function pemOf(
  { certificate, key }: { readonly certificate: string; readonly key: string },
  passphrase: string | null,
  told: Telling,
): TlsOptions {
  const cert = told.file('proxy.tls.certificate', certificate)
  const pem = told.file('proxy.tls.key', key)
  const own = told.attempt(
    'proxy.tls.certificate',
    "expected certificates in PEM, the server's own first",
    () => new X509Certificate(cert),
  )
  const secret = told.attempt(
    'proxy.tls.key',
    `expected a private key in PEM${passphrase === null ? ', or its password in proxy.tls.passwordFile' : ' that its password opens'}`,
    () => createPrivateKey({ key: pem, ...(passphrase === null ? {} : { passphrase }) }),
  )
  if (!own.checkPrivateKey(secret)) throw told.mistake('proxy.tls.key', 'expected the private key of the certificate')
  return { cert, key: pem }
}

function pfxOf(file: string, passphrase: string | null, told: Telling): TlsOptions {
  const pfx = told.file('proxy.tls.pfx', file)
  const expected = 'expected a PFX with its private key, written with AES256-SHA256, that its password opens'
  told.attempt('proxy.tls.pfx', expected, () =>
    createSecureContext({ pfx, ...(passphrase === null ? {} : { passphrase }) }),
  )
  return { pfx }
}

function clientsOf({ clientCa, clientCertificate }: TlsConfig, told: Telling): TlsOptions {
  if (clientCa === null) return {}
  const ca = told.file('proxy.tls.clientCa', clientCa)
  told.attempt('proxy.tls.clientCa', 'expected certificates in PEM', () => new X509Certificate(ca))
  return { ca, requestCert: true, rejectUnauthorized: clientCertificate === 'required' }
}

/** Makes mistakes out of what goes wrong. */
class Telling {
  readonly #configFile: string

  constructor(configFile: string) {
    this.#configFile = configFile
  }

  file(path: string, file: string): Buffer {
    try {
      return readRegularFile(file)
    } catch (error) {
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
      throw this.mistake(path, `expected a file that can be read (${reason})`, error)
    }
  }

  attempt<T>(path: string, expected: string, work: () => T): T {
    try {
      return work()
    } catch (error) {
      throw this.mistake(path, expected, error)
    }
  }

  mistake(path: string, expected: string, cause?: unknown): ConfigError {
    return new ConfigError(this.#configFile, [{ path, expected, example: null }], { cause })
  }
}
