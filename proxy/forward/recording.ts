/**
 * The last that is done for an exchange: its ticket is answered, once it is known what its answer said.
 *
 * That may be long after the answer has left, because reading lags behind by as many answers as may wait to be read. So
 * nothing here holds request, response or connection: those are garbage as soon as the answer is out, while they are
 * young. Held until the facts came, they had grown old by then, and each collection of the young generation, which then
 * had all of them to move, took 10 to 20 ms (docs/performance.md).
 */
import type { Answered, AnswerFacts } from '../exchange.ts'
import type { Receipt } from './entry.ts'
import type { Outcome } from './outcome.ts'
import type { SafeReading } from './safe-reading.ts'

export interface LastOf {
  readonly receipt: Receipt
  readonly outcome: Outcome
  readonly endedAt: number
  readonly sizes: Pick<Answered, 'answerBytes' | 'requestBytes' | 'requestHash'>
  /** `null`: there was nothing to read in the answer. */
  readonly reading: SafeReading | null
  /** Called when the ticket has been answered. */
  readonly over: () => void
}

export function recordLast({ receipt, outcome, endedAt, sizes, reading, over }: LastOf): void {
  const record = (facts: AnswerFacts | null) => {
    receipt.answer(outcome.answered(endedAt, facts, sizes))
    over()
  }
  const read = reading?.end(outcome.isComplete) ?? null
  const { verifying } = outcome
  if (verifying !== null) void Promise.all([read, verifying]).then(([facts]) => record(facts))
  else if (read === null) record(null)
  else void read.then(record)
}
