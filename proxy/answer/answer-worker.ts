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
import type { FromThread, ThreadData, ToThread } from './messages.ts'

const { threshold, attributes, domains } = workerData as ThreadData
let vocabulary = new Vocabulary()

/** One answer: its messages wait here while an earlier one is being decompressed. */
class Answer {
  readonly #id: number
  readonly #body: BodyReader
  readonly #waiting: ToThread[] = []
  #busy = false

  constructor({ id, format, coding, transport, charset, latestBirth }: Extract<ToThread, { kind: 'begin' }>) {
    this.#id = id
    vocabulary = vocabulary.lasting()
    const reader = answerReader(format, { latestBirth, attributes, domains }, threshold, vocabulary)
    this.#body = new BodyReader(coding, charset, reader, transport)
  }

  take(message: ToThread): void {
    this.#waiting.push(message)
    if (!this.#busy) this.#next()
  }

  #next(): void {
    while (!this.#busy) {
      const message = this.#waiting.shift()
      if (message === undefined) return
      this.#busy = true
      this.#read(message)
    }
  }

  #read(message: ToThread): void {
    if (message.kind === 'end') this.#body.end((facts) => this.#finish(facts))
    else if (message.kind === 'bytes') this.#body.write(message.bytes, () => this.#used(message.bytes.length))
  }

  #used(bytes: number): void {
    say({ kind: 'used', id: this.#id, bytes })
    passedOn(bytes, true)
    this.#busy = false
    this.#next()
  }

  /** Stays busy for ever: no message of this answer is read any more. */
  #finish(facts: AnswerFacts): void {
    if (answers.take(this.#id) === null) return
    say({ kind: 'facts', id: this.#id, facts })
  }
}

/** Sent together. */
const MAX_REPLIES = 32

const answers = new InHand<Answer>()
let replies: FromThread[] = []

/**
 * Replies go back together, but not all at the end: a thread that is behind has hundreds of batches to read before it
 * comes to its event loop again, and somebody may be waiting for room.
 */
function say(reply: FromThread): void {
  const count = replies.push(reply)
  if (count === 1) setImmediate(sendReplies)
  else if (count >= MAX_REPLIES) sendReplies()
}

function sendReplies(): void {
  if (replies.length === 0) return
  parentPort?.postMessage(replies, [])
  replies = []
}

parentPort?.on('message', (batch: readonly ToThread[]) => {
  for (const message of batch) {
    if (message.kind === 'begin') answers.putAs(message.id, new Answer(message))
    else answers.get(message.id)?.take(message)
  }
})
