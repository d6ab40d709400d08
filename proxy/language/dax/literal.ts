import { assertNever } from '../assert-never.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import type { Environment } from './environment.ts'
import type { Literal } from './literal-value.ts'

/** By name in small letters. */
export type ParameterValues = ReadonlyMap<string, string>

/** Variables that name one another, brackets in one another: no value is further away than this. */
const MAX_STEPS = 64

/** Of text that is put together no more than this is looked at; a person's number is far shorter. */
const MAX_TEXT = 1000

/**
 * Literals, parameters, dates, and variables that stand for one of these. Texts that are put together of literals are one
 * as well: the server compares with the whole. BLANK() is none: to ask for it is to ask for nothing.
 */
export class Literals {
  readonly #parameters: ParameterValues

  constructor(parameters: ParameterValues) {
    this.#parameters = parameters
  }

  of(expression: Expression, environment: Environment, steps = 0): Literal | null {
    if (steps > MAX_STEPS) return null
    switch (expression.kind) {
      case 'string':
      case 'date':
        return text(expression.value)
      case 'number':
        return { value: expression.raw, isNumber: true }
      case 'parameter':
        return text(this.#parameters.get(expression.name.toLowerCase()) ?? `@${expression.name}`)
      case 'prefix':
        return this.#signed(expression, environment, steps)
      case 'name':
        return this.#named(expression, environment, steps)
      case 'call':
        return this.#called(expression, environment, steps)
      case 'operation':
        return this.#joined(expression, environment, steps)
      case 'rows':
        return this.#only(expression.rows, environment, steps)
      case 'column':
      case 'tuple':
      case 'block':
      case 'empty':
        return null
      default:
        return assertNever(expression)
    }
  }

  /** The texts of what is put together with `&`; `null` where only the server knows it. */
  parts(operands: readonly Expression[], environment: Environment): readonly (string | null)[] {
    return operands.map((operand) => this.#short(operand, environment, 0))
  }

  #short(expression: Expression, environment: Environment, steps: number): string | null {
    const found = this.of(expression, environment, steps + 1)
    return found === null || found.value.length > MAX_TEXT ? null : found.value
  }

  #signed({ operator, operand }: ExpressionOf<'prefix'>, environment: Environment, steps: number): Literal | null {
    const inner = operator === 'NOT' ? null : this.of(operand, environment, steps + 1)
    if (inner === null || !inner.isNumber) return null
    return operator === '-' ? { value: `-${inner.value}`, isNumber: true } : inner
  }

  #named({ name, quoted }: ExpressionOf<'name'>, environment: Environment, steps: number): Literal | null {
    const variable = quoted ? null : environment.find(name)
    if (variable !== null) {
      if (variable.literal === undefined) {
        variable.literal = null
        variable.literal = this.of(variable.expression, variable.environment, steps + 1)
      }
      return variable.literal
    }
    return !quoted && /^(?:true|false)$/i.test(name) ? text(name) : null
  }

  #only(items: readonly Expression[], environment: Environment, steps: number): Literal | null {
    const [only, ...more] = items
    return only === undefined || more.length > 0 ? null : this.of(only, environment, steps + 1)
  }

  #called({ name, args }: ExpressionOf<'call'>, environment: Environment, steps: number): Literal | null {
    const [first] = args
    if (name === 'TRUE' || name === 'FALSE') return args.length === 0 ? text(`${name}()`) : null
    if (first !== undefined && SAME_VALUE.has(name)) return this.of(first, environment, steps + 1)
    if (name === 'CONCATENATE') return this.#together(args, environment, steps)
    if (name === 'IF') return this.#oneOf(args.slice(1), environment, steps)
    if (name === 'PATHITEM') return this.#item(args, environment, steps)
    if (!DATES.has(name) || args.length === 0) return null
    const values = args.map((arg) => this.of(arg, environment, steps + 1))
    if (values.some((value) => value === null)) return null
    return text(`${name}(${values.map((value) => value?.value ?? '').join(',')})`)
  }

  /** `IF(PATHLENGTH(@p) = 1, @p, PATHITEM(@p, 2))`: reports take a parameter apart, but it is one value all the same. */
  #oneOf(branches: readonly Expression[], environment: Environment, steps: number): Literal | null {
    const given = branches.filter((branch) => branch.kind !== 'call' || branch.name !== 'BLANK')
    const found = given.map((branch) => this.of(branch, environment, steps + 1)).filter((value) => value !== null)
    const [first] = found
    return found.every(({ value }) => value === first?.value) ? (first ?? null) : null
  }

  /** What stands at one place in `"1|2|3"`. Of a parameter without a value, the parameter. */
  #item([path, at]: readonly Expression[], environment: Environment, steps: number): Literal | null {
    const whole = path === undefined ? null : this.of(path, environment, steps + 1)
    if (whole === null || at?.kind !== 'number') return null
    const item = whole.value.startsWith('@') ? whole.value : whole.value.split('|', MAX_TEXT)[Number(at.raw) - 1]
    return item === undefined ? null : text(item)
  }

  /** `"070733" & "4285"`, and the `DATE(…) + TIME(…)` with which Power BI writes a moment. */
  #joined({ operands, operators }: ExpressionOf<'operation'>, environment: Environment, steps: number): Literal | null {
    if (operators[0] === '&') return this.#together(operands, environment, steps)
    if (!operands.every((operand) => operand.kind === 'call' && DATES.has(operand.name))) return null
    if (!operators.every((operator) => operator === '+')) return null
    const values = operands.map((operand) => this.of(operand, environment, steps + 1))
    return values.includes(null) ? null : text(values.map((value) => value?.value ?? '').join('+'))
  }

  #together(parts: readonly Expression[], environment: Environment, steps: number): Literal | null {
    if (parts.length > MAX_TEXT) return null
    const texts = parts.map((part) => this.#short(part, environment, steps))
    return texts.includes(null) ? null : text(texts.join(''))
  }
}

const text = (value: string): Literal => ({ value, isNumber: false })

const DATES: ReadonlySet<string> = new Set(['DATE', 'TIME'])

/** What hands a value on, as another type or in other letters. */
// prettier-ignore
const SAME_VALUE: ReadonlySet<string> = new Set([
  'VALUE', 'INT', 'CONVERT', 'CURRENCY', 'DATEVALUE', 'TIMEVALUE', 'TRIM', 'UPPER', 'LOWER', 'EVALUATEANDLOG',
])

/**
 * The whole number that a number in another spelling is: `7.07334285E8`, `707334285.0`. A person's number is found in it
 * as well.
 */
export function wholeNumber(raw: string): string | null {
  const decimal = raw.replace(',', '.')
  if (!/[.eE]/.test(decimal) || decimal.length > 40) return null
  const value = Number(decimal)
  return Number.isSafeInteger(value) ? String(value) : null
}
