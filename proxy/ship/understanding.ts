/**
 * From what is read in the journal to records, and to what it teaches for what is read after it. No fault of an
 * interpreter gets past here: where it fails, the least is said of the exchange, and it teaches nothing.
 */
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Exchange, Gap } from '../exchange.ts'
import type { Interpretation } from '../protocol/interpret.ts'
import type { Knowledge } from '../protocol/knowledge.ts'
import { cookieLessons } from '../protocol/learned/cookie-turn.ts'
import { configuredEntry } from './configured.ts'
import type { Gathering } from './gathering.ts'
import type { Knowing, Taught } from './knowing.ts'
import { lostEntry, minimalEntry, minimalGap } from './minimal.ts'
import { forOthers } from './others.ts'
import type { Happening } from './pairing.ts'

export interface Interpreter {
  interpret(exchange: Exchange, knowledge: Knowledge): Interpretation
  interpretGap(gap: Gap): QueryRecord
}

export interface UnderstandingOptions {
  readonly interpreter: Interpreter
  /** Numbers of exchanges that are not to be interpreted: doing so has ended a recorder before. */
  readonly suspects?: ReadonlySet<number>
  /** Called with the number of an exchange before it is interpreted, and with 0 after. */
  readonly onInterpret?: (seq: number) => void
  /** What other processes of the same proxy should know. */
  readonly onTaught?: (taught: Taught) => void
}

/** The frame that completes a happening. */
interface Frame {
  readonly n: number
  /** The store has its records already; only what it teaches may still be wanted. */
  readonly stored: boolean
}

type Turned = Extract<Happening, { readonly kind: 'turn' }>
type Understandable = Exclude<Happening, { readonly kind: 'lost' | 'turn' | 'configuration' }>

export class Understanding {
  readonly #options: UnderstandingOptions
  readonly #knowing: Knowing
  readonly #trouble: (code: string) => void

  constructor(options: UnderstandingOptions, knowing: Knowing, trouble: (code: string) => void) {
    this.#options = options
    this.#knowing = knowing
    this.#trouble = trouble
  }

  /** Has frame `n` been learnt from before? */
  knows(n: number): boolean {
    return this.#knowing.knows(n)
  }

  /** The records of what happened. What was learnt, and what the settings leave out, is noted in `gathering`. */
  recordsOf(happening: Happening, frame: Frame, gathering: Gathering): readonly QueryRecord[] {
    if (happening.kind === 'lost') return [lostEntry(happening.lost)]
    if (happening.kind === 'turn') return this.#turned(happening, frame, gathering)
    if (happening.kind === 'configuration') return [configuredEntry(happening.configuration)]
    const { suspects, onInterpret } = this.#options
    const { seq } = happening.kind === 'gap' ? happening.gap : happening.exchange
    if (suspects?.has(seq) === true) return this.#minimal(happening, 'RECORDER_SUSPECT', false)
    onInterpret?.(seq)
    try {
      const records = this.#interpret(happening, frame, gathering)
      return records?.length === 0 ? this.#minimal(happening, 'INTERPRET_EMPTY', true) : (records ?? [])
    } catch {
      // What was thrown may quote the query; that interpreting failed is all that is told.
      return this.#minimal(happening, 'INTERPRET_FAILED', true)
    } finally {
      onInterpret?.(0)
    }
  }

  /** `null`: the settings leave it out. */
  #interpret(happening: Understandable, { n, stored }: Frame, gathering: Gathering): readonly QueryRecord[] | null {
    const { interpreter } = this.#options
    if (happening.kind === 'gap') return [interpreter.interpretGap(happening.gap)]
    const { exchange } = happening
    const { records, lessons, leftOut } = interpreter.interpret(exchange, this.#knowing.live)
    if (!this.knows(n)) this.#learn({ lessons, askedAt: exchange.asked.askedAt }, gathering)
    if (!leftOut) return records
    if (!stored) gathering.leaveOut(n, exchange)
    return null
  }

  #turned({ asked, turn }: Turned, { n }: Frame, gathering: Gathering): readonly [] {
    if (this.knows(n)) return []
    this.#learn({ lessons: cookieLessons(turn, asked, this.#knowing.live), askedAt: turn.at }, gathering)
    return []
  }

  #learn(taught: Taught, gathering: Gathering): void {
    if (taught.lessons.length === 0) return
    const shared = this.#knowing.learn(taught) ? forOthers(taught) : null
    if (shared !== null) this.#options.onTaught?.(shared)
    gathering.taught.push(taught)
  }

  #minimal(happening: Understandable, code: string, trusted: boolean): readonly QueryRecord[] {
    this.#trouble(code)
    return [happening.kind === 'gap' ? minimalGap(happening.gap) : minimalEntry(happening.exchange, trusted)]
  }
}
