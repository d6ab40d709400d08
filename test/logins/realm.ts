/** A Kerberos realm of its own, in a temporary folder on free ports: MIT's key centre, with invented persons. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, freePort } from '../support/tilsyn.ts'

export const REALM = 'KOMMUNE.EXAMPLE'
export const HOST = 'bi.kommune.example'
export const SERVICE = `HTTP/${HOST}`

export interface Realm {
  readonly folder: string
  /** `KRB5_CONFIG` and the rest, for programs that live in this realm. */
  readonly env: NodeJS.ProcessEnv
  /** Runs kadmin.local; quotes are its own. */
  admin(...queries: readonly string[]): void
  addUser(name: string): void
  /** Logs `name` in. @returns the environment of a program that this person runs. */
  login(name: string): NodeJS.ProcessEnv
  stop(): void
}

const password = (name: string) => `kode-${name}`

export async function startRealm(): Promise<Realm> {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-realm-'))
  const port = await freePort()
  const env = {
    ...process.env,
    PATH: `${process.env['PATH'] ?? ''}:/usr/sbin`,
    KRB5_CONFIG: join(folder, 'krb5.conf'),
    KRB5_KDC_PROFILE: join(folder, 'kdc.conf'),
    KRB5RCACHETYPE: 'none',
  }
  writeFileSync(env.KRB5_CONFIG, krb5Conf(port))
  writeFileSync(env.KRB5_KDC_PROFILE, kdcConf(folder, port))
  const run = (command: string, args: readonly string[], input = '') =>
    execFileSync(command, args, { env, input, stdio: ['pipe', 'pipe', 'pipe'] })
  run('kdb5_util', ['create', '-s', '-r', REALM, '-P', 'mester'])
  const admin = (...queries: readonly string[]) => {
    run('kadmin.local', ['-r', REALM], `${queries.join('\n')}\n`)
  }
  const kdc = spawn('krb5kdc', ['-n', '-r', REALM], { env, stdio: 'ignore' })
  await eventually(10_000, () => answers(port))
  return {
    folder,
    env,
    admin,
    addUser: (name) => admin(`addprinc -pw ${password(name)} ${name}`),
    login(name) {
      const own = { ...env, KRB5CCNAME: `FILE:${join(folder, `cc-${name}`)}` }
      execFileSync('kinit', [name], { env: own, input: `${password(name)}\n`, stdio: ['pipe', 'pipe', 'pipe'] })
      return own
    },
    stop() {
      kdc.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function answers(port: number): Promise<true | null> {
  const { promise, resolve } = Promise.withResolvers<true | null>()
  const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(null))
  return promise.finally(() => socket.destroy())
}

const ETYPES = 'aes256-cts aes128-cts aes256-sha2 aes128-sha2 arcfour-hmac'

const krb5Conf = (port: number) => `[libdefaults]
  default_realm = ${REALM}
  dns_lookup_kdc = false
  dns_lookup_realm = false
  dns_canonicalize_hostname = false
  rdns = false
  allow_weak_crypto = true
  permitted_enctypes = ${ETYPES}
  udp_preference_limit = 1
[realms]
  ${REALM} = {
    kdc = 127.0.0.1:${port}
  }
[domain_realm]
  .kommune.example = ${REALM}
`

const kdcConf = (folder: string, port: number) => `[kdcdefaults]
  kdc_listen = 127.0.0.1:${port}
  kdc_tcp_listen = 127.0.0.1:${port}
[realms]
  ${REALM} = {
    database_name = ${folder}/principal
    key_stash_file = ${folder}/stash
    acl_file = ${folder}/kadm5.acl
    supported_enctypes = ${ETYPES.split(' ')
      .map((etype) => `${etype}:normal`)
      .join(' ')}
  }
[logging]
  kdc = FILE:${folder}/kdc.log
`
