/** Certificates of invented names, made by openssl for each run: no key is kept anywhere. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Scope } from '../forward/support.ts'

export interface Pair {
  readonly cert: string
  readonly key: string
}

export class Authority {
  readonly folder: string
  readonly cert: string
  #serial = 0

  constructor(scope: Scope, name = 'Opdigtet CA') {
    this.folder = mkdtempSync(join(tmpdir(), 'tilsyn-tls-'))
    scope.after(() => rmSync(this.folder, { recursive: true, force: true }))
    this.#openssl(`req -x509 ${KEY} -nodes -days 3650 -keyout ca.key -out ca.pem`, '-subj', `/CN=${name}`)
    this.cert = join(this.folder, 'ca.pem')
  }

  /** A certificate for `names`, files and all. */
  issue(names: string, days = 3650): Pair {
    this.#serial += 1
    const name = `leaf${this.#serial}`
    writeFileSync(join(this.folder, `${name}.ext`), `subjectAltName=${names}\n`)
    this.#openssl(`req -new ${KEY} -nodes -keyout ${name}.key -out ${name}.csr`, '-subj', `/CN=${name}`)
    const sign = `x509 -req -in ${name}.csr -CA ca.pem -CAkey ca.key -set_serial ${this.#serial} -days ${days}`
    this.#openssl(`${sign} -extfile ${name}.ext -out ${name}.pem`)
    return { cert: join(this.folder, `${name}.pem`), key: join(this.folder, `${name}.key`) }
  }

  /** Both in a PFX. */
  pfx({ cert, key }: Pair, password: string): string {
    this.#openssl(`pkcs12 -export -in ${cert} -inkey ${key} -out bi.pfx`, '-passout', `pass:${password}`)
    return join(this.folder, 'bi.pfx')
  }

  /** The key behind a password. */
  locked(key: string, password: string): string {
    this.#openssl(`pkcs8 -topk8 -in ${key} -out locked.key`, '-passout', `pass:${password}`)
    return join(this.folder, 'locked.key')
  }

  file(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  #openssl(line: string, ...more: string[]): void {
    execFileSync('openssl', [...line.split(' '), ...more], { cwd: this.folder, stdio: 'pipe' })
  }
}

const KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1'

export const text = (path: string): string => readFileSync(path, 'utf8')
