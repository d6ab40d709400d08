/**
 * Scripts of what a client and a BI server do, byte for byte, and what each of them saw of the other. A script knows
 * nothing of a proxy: it is played once with the two connected directly, and once with Tilsyn between them.
 *
 * Bytes are strings, one character each.
 */
import type { AllowanceName } from './allowed.ts'
import type { Message } from './message.ts'

export interface Script {
  readonly title: string
  /** The allowed differences that show: these, and no others. */
  readonly allows?: readonly AllowanceName[]
  readonly client: (client: ClientEnd) => Promise<void>
  /** One for each request, in order. */
  readonly server: readonly ((exchange: ServerEnd) => Promise<void>)[]
}

/** How a connection stood: `end` came in order (FIN, or close_notify), `reset` did not. */
export type Standing = 'open' | 'end' | 'reset'

export interface PeerEnd {
  says(bytes: string): Promise<void>
  /** In pieces of `size` bytes, each on its way before the next is written. */
  trickles(bytes: string, size?: number): Promise<void>
  /** Waits until `part` has come, after what was seen before. */
  sees(part: string | RegExp): Promise<string>
  /** Waits until so many bytes more have come. */
  seesBytes(count: number): Promise<string>
  /** Does it come within `ms`? */
  seesWithin(ms: number, part: string): Promise<boolean>
  pause(ms: number): Promise<void>
  /** Says that nothing more comes (FIN), and goes on listening. */
  ends(): void
  /** Closes the connection as a program that ends: nothing is heard any more. */
  leaves(): void
  resets(): void
  /** Waits until the other side has ended the connection. */
  over(): Promise<Standing>
  /** Lets the other side go on: a word between the two scripts, not on the wire. */
  tells(word: string): void
  hears(word: string): Promise<void>
  /** Puts an observation into the transcript. */
  notes(what: string): void
}

export type ClientEnd = PeerEnd

export interface ServerEnd extends PeerEnd {
  /** Waits until the request is whole. */
  request(): Promise<string>
}

/** What the two sides saw. */
export interface Transcript {
  readonly requests: readonly Message[]
  readonly answers: readonly Message[]
  /** What the client saw become of its connection, and the BI server of those it waited for the end of. */
  readonly client: Standing
  readonly server: readonly Standing[]
  /** After it all the client asked once more on the same connection, and was answered. */
  readonly isUsable: boolean
  readonly notes: readonly string[]
}
