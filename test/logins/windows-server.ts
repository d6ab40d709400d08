/**
 * A BI server behind Windows authentication, as IIS is one: NTLM proves the connection, by itself or inside Negotiate, and
 * from then on every request of that connection is the user's. It says in its answer whom it took the request for, and
 * counts what must never be: a request served as somebody who did not send it, and a handshake that failed.
 *
 * A request says by its mark, `name-number`, who really sent it.
 */
import { randomBytes } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { type Account, challengeMessage, isProof, messageIn, nameIn } from './ntlmv2.ts'
import { ACCEPTED, isWrapped, nextToken } from './spnego.ts'

export interface Troubles {
  /** `false`: each request proves itself anew (IIS: authPersistSingleRequest). */
  readonly persist?: boolean
  /** Of so many requests of users logged in, one finds the login forgotten; of so many answers one ends the connection. */
  readonly forgetsEvery?: number
  readonly closesEvery?: number
  /** The same, but it does not say so beforehand. */
  readonly dropsEvery?: number
}

export interface Tally {
  readonly connections: number
  readonly handshakes: number
  readonly failedHandshakes: number
  /** Requests served as a user whose name is not in their mark. */
  readonly crossed: number
  readonly served: number
  readonly forgotten: number
  readonly closed: number
  readonly dropped: number
}

export interface WindowsServer {
  readonly url: URL
  readonly tally: Tally
  /** For each mark the users it was served as. */
  readonly served: ReadonlyMap<string, readonly (string | null)[]>
  close(): void
}

interface Login {
  user: string | null
  challenge: Buffer | null
}

/** Whom a request is taken for. */
interface Taken {
  readonly user: string | null
  /** It is the connection that tells. */
  readonly isLogin: boolean
}

/** Nobody needs to log in here. */
export const OPEN_PATH = '/open'
/** Its answer takes its time. */
export const SLOW_PATH = '/slow'
const SLOW_MS = 200

export const accountName = ({ domain, name }: Account): string => `${domain}\\${name}`
const MARK = /&amp;\[([^\]]*)\]|&\[([^\]]*)\]/

export function markIn(text: string): string | null {
  const [, escaped, plain] = MARK.exec(text) ?? []
  return escaped ?? plain ?? null
}

export const senderOf = (mark: string): string => mark.slice(0, mark.lastIndexOf('-'))

export async function startWindowsServer(
  accounts: readonly Account[],
  troubles: Troubles = {},
): Promise<WindowsServer> {
  const windows = new Windows(accounts, troubles)
  await new Promise<void>((resolve) => windows.server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`http://127.0.0.1:${(windows.server.address() as AddressInfo).port}`)
  const close = () => {
    windows.server.close()
    windows.server.closeAllConnections()
  }
  return { url, tally: windows.tally, served: windows.served, close }
}

class Windows {
  readonly server: http.Server
  readonly served = new Map<string, (string | null)[]>()
  readonly tally = {
    connections: 0,
    handshakes: 0,
    failedHandshakes: 0,
    crossed: 0,
    served: 0,
    forgotten: 0,
    closed: 0,
    dropped: 0,
  }
  readonly #accounts: ReadonlyMap<string, Account>
  readonly #troubles: Troubles
  readonly #logins = new WeakMap<Socket, Login>()
  #asked = 0
  #answered = 0

