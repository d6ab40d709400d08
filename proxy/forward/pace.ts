/**
 * Cuts clients that keep others waiting: a body that trickles in, an answer that trickles out (slow-loris and its kin).
 * Slow is measured over a whole window in which one and the same request waited for its client each time it was looked
 * at; a client that waits for the BI server is never slow.
 *
 * What went out counts once the network has taken the whole piece it went out in, so an answer's reader needs about a
 * kilobyte a second.
 */
import type { ClientConnection, Underway } from './client-connection.ts'
import type { Limits } from './limits.ts'

/** Looks at each connection so often in a window. */
const LOOKS = 4

interface Waiting {
  readonly underway: Underway
  readonly movedBefore: number
  looks: number
}

export class Pace {
  readonly #least: number
  readonly #tooSlow: (underway: Underway) => void
  readonly #connections = new Map<ClientConnection, Waiting | null>()
  readonly #timer: NodeJS.Timeout

  constructor({ slowBytesPerSecond, slowMs }: Limits, tooSlow: (underway: Underway) => void) {
    this.#least = (slowBytesPerSecond * slowMs) / 1000
    this.#tooSlow = tooSlow
    this.#timer = setInterval(() => this.#look(), slowMs / LOOKS).unref()
  }

  watch(connection: ClientConnection): void {
    this.#connections.set(connection, null)
  }

  forget(connection: ClientConnection): void {
    this.#connections.delete(connection)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    for (const [connection, waiting] of this.#connections) {
      const underway = connection.waitsFor
      if (underway === null) {
        if (waiting !== null) this.#connections.set(connection, null)
      } else if (waiting === null || waiting.underway !== underway) this.#begin(connection, underway)
      else if ((waiting.looks += 1) >= LOOKS) this.#judge(connection, waiting)
    }
  }

  #begin(connection: ClientConnection, underway: Underway): void {
    this.#connections.set(connection, { underway, movedBefore: connection.moved, looks: 0 })
  }

  #judge(connection: ClientConnection, { underway, movedBefore }: Waiting): void {
    if (connection.moved - movedBefore >= this.#least) return this.#begin(connection, underway)
    this.#tooSlow(underway)
    connection.destroy()
  }
}
