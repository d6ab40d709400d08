import { StatementSyntaxError } from '../syntax-error.ts'
import type { Expression, ExpressionOf } from './ast.ts'
import { unwrap } from './comparison.ts'
import { type Context, NOWHERE, type Visit } from './context.ts'
import type { Place } from '../findings.ts'
import { FLAGS } from './functions.ts'
import type { Names } from './names.ts'
import type { Reading } from './reading.ts'
import { isPlain, walkParameters } from './wording.ts'

/** Strings and parameters: those that are code are read as the code they are; a computed string is not. */
export class Strings {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #names: Names
  /** What the values of parameters yielded; there are seldom any. */
  #places: Map<string, readonly Place[]> | null = null

  constructor(reading: Reading, visit: Visit, names: Names) {
    this.#reading = reading
    this.#visit = visit
    this.#names = names
  }

  /** StrToMember and its like: a literal is code, a parameter stands for its value, anything else is computed. */
  code({ args: [arg, ...flags] }: ExpressionOf<'call'>, op: string, context: Context): readonly Place[] {
    const text = arg === undefined ? null : unwrap(arg)
    if (text === null) return NOWHERE
    this.#names.arguments(flags, { ...context, op: '=' })
    if (text.kind === 'string') return this.#literal(text.value, context)
    if (text.kind === 'parameter') return this.#parameter(text.name, context.op === '=' ? op : context.op, context)
    this.#reading.shown(context)
    walkParameters(text, (name) => this.#raw(name, '=', context))
    this.#visit(text, { ...context, scalar: true })
    return NOWHERE
  }

  #literal(code: string, context: Context): readonly Place[] {
    const expression = this.#parsed(code)
    if (expression !== null) return this.#visit(expression, { ...context, scalar: false })
    this.#reading.findings.member(null, context.op, code, context.clause, context.scope)
    return NOWHERE
  }

  #parsed(code: string): Expression | null {
    try {
      const expression = this.#reading.source.parse(code)
      this.#reading.evidence.read(expression)
      return expression
    } catch (error) {
      if (error instanceof StatementSyntaxError) return null
      throw error
    }
  }

  /** A parameter in the place of a set or member: its value is code, or names the thing itself. */
  #parameter(name: string, op: string, context: Context): readonly Place[] {
    const key = name.toLowerCase()
    this.#places ??= new Map()
    const known = this.#places.get(key)
    if (known !== undefined) return known
    this.#places.set(key, NOWHERE)
    const value = this.#reading.source.parameters.get(key)
    const expression = value === undefined || value.trim() === '' ? null : this.#parsed(value)
    if (expression === null || isPlain(expression))
      return this.#raw(name, value === undefined ? op : context.op, context)
    const scope = this.#reading.findings.newScope()
    const places = this.#visit(expression, { ...context, clause: 'parameter', scope, scalar: false })
    this.#places.set(key, places)
    return places
  }

  #raw(name: string, op: string, context: Context): readonly Place[] {
    const value = this.#reading.valueOf({ kind: 'parameter', name })
    this.#reading.findings.member(null, op, value, 'parameter', context.scope)
    this.#reading.shown(context)
    return NOWHERE
  }

  /** `@p` as it stands: a set or member where one is asked for; in a calculation only a person's number counts. */
  bare(name: string, context: Context): readonly Place[] {
    if (!context.scalar) return this.#parameter(name, context.op, context)
    const value = this.#reading.source.parameters.get(name.toLowerCase())
    if (value !== undefined) this.#reading.personsIn(value, { ...context, clause: 'parameter' })
    return NOWHERE
  }

  /** Mondrian's Parameter("name", type, default, …) and ParamRef("name"). */
  named({ word, args: [name, type, byDefault] }: ExpressionOf<'call'>, context: Context): readonly Place[] {
    if (name?.kind !== 'string') return NOWHERE
    if (this.#reading.source.parameters.has(name.value.toLowerCase())) return this.bare(name.value, context)
    if (byDefault !== undefined) return this.#visit(byDefault, context)
    const typed = type?.kind === 'path' && FLAGS.has(type.name.written.slice(1, -1).toUpperCase())
    const referred = word === 'PARAMREF' || typed || context.scalar
    return referred ? NOWHERE : this.#raw(name.value, context.op, context)
  }
}
