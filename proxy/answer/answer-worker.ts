/**
 * The thread that reads answers. A fault in reading one answer costs the facts of that answer; what ends the thread
 * (memory, above all) costs those of the answers it had in hand, and `answer-threads.ts` starts another.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { AnswerFacts } from '../exchange.ts'
import { passedOn } from '../memory.ts'
import { answerReader } from '../protocol/answer-reader.ts'
import { Vocabulary } from '../protocol/xmla/vocabulary.ts'
import { BodyReader } from './body-reader.ts'
import { InHand } from './in-hand.ts'
import type { Batch, FromThread, ThreadData, ToThread } from './messages.ts'

const { threshold, attributes, domains } = workerData as ThreadData
let vocabulary = new Vocabulary()

const NOTHING = new Uint8Array(0)

type Step = Uint8Array | 'end'

/** One answer: what comes of it waits here while something earlier is being decompressed. */
class Answer {
  readonly #id: number
  readonly #body: BodyReader
  readonly #waiting: Step[] = []
  #busy = false
  #used = 0

  constructor({ id, format, coding, transport, charset, latestBirth }: Extract<ToThread, { kind: 'begin' }>) {
    this.#id = id
    vocabulary = vocabulary.lasting()
    const reader = answerReader(format, { latestBirth, attributes, domains }, threshold, vocabulary)
    this.#body = new BodyReader(coding, charset, reader, transport)
  }

  take(step: Step): void {
    this.#waiting.push(step)
    if (!this.#busy) this.#next()
  }

  /** Tells what of it is used up, where it is not read to its end: then its facts tell that. */
  tellUsed(): void {
    if (answers.get(this.#id) !== null) replies.push({ kind: 'used', id: this.#id, bytes: this.#used })
    this.#used = 0
  }

  #next(): void {
    while (!this.#busy) {
      const step = this.#waiting.shift()
      if (step === undefined) return
      this.#busy = true
      if (step === 'end') this.#body.end((facts) => this.#finish(facts))
      else this.#body.write(step, () => this.#goOn(step.length))
    }
  }

  #goOn(used: number): void {
    if (this.#used === 0) partlyRead.push(this)
    this.#used += used
    replySoon()
    passedOn(used, true)
    this.#busy = false
    this.#next()
  }

  /** Stays busy for ever: no message of this answer is read any more. */
  #finish(facts: AnswerFacts): void {
    if (answers.take(this.#id) === null) return
    replies.push({ kind: 'facts', id: this.#id, facts })
    replySoon()
  }
}

/** Sent together. */
const MAX_REPLIES = 32

const answers = new InHand<Answer>()
let replies: FromThread[] = []
/** Something of them is used up, which has not been told. */
let partlyRead: Answer[] = []
let isReplying = false

/**
 * Replies go back together, but not all at the end: a thread that is behind has hundreds of batches to read before it
 * comes to its event loop again, and somebody may be waiting for room.
 */
function replySoon(): void {
  if (replies.length + partlyRead.length >= MAX_REPLIES) return reply()
  if (isReplying) return
  isReplying = true
  setImmediate(reply)
}

function reply(): void {
  isReplying = false
  const partly = partlyRead
  partlyRead = []
  for (const answer of partly) answer.tellUsed()
  if (replies.length > 0) parentPort?.postMessage(replies, [])
  replies = []
}

parentPort?.on('message', ({ messages, slabs }: Batch) => {
  for (const message of messages) {
    if (message.kind === 'begin') answers.putAs(message.id, new Answer(message))
    else if (message.kind === 'end') answers.get(message.id)?.take('end')
    else answers.get(message.id)?.take(slabs[message.slab]?.subarray(message.from, message.to) ?? NOTHING)
  }
})
