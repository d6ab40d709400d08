/**
 * Those who ask in the memory runs, in a process of their own: node clients.ts PORT RATE SECONDS USERS. Together they send
 * RATE requests a second, as evenly as they can, however fast the answers come: 24 connections that are kept, USERS
 * connections that are logged in with NTLM and begin anew now and then, and some that serve one request. In the end it
 * tells how many were answered.
 */
import http from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { REQUEST } from '../bench/peers/traffic.ts'
import { authenticateMessage, negotiateMessage } from '../identity/ntlm-message.ts'
import { LONG_PATH, USUAL_PATH, WINDOWS_PATH } from './paths.ts'

const [port = 0, rate = 0, seconds = 0, users = 0] = process.argv.slice(2).map(Number)
const KEPT = 24
/** One answer in so many is a long one; one in so many is packed; a Windows login lasts for so many. */
const LONG_EVERY = 1000
const PACKED_EVERY = 7
const LOGIN_LASTS = 200
const FORGETS_EVERY = 11

const [before = '', behind = ''] = REQUEST.toString().split('@@')
const until = performance.now() + seconds * 1000
const counts = { answered: 0, challenged: 0, failed: 0 }
let sent = 0

class Client {
  readonly #user: string
  readonly #isWindows: boolean
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  #asked = 0
  #isLoggedIn = false

  constructor(user: string, isWindows: boolean) {
    this.#user = user
    this.#isWindows = isWindows
  }

  /** Asks every `restMs`, but for what it could not manage. */
  async ask(firstMs: number, restMs: number): Promise<void> {
    for (let due = performance.now() + firstMs; due < until; due = Math.max(due + restMs, performance.now())) {
      await pause(Math.max(due - performance.now(), 0))
      await (this.#isWindows ? this.#askAsWindows() : this.#askAsOthers())
    }
    this.#agent.destroy()
  }

  async #askAsOthers(): Promise<void> {
    this.#asked += 1
    const authorization = `Basic ${Buffer.from(`kommune\\${this.#user}:hemmeligt`).toString('base64')}`
    const path = sent % LONG_EVERY === LONG_EVERY - 1 ? LONG_PATH : USUAL_PATH
    const once = this.#asked % FORGETS_EVERY === 0 ? { Connection: 'close' } : {}
    await this.#send(path, { Authorization: authorization, ...once })
  }

  async #askAsWindows(): Promise<void> {
    this.#asked += 1
    if (this.#asked % LOGIN_LASTS === 0) this.#beginAnew()
    if (this.#isLoggedIn) return void (await this.#send(WINDOWS_PATH, {}))
    const status = await this.#send(WINDOWS_PATH, { Authorization: `NTLM ${negotiateMessage.toString('base64')}` })
    if (status !== 401) return
    const names = { domain: 'KOMMUNE', user: this.#user, workstation: 'PC' }
    const proof = authenticateMessage(names).toString('base64')
    this.#isLoggedIn = (await this.#send(WINDOWS_PATH, { Authorization: `NTLM ${proof}` })) === 200
  }

  #beginAnew(): void {
    this.#agent.destroy()
    this.#agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    this.#isLoggedIn = false
  }

  async #send(path: string, headers: http.OutgoingHttpHeaders): Promise<number | null> {
    sent += 1
    const body = Buffer.from(`${before}${String(sent % 1_000_000).padStart(6, '0')}${behind}`)
    const packed = sent % PACKED_EVERY === 0 ? { 'Accept-Encoding': 'gzip' } : {}
    const status = await this.#post(path, { ...headers, ...packed }, body)
    if (status === 200) counts.answered += 1
    else if (status === 401) counts.challenged += 1
    else counts.failed += 1
    // A login is its connection's, and that is gone.
    if (status !== 200) this.#isLoggedIn = false
    return status
  }

  #post(path: string, headers: http.OutgoingHttpHeaders, body: Buffer): Promise<number | null> {
    const { promise, resolve } = Promise.withResolvers<number | null>()
    const kind = { 'Content-Type': 'text/xml; charset=utf-8', 'Content-Length': body.length, 'User-Agent': 'ADOMD.NET' }
    const options = { host: '127.0.0.1', port, path, method: 'POST', agent: this.#agent }
    const req = http.request({ ...options, headers: { ...kind, ...headers } }, (res) => {
      res.resume().on('end', () => resolve(res.statusCode ?? null))
      res.on('error', () => resolve(null))
    })
    req.on('error', () => resolve(null))
    req.end(body)
    return promise
  }
}

const clients = Array.from({ length: KEPT + users }, (_, n) => new Client(`bruger${n}`, n >= KEPT))
const restMs = (1000 * clients.length) / rate
await Promise.all(clients.map((client, n) => client.ask((restMs * n) / clients.length, restMs)))
process.send?.(counts)
process.disconnect()
