import type { Expression, ExpressionOf } from './ast.ts'
import { literalOf, unwrap } from './comparison.ts'
import { type Context, NOWHERE, type Visit } from './context.ts'
import { cross, type Place, place, unite } from '../findings.ts'
import { type FunctionShape, isKnown, roleOf, shapeOf } from './functions.ts'
import type { Names } from './names.ts'
import { namesPerson, pathOf } from './path-name.ts'
import type { Reading } from './reading.ts'
import type { Strings } from './strings.ts'
import { isFlag, roleInUnknown } from './wording.ts'

/** What conditions say; `conditions.ts` knows. */
type VisitCondition = (expression: Expression, context: Context, negated: boolean) => void

const EMPTY: Expression = { kind: 'empty' }

/** Function calls: most by the shape of their arguments (`functions.ts`), a few in their own way. */
export class Calls {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #condition: VisitCondition
  readonly #names: Names
  readonly #strings: Strings

  constructor(reading: Reading, visit: Visit, condition: VisitCondition, names: Names, strings: Strings) {
    this.#reading = reading
    this.#visit = visit
    this.#condition = condition
    this.#names = names
    this.#strings = strings
  }

  call(call: ExpressionOf<'call'>, context: Context): readonly Place[] {
    const { word } = call
    switch (word) {
      case 'STRTOMEMBER':
      case 'STRTOSET':
      case 'STRTOTUPLE':
      case 'NAMETOSET':
        return this.#strings.code(call, word === 'STRTOSET' ? 'in' : context.op, context)
      case 'GENERATE':
        return this.#generate(call, context)
      case 'PARAMETER':
      case 'PARAMREF':
        return this.#strings.named(call, context)
      case 'ADDCALCULATEDMEMBERS':
        return this.#addCalculated(call, context)
      case 'KPIVALUE':
      case 'KPIGOAL':
      case 'KPISTATUS':
      case 'KPITREND':
      case 'KPIWEIGHT':
        return this.#kpi(call, context)
      case 'MEASUREGROUPMEASURES':
        return this.#names.allMeasures('MEMBERS', context)
      case 'AXIS':
        return NOWHERE
      case 'DESCENDANTS':
        return this.#descendants(call, context)
      default:
        return this.#calledSet(call, context) ?? this.#shaped(call, shapeOf(word), context)
    }
  }

  /** `[Top Customers](0)` is a set and its first tuple; icCube's functions are defined by the query. */
  #calledSet({ name, word, args }: ExpressionOf<'call'>, context: Context): readonly Place[] | null {
    if (name.length !== 1) return null
    if (name[0]?.bracketed === true) {
      this.#names.arguments(args, context)
      return this.#names.path(pathOf(name), context)
    }
    const defined = this.#reading.definitions.setCalled(word)
    if (defined === null) return null
    return unite([this.#names.set(defined, context), ...args.map((arg) => this.#visit(arg, context))])
  }

  #shaped(call: ExpressionOf<'call'>, shape: FunctionShape, context: Context): readonly Place[] {
    const known = isKnown(shape)
    const domains: (readonly Place[])[] = []
    for (let i = 0; i < call.args.length; i++) {
      const arg = call.args[i] ?? EMPTY
      const role = roleOf(shape, i)
      if (role === 't') this.#count(arg, shape.op, domains[0] ?? NOWHERE, context)
      else domains.push(this.#argument(arg, known ? role : roleInUnknown(arg), shape, context))
    }
    if (shape.yields === 'none') return NOWHERE
    const places = shape.yields === 'cross' ? cross(domains) : unite(domains)
    if (places.length > 0 || shape.args[0] !== 'l') return places
    return this.#levelPlaces(call.args[0])
  }

  #argument(arg: Expression, role: string, shape: FunctionShape, context: Context): readonly Place[] {
    const asSet = context.scalar ? { ...context, scalar: false } : context
    switch (role) {
      case 'o':
        return this.#visit(arg, asSet)
      case 'm':
        return this.#visit(arg, { ...asSet, op: shape.op })
      case 'd':
        return this.#ignored(arg, { ...asSet, op: 'drill' })
      case 'x':
        return this.#ignored(arg, { ...asSet, op: 'exists' })
      case '-':
        return this.#ignored(arg, { ...asSet, op: 'not in' })
      case 's':
        return this.#ignored(arg, { ...asSet, op: '=' })
      case 'v':
        return this.#ignored(arg, { ...context, scalar: true, op: '=' })
      case 'c':
        return this.#conditional(arg, context)
      case 'L':
        return this.#level(arg, context)
      case 'l':
        this.#level(arg, context)
        return NOWHERE
      case 'n':
        this.#names.arguments([arg], context)
        return NOWHERE
      default:
        return NOWHERE
    }
  }

