/** How long one exchange was in the proxy's hands: on the way up, and on the way down while its entry was not durable. */
export class Stopwatch {
  readonly #arrived = performance.now()
  #sent = 0
  #asked = 0
  #answered = 0

  /** The request is on its way to the BI server. */
  sent(): void {
    this.#sent = performance.now()
  }

  /** The witness has been asked. */
  asked(): void {
    this.#asked = performance.now()
  }

  /** The head of the BI server's answer has come. */
  answered(): void {
    this.#answered = performance.now()
  }

  /** The answer leaves. One to a request that was still on its way has waited for the client, not for the journal. */
  passed(): { readonly heldMs: number; readonly proxyMs: number } {
    const heldMs = performance.now() - Math.max(this.#answered, this.#asked)
    return { heldMs, proxyMs: this.#sent - this.#arrived + heldMs }
  }
}
