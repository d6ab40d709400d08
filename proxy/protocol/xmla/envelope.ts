/**
 * Takes a SOAP request apart: who says what about session, user and properties, and which Discovers and Executes stand
 * in the body. One pass of a strict streaming parser, with depth, count and size bounded, and no DOCTYPE: an entity the
 * server would expand and we would not could hide a person. What is written as programs do never comes so far
 * (`plain-markup.ts`), and reads the same.
 *
 * Text of statements keeps its inner white space. Commands other than statements are kept as the XML they stand in.
 */
import type { SaxesTagNS } from 'saxes'
import { SaxesParser } from 'saxes'
import type { Envelope } from './call.ts'
import { EnvelopeBuilder } from './envelope-builder.ts'
import { readPlainMarkup } from './plain-markup.ts'

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
  const builder = new EnvelopeBuilder(text)
  const plain = cut ? 'unusual' : readPlainMarkup(text, builder)
  if (plain === 'unusual') return readStrictly(text, cut)
  return plain === 'read' ? { kind: 'envelope', envelope: builder.finish(text.length) } : { kind: 'foreign' }
}

/** With the strict parser alone; the same of every text, and errors are its own. */
export function readStrictly(text: string, cut: boolean): EnvelopeReading {
  const parser = new SaxesParser({ xmlns: true })
  const builder = new EnvelopeBuilder(text)
  const strict = attach(parser, builder, text)
  try {
    parser.write(text)
    if (cut) strict.off()
    parser.close()
  } catch (error) {
    if (!(error instanceof Stop)) throw error
    if (error.reason === 'foreign' || !builder.inEnvelope) return { kind: 'foreign' }
    const at = `${parser.line}:${parser.column}`
    return { kind: 'broken', reason: error.reason, at, partial: builder.finish(parser.position) }
  }
  return builder.inEnvelope ? { kind: 'envelope', envelope: builder.finish(parser.position) } : { kind: 'foreign' }
}

function attach(parser: SaxesParser<{ xmlns: true }>, builder: EnvelopeBuilder, text: string): { off(): void } {
  let depth = 0
  let elements = 0
  let attributes = 0
  let tagAt = 0
  const stop = (reason: Stop['reason']): never => {
    throw new Stop(reason)
  }
  parser.on('error', () => stop('unreadable'))
  parser.on('doctype', () => stop('unreadable'))
  parser.on('opentagstart', () => {
    attributes = 0
    if (++depth > MAX_DEPTH || ++elements > MAX_ELEMENTS) stop('limits')
    tagAt = text.lastIndexOf('<', parser.position - 1)
  })
  parser.on('attribute', () => {
    if (++attributes > MAX_ATTRIBUTES) stop('limits')
  })
  parser.on('opentag', ({ local, uri, attributes: named }: SaxesTagNS) => {
    if (!builder.open({ local, uri, attributes: Object.values(named) }, tagAt)) stop('foreign')
  })
  parser.on('closetag', () => {
    depth -= 1
    builder.close(parser.position)
  })
  parser.on('text', (found) => builder.text(found))
  parser.on('cdata', (found) => builder.text(found))
  return { off: () => parser.on('error', () => undefined) }
}