  #ignored(arg: Expression, context: Context): readonly Place[] {
    this.#visit(arg, context)
    return NOWHERE
  }

  #conditional(arg: Expression, context: Context): readonly Place[] {
    const scope = this.#reading.findings.newScope()
    this.#condition(arg, { ...context, scope, clause: 'filter', scalar: true, op: '=' }, false)
    return NOWHERE
  }

  /** A path in this place is a level by the function's signature, unless it has a key or a person's number. */
  #level(arg: Expression, context: Context): readonly Place[] {
    if (arg.kind === 'number' || arg.kind === 'string') return NOWHERE
    const path = unwrap(arg)
    if (path.kind !== 'path') return this.#visit(arg, { ...context, scalar: true })
    const name = this.#reading.evidence.nameOf(path)
    const sought = name.names < name.parts.length || namesPerson(name.parts.at(-1) ?? '')
    return sought || this.#reading.isNamed(name) ? this.#names.path(path, context) : this.#levelPlaces(path)
  }

  #levelPlaces(arg: Expression | undefined): readonly Place[] {
    if (arg?.kind !== 'path' || isFlag(arg)) return NOWHERE
    const name = this.#reading.evidence.nameOf(arg)
    return name.measure ? NOWHERE : [place(this.#reading.evidence.placeOf(name))]
  }

  /** The n of a TopCount. */
  #count(arg: Expression, op: string, [first]: readonly Place[], context: Context): void {
    const literal = literalOf(arg)
    if (literal === null) return this.#names.arguments([arg], context)
    const clause = literal.kind === 'parameter' ? 'parameter' : 'filter'
    this.#reading.findings.criterion(first?.path ?? null, op, [this.#reading.valueOf(literal)], clause)
  }

  /** GENERATE(set, other [, ALL | delimiter]): the answer has the other only, for each of the first. */
  #generate({ args: [first, second, ...rest] }: ExpressionOf<'call'>, context: Context): readonly Place[] {
    const asSet = { ...context, scalar: false }
    const iterated = first === undefined ? NOWHERE : this.#visit(first, asSet)
    this.#names.arguments(rest, context)
    if (second === undefined) return iterated
    return this.#visit(second, { ...asSet, iterated: [...iterated, ...context.iterated] })
  }

  /** A level says more about what comes out than the member it starts from. */
  #descendants(call: ExpressionOf<'call'>, context: Context): readonly Place[] {
    const shape = shapeOf('DESCENDANTS')
    const [from = NOWHERE, level = NOWHERE] = call.args.map((arg, i) =>
      this.#argument(arg, roleOf(shape, i), shape, context),
    )
    return level.length > 0 ? level : from
  }

  #addCalculated({ args }: ExpressionOf<'call'>, context: Context): readonly Place[] {
    const places = unite(args.map((arg) => this.#visit(arg, { ...context, scalar: false, calculated: true })))
    for (const { key } of places) this.#names.enlivenUnder(key, context)
    return places
  }

  #kpi({ args: [name] }: ExpressionOf<'call'>, context: Context): readonly Place[] {
    if (name?.kind === 'string') this.#reading.measure(`KPI:${name.value}`, context)
    return NOWHERE
  }
}
