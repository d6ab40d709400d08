import type { Expression } from './ast.ts'
import { unwrap, wordOf } from './comparison.ts'
import { PERSON } from './wording.ts'

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
  switch (inner.kind) {
    case 'string':
      return inner.value
    case 'number':
      return inner.raw
    case 'parameter':
      return parameters.get(inner.name.toLowerCase())?.trim() ?? null
    case 'call': {
      const [only, ...more] = inner.args
      const same = SAME_TEXT.has(wordOf(inner.name)) && only !== undefined && more.length === 0
      return same ? (textOf(only, parameters)?.trim() ?? null) : null
    }
    case 'operation': {
      const texts = partsOfText(inner, parameters)
      return texts.length === 0 || texts.includes(null) ? null : texts.join('')
    }
    default:
      return null
  }
}
