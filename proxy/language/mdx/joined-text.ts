import { PERSON } from '../person-text.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import { unwrap } from './comparison.ts'

/** By name in small letters. */
type Parameters = ReadonlyMap<string, string>

/** Of text that is put together no more than this is looked at; a person's number in a path is far shorter. */
const MAX_PART = 1000

/** What hands its text on: the digits of a number, a text without the blanks around it. */
const SAME_TEXT: ReadonlySet<string> = new Set(['CSTR', 'STR', 'TRIM', 'LTRIM', 'RTRIM'])

/**
 * The numbers of persons that stand in no part of `"070754" + @rest`, but in what the parts make together. What only the
 * server knows parts them.
 */
export function personsJoined(expression: Expression, parameters: Parameters): readonly string[] {
  const texts = partsOfText(expression, parameters)
  if (texts.filter((text) => text !== null).length < 2) return []
  const alone = new Set(texts.flatMap((text) => text?.match(PERSON) ?? []))
  const joined = texts.map((text) => text ?? '\0').join('')
  return (joined.match(PERSON) ?? []).filter((number) => !alone.has(number))
}

function partsOfText(expression: Expression, parameters: Parameters): readonly (string | null)[] {
  const inner = unwrap(expression)
  if (inner.kind !== 'operation' || !inner.operators.every((operator) => operator === '+' || operator === '||'))
    return []
  return inner.operands.map((operand) => textOf(operand, parameters))
}

/** `null`: only the server knows it. */
function textOf(expression: Expression, parameters: Parameters): string | null {
  const inner = unwrap(expression)
  const text = knownText(inner, parameters)
  return text === null || text.length > MAX_PART ? null : text
}

function knownText(inner: Expression, parameters: Parameters): string | null {
  if (inner.kind === 'string') return inner.value
  if (inner.kind === 'number') return inner.raw
  if (inner.kind === 'parameter') return parameters.get(inner.name.toLowerCase())?.trim() ?? null
  if (inner.kind === 'call') return handedOn(inner, parameters)
  const texts = partsOfText(inner, parameters)
  return texts.length === 0 || texts.includes(null) ? null : texts.join('')
}

function handedOn({ word, args }: ExpressionOf<'call'>, parameters: Parameters): string | null {
  const [only, ...more] = args
  if (only === undefined || more.length > 0 || !SAME_TEXT.has(word)) return null
  return textOf(only, parameters)?.trim() ?? null
}
