/** Do six digits stand in a row? Without them no text holds a person number. Asked of bytes as they pass. */
export class SixDigits {
  #run = 0

  get found(): boolean {
    return this.#run === 6
  }

  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#run === 6) return
      this.#run = byte >= 0x30 && byte <= 0x39 ? this.#run + 1 : 0
    }
  }
}
