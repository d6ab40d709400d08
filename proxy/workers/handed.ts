/**
 * A worker's end of the reception: connections that were handed over come to the servers as if those had accepted them.
 * What Node's servers do for connections they accept themselves, and that no event does, is done here.
 */
import type { Server, Socket } from 'node:net'
import type { Listener } from '../../schema/config/front.ts'
import type { Listening } from '../front/front.ts'

export class Handed implements Listening {
  /** In the order of `proxy.listen`, which stays as long as the primary process runs. */
  readonly #servers: Server[] = []
  readonly #open = new Map<Server, number>()
  readonly #stopped = new Set<Server>()
  readonly #left: () => void

  /** @param left called when a connection has closed. */
  constructor(left: () => void) {
    this.#left = left
  }

  async begin(server: Server, { host, port, tls }: Listener): Promise<string> {
    this.#servers.push(server)
    keepTime(server)
    return `${tls ? 'https' : 'http'}://${host}:${port}`
  }

  takeOver(server: Server, predecessor: Server): void {
    const door = this.#servers.indexOf(predecessor)
    if (door !== -1) this.#servers[door] = server
    keepTime(server)
    this.stop(predecessor)
  }

  stop(server: Server): void {
    this.#stopped.add(server)
    this.#closeIfLast(server)
  }

  take(door: number, socket: Socket): void {
    socket.once('close', this.#left)
    const server = this.#servers[door]
    if (server === undefined) return void socket.destroy()
    const open = this.#open.get(server) ?? 0
    if (open >= server.maxConnections) return void socket.destroy()
    this.#open.set(server, open + 1)
    socket.once('close', () => {
      this.#open.set(server, (this.#open.get(server) ?? 1) - 1)
      this.#closeIfLast(server)
    })
    socket.allowHalfOpen = isSet(server, 'allowHalfOpen')
    if (isSet(server, 'noDelay')) socket.setNoDelay(true)
    server.emit('connection', socket)
  }

  /** Only then: closing a server of HTTP ends connections that just now ask nothing. */
  #closeIfLast(server: Server): void {
    if (!this.#stopped.has(server) || (this.#open.get(server) ?? 0) > 0) return
    this.#stopped.delete(server)
    this.#open.delete(server)
    server.close()
  }
}

/** From this event on a server of HTTP keeps the time of heads that do not come to an end (`headersTimeout`). */
function keepTime(server: Server): void {
  server.emit('listening')
}

/** Of a server's options, which Node keeps but does not name in its types. */
function isSet(server: Server, option: 'allowHalfOpen' | 'noDelay'): boolean {
  return Reflect.get(server, option) === true
}
