/** A TCP relay in front of a database, that can be cut, and that can lose the answer to a commit. */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

/** TDS: type of a packet that ends a transaction, and the request in it ([MS-TDS] 2.2.6.9, TM_COMMIT_XACT). */
const TRANSACTION_MANAGER = 0x0e
const COMMIT = 7

export type CommitLoss = 'none' | 'before' | 'after'

export class Relay {
  readonly #host: string
  readonly #port: number
  readonly #sockets = new Set<Socket>()
  #server = this.#listener()
  #ownPort = 0
  /** Loses the connection as the next commit passes: before the server has it, or after. */
  lose: CommitLoss = 'none'
  lost = 0

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  get port(): number {
    return this.#ownPort
  }

  async start(): Promise<void> {
    this.#server.listen(this.#ownPort, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#ownPort = (this.#server.address() as AddressInfo).port
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
    this.#server = this.#listener()
  }

  #listener() {
    return createServer((client) => {
      const upstream = connect({ host: this.#host, port: this.#port, noDelay: true })
      client.setNoDelay(true)
      for (const [one, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(one)
        one
          .on('error', () => other.destroy())
          .on('close', () => {
            this.#sockets.delete(one)
            other.destroy()
          })
      }
      client.on('data', (chunk: Buffer) => this.#pass(client, upstream, chunk))
      upstream.on('data', (chunk: Buffer) => client.write(chunk))
    })
  }

  #pass(client: Socket, upstream: Socket, chunk: Buffer): void {
    if (this.lose === 'none' || !isCommit(chunk)) {
      upstream.write(chunk)
      return
    }
    this.lost += 1
    const when = this.lose
    this.lose = 'none'
    if (when === 'before') {
      client.destroy()
      return
    }
    // The server has committed when it answers; the answer is lost.
    upstream.removeAllListeners('data').once('data', () => client.destroy())
    upstream.write(chunk)
  }
}

function isCommit(chunk: Buffer): boolean {
  if (chunk[0] !== TRANSACTION_MANAGER || chunk.length < 12) return false
  const headers = chunk.readUInt32LE(8)
  return chunk.length >= 8 + headers + 2 && chunk.readUInt16LE(8 + headers) === COMMIT
}
