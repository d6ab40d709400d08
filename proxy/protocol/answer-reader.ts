/** Reading an answer: pieces of its text in, facts out. One reader per format, made for one answer each. */
import type { AnswerFacts } from '../exchange.ts'
import type { PersonRules } from '../../schema/record/person-number.ts'
import { assertNever } from '../../schema/record/record.ts'
import { binaryTransport } from './binary/transport.ts'
import { JsonAnswerReader } from './json/answer.ts'
import { TextAnswerReader } from './unknown/text-answer.ts'
import { XmlaAnswerReader } from './xmla/answer.ts'
import type { Vocabulary } from './xmla/vocabulary.ts'

export interface AnswerTextReader {
  write(text: string): void
  /** The same in UTF-8, for a reader that is faster over bytes. They stay as they are until the next call. */
  writeBytes?(bytes: Uint8Array): void
  end(): AnswerFacts
}

export type AnswerFormat = 'xml' | 'json' | 'text' | 'binary' | 'none'

const NO_TEXT = /^(?:image|audio|video|font)\/|^(?:text|application)\/(?:css|(?:x-)?javascript|ecmascript|wasm)$/
const TEXT = /^text\/|^application\/(?:x-www-form-urlencoded|csv|xhtml\+xml)$/

/** `none`: nothing in it about anybody. `binary`: there may be, but we cannot read it. */
export function formatOf(mediaType: string): AnswerFormat {
  if (NO_TEXT.test(mediaType) && mediaType !== 'image/svg+xml') return 'none'
  if (binaryTransport(mediaType) !== null) return 'xml'
  if (/[/+](?:x-nd)?json$/.test(mediaType)) return 'json'
  if (mediaType === 'text/html' || mediaType === 'application/xhtml+xml') return 'text'
  // Without a type the answer is most likely what it is for: XML.
  if (mediaType === '' || /[/+]xml$/.test(mediaType)) return 'xml'
  return TEXT.test(mediaType) ? 'text' : 'binary'
}

/** @param vocabulary kept from answer to answer, where `rules` are the same but for the day. */
export function answerReader(
  format: Exclude<AnswerFormat, 'binary' | 'none'>,
  rules: PersonRules,
  threshold: number,
  vocabulary?: Vocabulary,
): AnswerTextReader {
  switch (format) {
    case 'xml':
      return new XmlaAnswerReader(rules, threshold, vocabulary)
    case 'json':
      return new JsonAnswerReader(rules, threshold)
    case 'text':
      return new TextAnswerReader(false, rules, threshold)
    default:
      return assertNever(format)
  }
}
