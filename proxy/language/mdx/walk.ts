import { StatementLimitError } from '../syntax-error.ts'
import type { Clause } from '../statement.ts'
import { assertNever } from '../assert-never.ts'
import type { Expression, ExpressionOf, PathName } from './ast.ts'
import { Calls } from './calls.ts'
import { Conditions } from './conditions.ts'
import { type Context, NOWHERE } from './context.ts'
import { cross, type Place, unite } from '../findings.ts'
import { personsJoined } from './joined-text.ts'
import { Names } from './names.ts'
import { pathOf } from './path-name.ts'
import type { Reading } from './reading.ts'
import { Strings } from './strings.ts'
import { rangeOp } from './wording.ts'

/** Calls inside one another, through named sets too. With the parser's depth it bounds the stack. */
const MAX_VISITS = 1000

/**
 * The walk over what is live. Each kind of expression has its method here, and what takes more than a few lines a file:
 * names, calls, conditions, strings.
 *
 * Wherever the text leaves open whether a member is named, it is taken to be: a criterion too many does less harm than a
 * person who slips through.
 */
export class Walk {
  readonly #reading: Reading
  readonly #names: Names
  readonly #calls: Calls
  readonly #conditions: Conditions
  readonly #strings: Strings
  /** Expressions visited, each as often as that was. */
  steps = 0
  #depth = 0

  constructor(reading: Reading) {
    this.#reading = reading
    this.#names = new Names(reading, this.visit)
    this.#conditions = new Conditions(reading, this.visit, this.#names, this.#deeper)
    this.#strings = new Strings(reading, this.visit, this.#names)
    this.#calls = new Calls(reading, this.visit, this.#conditions.condition, this.#names, this.#strings)
  }

  /** A clause of the statement begins: what is found in it stands together. */
  context(clause: Clause, scalar = false): Context {
    const scope = this.#reading.findings.newScope()
    return { clause, op: '=', via: null, scope, scalar, iterated: NOWHERE, calculated: false }
  }

  condition(expression: Expression): void {
    this.#conditions.condition(expression, this.context('filter', true), false)
  }

  /** Notes what `expression` names, and gives the places of the set it yields. */
  readonly visit = (expression: Expression, context: Context): readonly Place[] => {
    if (++this.#depth > MAX_VISITS) throw new StatementLimitError('depth', MAX_VISITS)
    this.steps++
    const places = this.#kind(expression, context)
    this.#depth--
    return places
  }

  readonly #deeper = (down: () => void): void => {
    if (++this.#depth > MAX_VISITS) throw new StatementLimitError('depth', MAX_VISITS)
    down()
    this.#depth--
  }

  #kind(expression: Expression, context: Context): readonly Place[] {
    switch (expression.kind) {
      case 'path':
        return this.#names.path(expression, context)
      case 'access':
        return this.#names.access(expression, context)
      case 'call':
        return this.#calls.call(expression, context)
      case 'set':
        return this.#set(expression, context)
      case 'tuple':
        return this.#tuple(expression, context)
      case 'operation':
        return this.#operation(expression, context)
      case 'prefix':
        return this.#prefix(expression, context)
      case 'case':
        return this.#case(expression, context)
      case 'alias':
        return this.#alias(expression, context)
      case 'parameter':
        return this.#strings.bare(expression.name, context)
      case 'string':
        this.#reading.personsIn(expression.value, context)
        return NOWHERE
      case 'number':
        this.#reading.personsIn(expression.raw, context)
        return NOWHERE
      case 'null':
      case 'empty':
        return NOWHERE
      default:
        return assertNever(expression)
    }
  }

  /** One whose hierarchy is not known is of the hierarchy of its neighbours. */
  #set({ elements }: ExpressionOf<'set'>, context: Context): readonly Place[] {
    const { mark } = this.#reading.findings
    const [first] = elements
    const places =
      first !== undefined && elements.length === 1
        ? unite([this.visit(first, context)])
        : unite(elements.map((element) => this.visit(element, context)))
    const [only] = places
    if (only !== undefined && places.length === 1) this.#reading.findings.attribute(mark, only.path)
    return places
  }

  #tuple({ elements }: ExpressionOf<'tuple'>, context: Context): readonly Place[] {
    const [first] = elements
    if (first !== undefined && elements.length === 1) return this.visit(first, context)
    return cross(elements.map((element) => this.visit(element, context)))
  }

  #operation(expression: ExpressionOf<'operation'>, context: Context): readonly Place[] {
    const { operands, operators } = expression
    const [operator] = operators
    if (operator === ':') return this.#range(operands, context)
    if (operator === '*') return cross(operands.map((operand) => this.visit(operand, context)))
    for (const number of personsJoined(expression, this.#reading.source.parameters))
      this.#reading.personsIn(number, context)
    return operator === '+' || operator === '-' ? this.#sum(expression, context) : this.#values(expression, context)
  }

  /** `a + b - c` on sets: what stands after a minus is taken out. */
  #sum({ operands, operators }: ExpressionOf<'operation'>, context: Context): readonly Place[] {
    const without = { ...context, op: 'not in' }
    const domains = operands.map((operand, i) => {
      const minus = i > 0 && operators[i - 1] === '-' && !context.scalar
      const places = this.visit(operand, minus ? without : context)
      return minus ? NOWHERE : places
    })
    return unite(domains)
  }

  #values({ operands, operators }: ExpressionOf<'operation'>, context: Context): readonly Place[] {
    const op = operators.includes('NOT IN') ? 'not in' : context.op
    for (const operand of operands) this.visit(operand, { ...context, scalar: true, op })
    return NOWHERE
  }

  /** The ends are criteria although the members between are not named. */
  #range(operands: readonly Expression[], context: Context): readonly Place[] {
    const ends: PathName[] = []
    const domains = operands.map((operand) => {
      const name = this.#names.explicitMember(operand)
      if (name === null) return this.visit(operand, context)
      ends.push(name)
      return [this.#names.placeOfMember(name)]
    })
    const [first] = ends
    if (first !== undefined) {
      const op = context.op === '=' ? rangeOp(operands, ends.length) : context.op
      const written = ends.map((end) => end.written)
      this.#reading.findings.criterion(this.#reading.evidence.hierarchyOf(first), op, written, context.clause)
    }
    return unite(domains)
  }

  #prefix({ operator, operand }: ExpressionOf<'prefix'>, context: Context): readonly Place[] {
    if (operator === '-' && !context.scalar) this.visit(operand, { ...context, op: 'not in' })
    else return this.visit(operand, operator === 'NOT' ? { ...context, scalar: true } : context)
    return NOWHERE
  }

  #case({ subject, branches, otherwise }: ExpressionOf<'case'>, context: Context): readonly Place[] {
    const asValue = { ...context, scalar: true }
    if (subject !== null) this.visit(subject, asValue)
    const domains = branches.map(({ when, result }) => {
      this.visit(when, asValue)
      return this.visit(result, context)
    })
    return unite(otherwise === null ? domains : [...domains, this.visit(otherwise, context)])
  }

  #alias({ expression, name }: ExpressionOf<'alias'>, context: Context): readonly Place[] {
    const set = this.#reading.definitions.setNamed(pathOf([name]).name)
    if (set === null || set.formula !== expression) return this.visit(expression, context)
    return this.#names.set(set, context)
  }
}
