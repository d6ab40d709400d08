/** What the main thread and the thread that reads answers say to each other, in batches. */
import type { Domain } from '../../schema/record/person-number.ts'
import type { AnswerFacts } from '../exchange.ts'
import type { AnswerFormat } from '../protocol/answer-reader.ts'
import type { BinaryTransport } from '../protocol/binary/transport.ts'
import type { Coding } from './content-coding.ts'

export type ToThread =
  | {
      readonly kind: 'begin'
      readonly id: number
      readonly format: Exclude<AnswerFormat, 'binary' | 'none'>
      readonly coding: Coding
      /** Binary or compressed XML, within the coding. */
      readonly transport: BinaryTransport | null
      readonly charset: string | null
      /** Latest date of birth, `YYYY-MM-DD`, on the day of the answer. */
      readonly latestBirth: string
    }
  /** The next bytes of this answer are those of a slab from `from` to `to`. */
  | { readonly kind: 'bytes'; readonly id: number; readonly slab: number; readonly from: number; readonly to: number }
  | { readonly kind: 'end'; readonly id: number }

/** What is said together, and the memory in which all its bytes go along: to hand over each chunk alone costs more. */
export interface Batch {
  readonly messages: readonly ToThread[]
  readonly slabs: readonly Uint8Array<ArrayBuffer>[]
}

export type FromThread =
  /** So many bytes of this answer are used up, and more are to come. */
  | { readonly kind: 'used'; readonly id: number; readonly bytes: number }
  /** The answer is read; nothing of it is left. */
  | { readonly kind: 'facts'; readonly id: number; readonly facts: AnswerFacts }

/** What a thread is started with. */
export interface ThreadData {
  readonly threshold: number
  readonly attributes: readonly string[]
  readonly domains: readonly Domain[]
}
