/** Names of elements as an answer spells them, each kept once, so that reading one again is a comparison of bytes. */
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
  /** Owned by the rowset in hand: the column of this name. */
  column: Column | null
}

/** Answers have some hundred names. The columns of a pivot may be more; those beyond are not kept. */
const MAX_NAMES = 10_000

export class MarkupNames {
  readonly #byHash = new Map<number, MarkupName>()
  #count = 0

  /** The name whose bytes are `buffer` from `from` to `to`. */
  at(buffer: Buffer, from: number, to: number): MarkupName {
    let hash = 0
    for (let i = from; i < to; i += 1) hash = (Math.imul(hash, 31) + (buffer[i] ?? 0)) | 0
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
  const local = localName(text)
  const prefix = local === text ? null : text.slice(0, text.indexOf(':'))
  return { bytes: Uint8Array.from(bytes), local, prefix, next: null, other, naming: null, column: null }
}

/** Do these bytes stand at `from`? Past the end of `buffer` none do. */
export function startsWith(buffer: Buffer, from: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i += 1) {
    if (buffer[from + i] !== bytes[i]) return false
  }
  return true
}
