/**
 * A connection that is none: two ends in this process, on which one stream of HTTP/2 becomes one connection of HTTP/1.1.
 *
 * What one end writes the other reads, and no faster than it reads. An end that is destroyed before it has ended takes
 * the other with it, as an error: nobody can take that for an orderly end. The server's end has what Node's HTTP server and
 * `ClientConnection` ask of a socket.
 */
import { Duplex } from 'node:stream'

/** Of each direction no more than this waits between the two ends, beside one piece of whatever size. */
const HIGH_WATER_BYTES = 16_384

export class ConnectionCut extends Error {
  override readonly name = 'ConnectionCut'
  readonly code = 'ECONNRESET'
}

export class ConnectionEnd extends Duplex {
  #other: ConnectionEnd | null = null
  /** The other end's last piece has been read. */
  #taken: (() => void) | null = null
  #idle: NodeJS.Timeout | null = null
  #moved = 0

  constructor() {
    super({ highWaterMark: HIGH_WATER_BYTES })
    // As a socket of a proxy that passes bytes on: text is written as it was read.
    this.setDefaultEncoding('latin1')
  }

  static pair(): { readonly client: ConnectionEnd; readonly server: ConnectionEnd } {
    const client = new ConnectionEnd()
    const server = new ConnectionEnd()
    client.#other = server
    server.#other = client
    return { client, server }
  }

  /** Bytes that have come from the other end, and that it has taken. */
  get moved(): number {
    return this.#moved
  }

  /** As `net.Socket` has it: `timeout` is told when nothing has moved for so long. */
  setTimeout(ms: number): this {
    if (this.#idle !== null) clearTimeout(this.#idle)
    this.#idle = ms === 0 ? null : setTimeout(() => this.emit('timeout'), ms).unref()
    return this
  }

  /** Ends it once all that was written has been read. */
  destroySoon(): void {
    if (this.writable) this.end()
    if (this.writableFinished) this.destroy()
    else this.once('finish', () => this.destroy())
  }

  override _read(): void {
    const taken = this.#taken
    this.#taken = null
    taken?.()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#idle?.refresh()
    if (this.#other === null) return done()
    this.#other.#take(chunk, () => {
      this.#moved += chunk.length
      done()
    })
  }

  override _final(done: () => void): void {
    this.#other?.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.setTimeout(0)
    const other = this.#other
    this.#other = null
    if (other !== null && !this.writableFinished && !other.destroyed) {
      process.nextTick(() => other.destroy(new ConnectionCut('the other end of the stream is gone')))
    }
    done(error)
  }

  #take(chunk: Buffer, done: () => void): void {
    this.#idle?.refresh()
    this.#moved += chunk.length
    if (chunk.length === 0 || this.push(chunk)) return done()
    this.#taken = done
  }
}
