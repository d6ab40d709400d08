/**
 * Names of elements as answers spell them, each kept once, so that reading one again is a comparison of bytes. Many
 * answers may share them (`answer-vocabulary.ts`): one server's are all alike.
 */
import type { Named } from '../../../schema/record/person-number.ts'
import type { Column } from './column-name.ts'
import { localName } from './column-name.ts'

/** One name of an element. */
export interface MarkupName {
  /** With its prefix, as it stands in the answer. */
  readonly bytes: Uint8Array
  readonly local: string
  /** `null` for the empty prefix. */
  readonly prefix: string | null
  /** What was opened after it the last time: most answers repeat themselves. */
  next: MarkupName | null
  /** Another with the same hash. */
  readonly other: MarkupName | null
  /** What it tells of the numbers in it, once somebody has asked. */
  naming: Named | null
  /** Owned by a rowset: the column of this name. */
  column: Column | null
}

/** Answers have some hundred names. The columns of a pivot may be more; those beyond are not kept. */
const MAX_NAMES = 10_000

export class MarkupNames {
  readonly #byHash = new Map<number, MarkupName>()
  #count = 0

  /** No further ones are kept. */
  get isFull(): boolean {
    return this.#count >= MAX_NAMES
  }

  /** The name whose bytes are `buffer` from `from` to `to`. */
  at(buffer: Buffer, from: number, to: number): MarkupName {
    const hash = hashOf(buffer, from, to)
    const first = this.#byHash.get(hash) ?? null
    for (let name = first; name !== null; name = name.other) {
      if (name.bytes.length === to - from && startsWith(buffer, from, name.bytes)) return name
    }
    const fresh = newName(buffer.subarray(from, to), first)
    if (this.#count < MAX_NAMES) {
      this.#count += 1
      this.#byHash.set(hash, fresh)
    }
    return fresh
  }
}

function newName(bytes: Buffer, other: MarkupName | null): MarkupName {
  const text = bytes.toString()
  const local = internalized(localName(text))
  const prefix = local.length === text.length ? null : text.slice(0, text.indexOf(':'))
  return { bytes: Uint8Array.from(bytes), local, prefix, next: null, other, naming: null, column: null }
}

/**
 * The same text as V8 keeps names of properties, once in all: comparing it with a name written in the code is then
 * comparing two addresses.
 */
function internalized(text: string): string {
  return Object.keys({ [text]: null })[0] ?? text
}

export function hashOf(buffer: Buffer, from: number, to: number): number {
  let hash = 0
  for (let i = from; i < to; i += 1) hash = (Math.imul(hash, 31) + (buffer[i] ?? 0)) | 0
  return hash
}

/** Do these bytes stand at `from`? Past the end of `buffer` none do. */
export function startsWith(buffer: Buffer, from: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i += 1) {
    if (buffer[from + i] !== bytes[i]) return false
  }
  return true
}
