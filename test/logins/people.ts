/**
 * Those who ask, each in his own way and each with his name in what he asks: users of curl and of an NTLM client of npm's,
 * and beside them everybody who could come between.
 */
import { spawn } from 'node:child_process'
import http from 'node:http'
import { NtlmClient } from 'axios-ntlm'
import { execute } from '../support/xmla.ts'
import { type Account, messageIn, proofMessage } from './ntlmv2.ts'
import { firstToken, isWrapped, nextToken } from './spnego.ts'
import { accountName, OPEN_PATH, SLOW_PATH } from './windows-server.ts'

/** An answer as its client saw it. */
export interface Heard {
  readonly mark: string
  readonly status: number
  /** Whom the BI server took the client for. */
  readonly user: string
}

export const markOf = (name: string, number: number): string => `${name}-${number}`
export const question = (mark: string): string =>
  execute(`SELECT [Measures].[Antal] ON 0 FROM [Sager] WHERE ([Spor].[Spor].&[${mark}])`)

export function people(count: number, prefix = 'bruger'): Account[] {
  return Array.from({ length: count }, (_, n) => ({
    domain: 'KOMMUNE',
    name: `${prefix}${String(n).padStart(4, '0')}`,
    password: `hemmelig ${prefix} ${n}`,
  }))
}

const CURL_LIMIT_MS = 2_900_000
const EXPECTS_EVERY = 10

/** One process of curl asks everything, over as few connections as it may. */
export async function askByCurl(target: URL, account: Account, requests: number): Promise<readonly Heard[]> {
  const config = Array.from({ length: requests }, (_, n) =>
    [
      `url = ${quoted(target.href)}`,
      'ntlm',
      `user = ${quoted(`${accountName(account)}:${account.password}`)}`,
      `data-binary = ${quoted(question(markOf(account.name, n)))}`,
      'header = "Content-Type: text/xml"',
      ...(n % EXPECTS_EVERY === 0 ? ['header = "Expect: 100-continue"'] : []),
      'write-out = "%{http_code}\\n"',
    ].join('\n'),
  ).join('\nnext\n')
  const child = spawn('curl', ['--silent', '--show-error', '--config', '-'], { timeout: CURL_LIMIT_MS })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  let err = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.on('error', () => undefined).end(config)
  await new Promise((resolve, reject) => child.on('close', resolve).on('error', reject))
  if (err !== '') throw new Error(err)
  return [...out.matchAll(/^(\S+) (\S+)\n(\d+)\n/gm)].map(([, user = '', mark = '', status]) => ({
    mark,
    status: Number(status),
    user,
  }))
}

