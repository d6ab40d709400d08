/** One end of a connection, of either side, that keeps what it sees. */
import type { Socket } from 'node:net'
import type { PeerEnd, Standing } from './script.ts'

const PATIENCE_MS = 4000

/** What the two sides know of each other without the wire. */
export class Aside {
  readonly notes: string[] = []
  readonly #words = new Map<string, PromiseWithResolvers<void>>()

  tells(word: string): void {
    this.#word(word).resolve()
  }

  async hears(word: string): Promise<void> {
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error(`nobody told ${word}`)), PATIENCE_MS)
    await Promise.race([this.#word(word).promise, late.promise]).finally(() => clearTimeout(timer))
  }

  #word(word: string): PromiseWithResolvers<void> {
    const known = this.#words.get(word) ?? Promise.withResolvers<void>()
    this.#words.set(word, known)
    return known
  }
}

export class Peer implements PeerEnd {
  readonly socket: Socket
  readonly #who: string
  readonly #aside: Aside
  received = ''
  standing: Standing = 'open'
  hasLeft = false
  #seen = 0
  #change = Promise.withResolvers<void>()

  constructor(who: string, socket: Socket, aside: Aside) {
    this.#who = who
    this.#aside = aside
    this.socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1')
      this.#wake()
    })
    socket.on('end', () => this.#stands('end'))
    socket.on('error', () => this.#stands('reset'))
    socket.on('close', () => this.#stands('end'))
  }

  async says(bytes: string): Promise<void> {
    if (!this.socket.writable) return
    await new Promise<void>((resolve) => this.socket.write(bytes, 'latin1', () => resolve()))
  }

  async trickles(bytes: string, size = 1): Promise<void> {
    for (let at = 0; at < bytes.length; at += size) {
      await this.says(bytes.slice(at, at + size))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  sees(part: string | RegExp): Promise<string> {
    return this.#take(String(part), (text) => {
      if (typeof part === 'string') return text.includes(part) ? text.indexOf(part) + part.length : -1
      const found = part.exec(text)
      return found === null ? -1 : found.index + found[0].length
    })
  }

  seesBytes(count: number): Promise<string> {
    return this.#take(`${count} bytes`, (text) => (text.length >= count ? count : -1))
  }

  async seesWithin(ms: number, part: string): Promise<boolean> {
    const late = Date.now() + ms
    await this.until('', () => this.received.slice(this.#seen).includes(part) || Date.now() >= late, ms)
    return this.received.slice(this.#seen).includes(part)
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms))
  }

  ends(): void {
    this.hasLeft = true
    this.socket.end()
  }

  leaves(): void {
    this.hasLeft = true
    this.socket.destroy()
  }

  resets(): void {
    this.hasLeft = true
    this.socket.resetAndDestroy()
  }

  async over(): Promise<Standing> {
    await this.until('the end of the connection', () => this.standing !== 'open')
    return this.standing
  }

  tells = (word: string): void => this.#aside.tells(word)
  hears = (word: string): Promise<void> => this.#aside.hears(word)
  notes = (what: string): void => void this.#aside.notes.push(what)

  /** Resolves when `holds`; rejects when it takes too long, unless nothing was to be named. */
  async until(what: string, holds: () => boolean, ms = PATIENCE_MS): Promise<void> {
    let isLate = false
    const timer = setTimeout(() => {
      isLate = true
      this.#wake()
    }, ms)
    try {
      while (!holds()) {
        if (isLate && what === '') return
        if (isLate) throw new Error(`${this.#who} never saw ${what}; saw ${JSON.stringify(this.received.slice(-600))}`)
        await this.#change.promise
      }
    } finally {
      clearTimeout(timer)
    }
  }

  /** Everything before `at` counts as seen. */
  seenUpTo(at: number): void {
    this.#seen = Math.max(this.#seen, at)
  }

  get seen(): number {
    return this.#seen
  }

  async #take(what: string, endOf: (text: string) => number): Promise<string> {
    let end = -1
    await this.until(what, () => {
      end = endOf(this.received.slice(this.#seen))
      return end !== -1 || this.standing !== 'open'
    })
    if (end === -1) throw new Error(`${this.#who} was cut before ${what}`)
    const text = this.received.slice(this.#seen, this.#seen + end)
    this.#seen += end
    return text
  }

  #wake(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers<void>()
  }

  #stands(standing: Standing): void {
    if (this.standing === 'open' || standing === 'reset') this.standing = standing
    this.#wake()
  }
}
