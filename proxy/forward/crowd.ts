/**
 * How many connections there are, in all and of each client. One that is too many is closed before a byte of it is read,
 * TLS or not: nothing has been asked on it.
 */
import type { Server, Socket } from 'node:net'
import type { Limits } from './limits.ts'
import { networkOf } from './network.ts'
import type { Origin } from './origin.ts'

export interface CrowdSettings {
  readonly limits: Pick<Limits, 'connections' | 'connectionsPerAddress'>
  readonly origin: Origin
  readonly refused: (address: string, limit: 'address' | 'all') => void
}

export class Crowd {
  readonly #its: CrowdSettings
  readonly #counts = new Map<string, number>()
  #open = 0
  #gone: () => void = () => undefined

  constructor(its: CrowdSettings) {
    this.#its = its
  }

  get open(): number {
    return this.#open
  }

  /** Resolves when nobody is there. */
  gone(): Promise<void> {
    if (this.#open === 0) return Promise.resolve()
    return new Promise((resolve) => (this.#gone = resolve))
  }

  /** Puts itself before all who listen for connections of `server` so far. */
  guard(server: Server): void {
    const others = server.listeners('connection')
    server.removeAllListeners('connection')
    server.on('connection', (socket: Socket) => {
      if (!this.#admit(socket)) socket.destroy()
      else for (const listener of others) Reflect.apply(listener, server, [socket])
    })
  }

  #admit(socket: Socket): boolean {
    const { limits, origin, refused } = this.#its
    const address = origin.peer(socket)
    // Whoever stands for many is counted by those he speaks for, or not at all.
    const network = origin.isTrusted(address) ? null : networkOf(address)
    const count = network === null ? 0 : (this.#counts.get(network) ?? 0)
    const full = this.#open >= limits.connections ? 'all' : count >= limits.connectionsPerAddress ? 'address' : null
    if (full !== null) {
      refused(address, full)
      return false
    }
    this.#open += 1
    if (network !== null) this.#counts.set(network, count + 1)
    socket.once('close', () => this.#left(network))
    return true
  }

  #left(network: string | null): void {
    this.#open -= 1
    if (this.#open === 0) this.#gone()
    if (network === null) return
    const count = (this.#counts.get(network) ?? 0) - 1
    if (count > 0) this.#counts.set(network, count)
    else this.#counts.delete(network)
  }
}