  constructor(accounts: readonly Account[], troubles: Troubles) {
    this.#accounts = new Map(accounts.map((account) => [accountName(account), account]))
    this.#troubles = troubles
    this.server = http.createServer({ keepAliveTimeout: 120_000 }, (req, res) => {
      let body = ''
      req.setEncoding('utf8').on('data', (part: string) => (body += part))
      req.on('end', () => this.#take(req, res, body))
    })
    this.server.on('connection', (socket: Socket) => {
      this.tally.connections += 1
      this.#logins.set(socket, { user: null, challenge: null })
      socket.on('error', () => socket.destroy())
    })
  }

  #take(req: http.IncomingMessage, res: http.ServerResponse, body: string): void {
    // It came after we had closed the connection: as far as anybody can tell, it was never here.
    if (req.socket.writableEnded) return
    const login = this.#logins.get(req.socket)
    if (login === undefined) throw new Error('a connection nobody has seen arrive')
    const [scheme = '', token = ''] = (req.headers.authorization ?? '').split(' ')
    if (scheme === 'NTLM' || scheme === 'Negotiate') {
      if (!this.#shake(res, login, scheme, Buffer.from(token, 'base64'))) return
    } else if (login.user !== null && this.#isTime(++this.#asked, this.#troubles.forgetsEvery)) {
      login.user = null
      this.tally.forgotten += 1
    }
    const basic = scheme === 'Basic' ? this.#basicUser(token) : null
    if (basic === null && login.user === null && req.url !== OPEN_PATH) return refuse(res, [])
    const user = basic ?? login.user
    if (basic !== null && login.user !== null) this.tally.crossed += 1
    const served = () => this.#serve(req, res, { user, isLogin: basic === null && user !== null }, markIn(body))
    if (req.url === SLOW_PATH) setTimeout(served, SLOW_MS)
    else served()
    if (this.#troubles.persist === false) login.user = null
  }

  /** One step of a handshake. `false`: it has been answered. */
  #shake(res: http.ServerResponse, login: Login, scheme: string, token: Buffer): boolean {
    const message = messageIn(token)
    const pass = (ntlm: Buffer) => (isWrapped(token) ? nextToken(ntlm) : ntlm).toString('base64')
    if (message?.type === 1) {
      // The handshake of another is under way on this connection.
      if (login.challenge !== null) this.tally.failedHandshakes += 1
      login.user = null
      login.challenge = randomBytes(8)
      refuse(res, [scheme, pass(challengeMessage(login.challenge, 'KOMMUNE'))])
      return false
    }
    const { challenge } = login
    const account = message?.type === 3 ? this.#accounts.get(nameIn(message.bytes)) : undefined
    login.challenge = null
    if (
      message === null ||
      challenge === null ||
      account === undefined ||
      !isProof(message.bytes, challenge, account)
    ) {
      this.tally.failedHandshakes += 1
      login.user = null
      refuse(res, [])
      return false
    }
    this.tally.handshakes += 1
    login.user = accountName(account)
    if (isWrapped(token)) res.setHeader('WWW-Authenticate', `Negotiate ${ACCEPTED.toString('base64')}`)
    return true
  }

  #basicUser(token: string): string | null {
    const [name = '', password] = Buffer.from(token, 'base64').toString('utf8').split(':')
    return this.#accounts.get(name)?.password === password ? name : null
  }

  #serve(req: http.IncomingMessage, res: http.ServerResponse, { user, isLogin }: Taken, mark: string | null): void {
    const sender = mark === null ? null : senderOf(mark)
    if (sender !== null && sender !== (user?.split('\\')[1] ?? 'nobody')) this.tally.crossed += 1
    if (mark !== null) this.served.set(mark, [...(this.served.get(mark) ?? []), user])
    this.tally.served += 1
    const number = isLogin ? ++this.#answered : 0
    const closes = isLogin && this.#isTime(number, this.#troubles.closesEvery)
    const drops = isLogin && !closes && this.#isTime(number, this.#troubles.dropsEvery)
    if (closes) this.tally.closed += 1
    if (drops) this.tally.dropped += 1
    if (closes) res.setHeader('Connection', 'close')
    const { socket } = req
    res.end(`${user ?? 'nobody'} ${mark}\n`, () => {
      if (drops) socket.end()
    })
  }

  #isTime(count: number, every: number | undefined): boolean {
    return every !== undefined && count % every === 0
  }
}

/** 401 as IIS says it: a line for each scheme, or for the one that is under way. */
function refuse(res: http.ServerResponse, [scheme, token]: readonly string[]): void {
  const lines = scheme === undefined ? ['Negotiate', 'NTLM'] : [`${scheme} ${token}`]
  res.writeHead(401, [...lines.flatMap((line) => ['WWW-Authenticate', line]), 'Content-Length', '5']).end('who?\n')
}
