import type { Transform } from 'node:stream'
import type { AnswerFacts } from '../exchange.ts'
import { passedOn } from '../memory.ts'
import type { AnswerTextReader } from '../protocol/answer-reader.ts'
import { UNREAD_ANSWER } from '../protocol/unknown/unread-answer.ts'
import type { StreamDecoder } from '../protocol/request/charset.ts'
import { streamDecoder } from '../protocol/request/charset.ts'
import type { BinaryTransport, Unfolding } from '../protocol/binary/transport.ts'
import { unfolding } from '../protocol/binary/transport.ts'
import type { Coding } from './content-coding.ts'
import { decompressor } from './content-coding.ts'

/** An XML declaration, which may name the encoding, is over by then. */
const HEAD_BYTES = 256
/** What unfolds to more than this is no answer but an attack on the reader. */
const MAX_UNFOLDED = (bytes: number): number => 16 * 1024 * 1024 + 200 * bytes

/**
 * Reads one answer's body: coded bytes in, facts out. One at a time: the next `write` comes when the last has called
 * back, and `end` once, at the end. Never throws: what cannot be read shows as `decoded: false`.
 */
export class BodyReader {
  readonly #coding: Coding
  readonly #unfolding: Unfolding | null
  readonly #charset: string | null
  readonly #reader: AnswerTextReader
  #transform: Transform | null = null
  #decoder: StreamDecoder | null = null
  #head: Uint8Array = new Uint8Array(0)
  /** Coded bytes that wait to be decompressed. */
  #coded: Uint8Array = new Uint8Array(0)
  #bytesIn = 0
  #bytesOut = 0
  #failed = false
  /** Calls back for the chunk in hand: a decompressor that fails does not. */
  #release: () => void = () => undefined

  constructor(
    coding: Coding,
    charset: string | null,
    reader: AnswerTextReader,
    transport: BinaryTransport | null = null,
  ) {
    this.#coding = coding
    this.#unfolding = transport === null ? null : unfolding(transport)
    this.#charset = charset
    this.#reader = reader
  }

  /** @param done called when the chunk is used up. */
  write(chunk: Uint8Array, done: () => void): void {
    this.#bytesIn += chunk.length
    if (this.#coding === 'identity') this.#decoded(chunk)
    if (this.#failed || this.#coding === 'identity') return done()
    // Two bytes tell how the body is coded; one alone waits for the next.
    this.#coded = joined(this.#coded, chunk)
    if (this.#transform === null && this.#coded.length < 2) return done()
    this.#transform ??= this.#openTransform(this.#coded, this.#coding)
    const ready = this.#coded
    this.#coded = new Uint8Array(0)
    this.#release = once(done)
    this.#transform.write(ready, this.#release)
  }

  /** What was found. Of an answer that could not be read to its end, only the persons up to there. */
  end(done: (facts: AnswerFacts) => void): void {
    const transform = this.#transform
    if (transform === null || this.#failed) return done(this.#facts())
    transform.once('close', () => done(this.#facts()))
    transform.end()
  }

  #openTransform(head: Uint8Array, coding: Exclude<Coding, 'identity'>): Transform {
    const transform = decompressor(coding, head)
    transform.on('data', (bytes: Uint8Array) => {
      this.#bytesOut += bytes.length
      if (this.#bytesOut > MAX_UNFOLDED(this.#bytesIn)) this.#fail()
      else this.#decoded(bytes)
      passedOn(bytes.length, true)
    })
    transform.on('error', () => this.#fail())
    return transform
  }

  #fail(): void {
    this.#failed = true
    this.#transform?.destroy()
    this.#release()
  }

  /** A fault of the reader's, ours, fails this answer only: what it found up to there is kept. */
  #decoded(bytes: Uint8Array): void {
    if (this.#failed) return
    try {
      if (this.#unfolding === null) return this.#read(bytes)
      // A piece may be a part of what is written to again; the reader wants to keep it.
      for (const piece of this.#unfolding.write(bytes)) this.#read(Uint8Array.from(piece))
    } catch {
      this.#fail()
    }
  }

  #read(bytes: Uint8Array): void {
    if (this.#decoder !== null) return this.#pass(this.#decoder, bytes)
    this.#head = joined(this.#head, bytes)
    if (this.#head.length >= HEAD_BYTES) this.#begin()
  }

  #begin(): StreamDecoder {
    const decoder = streamDecoder(this.#head, this.#charset)
    this.#decoder = decoder
    this.#pass(decoder, this.#head)
    this.#head = new Uint8Array(0)
    return decoder
  }

  /** UTF-8, which nearly every answer is in, needs no decoding for a reader of bytes. */
  #pass(decoder: StreamDecoder, bytes: Uint8Array): void {
    if (decoder.encoding === 'utf-8' && this.#reader.writeBytes !== undefined) this.#reader.writeBytes(bytes)
    else this.#reader.write(decoder.decode(bytes, { stream: true }))
  }

  /** What came before damage, or the end, is read all the same. */
  #unfoldRest(): void {
    const all = this.#unfolding
    if (all === null) return
    try {
      if (!this.#failed) for (const piece of all.end()) this.#read(piece)
    } catch {
      this.#failed = true
    }
    for (const piece of all.rest()) this.#read(piece)
  }

  #facts(): AnswerFacts {
    try {
      this.#unfoldRest()
      const decoder = this.#decoder ?? this.#begin()
      this.#reader.write(decoder.decode())
      const facts = this.#reader.end()
      return this.#failed ? { ...facts, decoded: false, rows: null, cells: null } : facts
    } catch {
      return UNREAD_ANSWER
    }
  }
}

function once(call: () => void): () => void {
  let called = false
  return () => {
    if (called) return
    called = true
    call()
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
