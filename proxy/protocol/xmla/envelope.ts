/**
 * Takes a SOAP request apart: who says what about session, user and properties, and which Discovers and Executes stand
 * in the body. One pass of a strict streaming parser, with depth, count and size bounded, and no DOCTYPE: an entity the
 * server would expand and we would not could hide a person.
 *
 * Text of statements keeps its inner white space. Commands other than statements are kept as the XML they stand in.
 */
import type { SaxesTagNS } from 'saxes'
import { SaxesParser } from 'saxes'
import type { Envelope } from './call.ts'
import { EnvelopeBuilder } from './envelope-builder.ts'

export type EnvelopeReading =
  | { readonly kind: 'envelope'; readonly envelope: Envelope }
  /** Well begun but not well formed, or beyond a limit; `partial` is what stood before that. */
  | {
      readonly kind: 'broken'
      readonly reason: 'unreadable' | 'limits'
      readonly at: string
      readonly partial: Envelope
    }
  | { readonly kind: 'foreign' }

const MAX_DEPTH = 200
const MAX_ELEMENTS = 200_000
/** An attribute list is quadratic to check for namespaces beyond reason. */
const MAX_ATTRIBUTES = 200

/** Ends the parse from within a handler; never leaves this file. */
class Stop extends Error {
  override readonly name = 'Stop'
  readonly code = 'ENVELOPE_STOP'
  readonly reason: 'unreadable' | 'limits' | 'foreign'
  constructor(reason: Stop['reason']) {
    super('the envelope is read no further')
    this.reason = reason
  }
}

/**
 * Reads `text` as a SOAP envelope; `foreign` when its root is something else.
 *
 * @param cut the text is only a head: that it ends within elements is then no error, and they are taken as far as read.
 */
export function readEnvelope(text: string, cut: boolean): EnvelopeReading {
  if (!/^\s*</u.test(text)) return { kind: 'foreign' }
  const parser = new SaxesParser({ xmlns: true })
  const builder = new EnvelopeBuilder(text, () => parser.position)
  const strict = attach(parser, builder)
  try {
    parser.write(text)
    if (cut) strict.off()
    parser.close()
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    if (error.reason === 'foreign' || !builder.inEnvelope) return { kind: 'foreign' }
    const at = `${parser.line}:${parser.column}`
    return { kind: 'broken', reason: error.reason, at, partial: builder.finish() }
  }
  return builder.inEnvelope ? { kind: 'envelope', envelope: builder.finish() } : { kind: 'foreign' }
}

function attach(parser: SaxesParser<{ xmlns: true }>, builder: EnvelopeBuilder): { off(): void } {
  let depth = 0
  let elements = 0
  let attributes = 0
  const stop = (reason: Stop['reason']): never => {
    throw new Stop(reason)
  }
  parser.on('error', () => stop('unreadable'))
  parser.on('doctype', () => stop('unreadable'))
  parser.on('opentagstart', () => {
    attributes = 0
    if (++depth > MAX_DEPTH || ++elements > MAX_ELEMENTS) stop('limits')
    builder.tagStart()
  })
  parser.on('attribute', () => {
    if (++attributes > MAX_ATTRIBUTES) stop('limits')
  })
  parser.on('opentag', (tag: SaxesTagNS) => {
    if (!builder.open(tag)) stop('foreign')
  })
  parser.on('closetag', () => {
    depth -= 1
    builder.close()
  })
  parser.on('text', (text) => builder.text(text))
  parser.on('cdata', (text) => builder.text(text))
  return { off: () => parser.on('error', () => undefined) }
}