const quoted = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`

/**
 * A program with axios-ntlm and a keep-alive connection of its own. It asks again where the connection ended before an
 * answer came, as any program must that keeps connections; what else fails, fails.
 */
export async function askByNpm(target: URL, account: Account, requests: number): Promise<readonly Heard[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const { name: username, password, domain } = account
  const credentials = { username, password, domain, workstation: 'PC-7' }
  const client = NtlmClient(credentials, { httpAgent: agent, proxy: false, responseType: 'text' })
  const heard: Heard[] = []
  try {
    for (let n = 0; n < requests; n++) {
      const mark = markOf(account.name, n)
      const { status, data } = await again(() => client.post<string>(target.href, question(mark)))
      heard.push({ mark, status, user: data.split(' ')[0] ?? '' })
    }
    return heard
  } finally {
    agent.destroy()
  }
}

async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof Error) || !('code' in error) || !['ECONNRESET', 'EPIPE'].includes(String(error.code)))
        throw error
    }
  }
}

/** How the tokens of a login travel. */
export type Manner = 'NTLM' | 'Negotiate' | 'SPNEGO'

/** A client of our own, which does what those two never would. */
export class Visitor {
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  readonly #target: URL

  constructor(target: URL) {
    this.#target = target
  }

  async ask(mark: string, authorization: string | null = null, path = '/'): Promise<Answer> {
    const headers = authorization === null ? {} : { Authorization: authorization }
    const url = new URL(path, this.#target)
    return new Promise((resolve, reject) => {
      const request = http.request(url, { method: 'POST', headers, agent: this.#agent }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        const challenge = response.headers['www-authenticate'] ?? ''
        response.on('error', reject).on('end', () => {
          const [user = ''] = text.split(' ')
          resolve({ mark, status: response.statusCode ?? 0, user, challenge })
        })
      })
      request.on('error', reject).end(question(mark))
    })
  }

  /** First message; resolves with the challenge. */
  async knock(mark: string, manner: Manner): Promise<Buffer> {
    const first = Buffer.from('NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2', 'latin1')
    const { challenge } = await this.ask(mark, said(manner, manner === 'SPNEGO' ? firstToken(first) : first))
    return Buffer.from(challenge.split(' ')[1] ?? '', 'base64')
  }

  async prove(mark: string, account: Account, manner: Manner, token: Buffer): Promise<Answer> {
    const challenge = messageIn(token)?.bytes ?? Buffer.alloc(48)
    const proof = proofMessage(account, 'PC-9', challenge)
    return this.ask(mark, said(manner, isWrapped(token) ? nextToken(proof) : proof))
  }

  async logIn(mark: string, account: Account, manner: Manner): Promise<Answer> {
    return this.prove(mark, account, manner, await this.knock(mark, manner))
  }

  /** Asks something that takes its time, and leaves before it has been answered. */
  async leaveWhileAsking(mark: string): Promise<void> {
    const request = http.request(new URL(SLOW_PATH, this.#target), { method: 'POST', agent: this.#agent })
    const gone = new Promise((resolve) => request.on('error', resolve).on('close', resolve))
    request.end(question(mark), () => request.destroy())
    await gone
  }

  close(): void {
    this.#agent.destroy()
  }
}

export interface Answer extends Heard {
  readonly challenge: string
}

const said = (manner: Manner, token: Buffer) =>
  `${manner === 'NTLM' ? 'NTLM' : 'Negotiate'} ${token.toString('base64')}`

async function visit<T>(target: URL, stay: (visitor: Visitor) => Promise<T>): Promise<T> {
  const visitor = new Visitor(target)
  try {
    return await stay(visitor)
  } finally {
    visitor.close()
  }
}

/** Sends his password with every request, over the connections that all share. */
export function askByBasic(target: URL, account: Account, requests: number): Promise<readonly Heard[]> {
  const authorization = `Basic ${Buffer.from(`${accountName(account)}:${account.password}`).toString('base64')}`
  return visit(target, async (visitor) => {
    const heard: Heard[] = []
    for (let n = 0; n < requests; n++) heard.push(await visitor.ask(markOf(account.name, n), authorization))
    return heard
  })
}

/** Never says who he is, where that is not asked. `first`: the number of his first request. */
export function askByNobody(target: URL, first: number, requests: number): Promise<readonly Heard[]> {
  return visit(target, async (visitor) => {
    const heard: Heard[] = []
    for (let n = 0; n < requests; n++) heard.push(await visitor.ask(markOf('nobody', first + n), null, OPEN_PATH))
    return heard
  })
}

/** Begins logins and never ends them, or leaves in the middle of an answer. */
export async function comeAndGo(target: URL, account: Account, times: number): Promise<void> {
  for (let n = 0; n < times; n++) {
    const mark = markOf(account.name, n)
    await visit(target, (visitor) => visitor.knock(mark, n % 2 === 0 ? 'NTLM' : 'SPNEGO'))
    if (n % 10 !== 0) continue
    await visit(target, async (visitor) => {
      await visitor.logIn(mark, account, 'Negotiate')
      await visitor.leaveWhileAsking(mark)
    })
  }
}

const MANNERS: readonly Manner[] = ['NTLM', 'Negotiate', 'SPNEGO']

/** Several people at one computer: on one connection each logs in after the other. */
export function takeTurns(target: URL, accounts: readonly Account[], requests: number): Promise<readonly Heard[]> {
  return visit(target, async (visitor) => {
    const heard: Heard[] = []
    for (let n = 0; n < requests; n++) {
      const account = accounts[n % accounts.length]
      const manner = MANNERS[n % MANNERS.length]
      if (account === undefined || manner === undefined) break
      heard.push(await again(() => visitor.logIn(markOf(account.name, 2 * n), account, manner)))
      const later = await again(() => visitor.ask(markOf(account.name, 2 * n + 1)))
      // The login may have been forgotten, or ended, in between: then he is asked who he is.
      if (later.status !== 401) heard.push(later)
    }
    return heard
  })
}
