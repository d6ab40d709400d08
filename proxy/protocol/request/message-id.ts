/**
 * Finds the id of a message in JSON: the member `id` of JSON-RPC 2.0 (section 4 "Request object") and of its like, or
 * Cube's `messageId`, at the top of the document. Works on bytes as they pass and holds nothing but the id; what is no
 * JSON has none.
 */
import type { MessageIdFinder } from '../../exchange.ts'

const NAMES = new Set(['id', 'messageId'])
const MAX_LENGTH = 64
const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c]
const OPENING = new Set([0x7b, 0x5b])
const CLOSING = new Set([0x7d, 0x5d])
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d

export class JsonMessageId implements MessageIdFinder {
  #depth = 0
  #inString = false
  #escaped = false
  /** The name or value at the top level that is being read; `null`: it is longer than any of those looked for. */
  #token: string | null = ''
  #name = ''
  #isValue = false
  #id: string | null = null
  #isOver = false

  write(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (this.#isOver) return
      this.#take(byte)
    }
  }

  found(): string | null {
    return this.#id
  }

  #take(byte: number): void {
    if (this.#inString) return this.#inText(byte)
    if (this.#depth === 0) return this.#begin(byte)
    if (byte === QUOTE) this.#inString = true
    else if (OPENING.has(byte)) this.#depth += 1
    else if (CLOSING.has(byte)) this.#close()
    else if (this.#depth > 1) return
    else if (byte === COLON) this.#named()
    else if (byte === COMMA) this.#valued()
    else if (!isBlank(byte)) this.#keep(byte)
  }

  #inText(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) return void (this.#inString = false)
    if (this.#depth === 1) this.#keep(byte)
  }

  /** Anything but an object has no members: nothing more is looked at. */
  #begin(byte: number): void {
    if (byte === 0x7b) this.#depth = 1
    else if (!isBlank(byte) && byte !== 0xef && byte !== 0xbb && byte !== 0xbf) this.#isOver = true
  }

  #close(): void {
    if (this.#depth === 1) this.#valued()
    this.#depth -= 1
    if (this.#depth === 0) this.#isOver = true
  }

  #named(): void {
    if (this.#isValue) return
    this.#name = this.#token ?? ''
    this.#token = ''
    this.#isValue = true
  }

  /** The first of several ids counts, and a member that holds an object or nothing is none. */
  #valued(): void {
    const token = this.#token
    if (this.#isValue && NAMES.has(this.#name) && token !== null && token !== '' && token !== 'null') this.#id = token
    this.#isOver = this.#id !== null
    this.#token = ''
    this.#isValue = false
  }

  #keep(byte: number): void {
    if (this.#token === null) return
    this.#token = this.#token.length < MAX_LENGTH ? this.#token + String.fromCharCode(byte) : null
  }
}
