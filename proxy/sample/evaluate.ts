/**
 * Evaluates the set expressions of axes and slicer: names, braces, tuples, `*`, `:`, and the functions that reports use
 * most; and the conditions and numbers inside Filter, Order and TopCount. What is not here ends in a fault, as a function
 * unknown to a real server does.
 */
import type { Expression, ExpressionOf, Operator, Step } from '../language/mdx/ast.ts'
import { cell, defaultMember, joined } from './cells.ts'
import type { Budget, Tuple } from './cells.ts'
import { membersOf } from './cube.ts'
import type { Hierarchy, Member } from './cube.ts'
import { SampleFault } from './fault.ts'
import { around, fold } from './members.ts'
import { plain, resolve } from './names.ts'
import type { Named } from './names.ts'
import { distinct, hierarchized, product, range, without } from './set-algebra.ts'
import type { Tuples } from './set-algebra.ts'

export interface Scope {
  readonly slicer: readonly Tuple[]
  readonly budget: Budget
  /** The tuple that Filter, Order or TopCount is looking at; empty outside them. */
  readonly current: Tuple
  /** Sets of the WITH clause by name. A set is not known within its own formula, so none can go round in circles. */
  readonly sets: ReadonlyMap<string, Expression>
}

type SetFunction = (scope: Scope, args: readonly Expression[]) => Tuples

export function setOf(expression: Expression, scope: Scope): Tuples {
  const tuples = evaluated(expression, scope)
  scope.budget.spend(1 + tuples.length)
  return tuples
}

function evaluated(expression: Expression, scope: Scope): Tuples {
  if (expression.kind === 'path' || expression.kind === 'access') return tuplesOf(objectOf(expression, scope))
  if (expression.kind === 'set') return expression.elements.flatMap((element) => setOf(element, scope))
  if (expression.kind === 'tuple') return crossJoin(scope, expression.elements)
  if (expression.kind === 'call') return functionNamed(expression.name.at(-1)?.text ?? '')(scope, expression.args)
  if (expression.kind === 'operation') return operation(expression, scope)
  throw new SampleFault('unsupported')
}

type Found = Named | { readonly kind: 'tuples'; readonly tuples: Tuples }

/** @throws SampleFault when a name is not in the cube */
export function objectOf(expression: Expression, scope: Scope): Found {
  if (expression.kind === 'access') {
    return expression.steps.reduce((base, step) => follow(base, step, scope), objectOf(expression.base, scope))
  }
  if (expression.kind !== 'path') return { kind: 'tuples', tuples: setOf(expression, scope) }
  const found = resolve(expression)
  if (found !== null) return found
  const [segment] = expression.segments
  const name = segment === undefined ? '' : plain(segment)
  const formula = expression.segments.length === 1 ? scope.sets.get(name) : undefined
  if (formula === undefined) throw new SampleFault('unknown-name')
  const sets = new Map([...scope.sets].filter(([other]) => other !== name))
  return { kind: 'tuples', tuples: setOf(formula, { ...scope, sets }) }
}

function tuplesOf(found: Found): Tuples {
  if (found.kind === 'tuples') return found.tuples
  if (found.kind === 'level') return membersOf(found.hierarchy, found.level).map((member) => [member])
  return [[found.kind === 'member' ? found.member : defaultMember(found.hierarchy)]]
}

const members = (list: readonly (Member | null)[]): Found => ({
  kind: 'tuples',
  tuples: list.filter((member) => member !== null).map((member) => [member]),
})

/** The members one step from a member, by the step's name. */
const STEPS: Readonly<Record<string, (member: Member) => readonly (Member | null)[]>> = {
  CHILDREN: ({ children }) => children,
  PARENT: ({ parent }) => [parent],
  FIRSTCHILD: ({ children }) => children.slice(0, 1),
  LASTCHILD: ({ children }) => children.slice(-1),
  SIBLINGS: (member) => member.parent?.children ?? [member],
  DEFAULTMEMBER: ({ hierarchy }) => [defaultMember(hierarchy)],
}

function follow(base: Found, step: Step, scope: Scope): Found {
  const name = step.kind === 'property' ? step.name.text.toUpperCase() : ''
  if (name === 'MEMBERS' || name === 'ALLMEMBERS') return membersUnder(base)
  if (name === 'CURRENTMEMBER') return { kind: 'member', member: currentMember(hierarchyOf(base), scope) }
  const found = (Object.hasOwn(STEPS, name) ? STEPS[name] : undefined)?.(memberOf(base))
  if (found === undefined) throw new SampleFault('unsupported')
  return members(found)
}

function membersUnder(base: Found): Found {
  if (base.kind === 'level') return members(membersOf(base.hierarchy, base.level))
  if (base.kind === 'hierarchy') return members(base.hierarchy.members)
  throw new SampleFault('unsupported')
}

function hierarchyOf(base: Found): Hierarchy {
  if (base.kind === 'tuples') throw new SampleFault('unsupported')
  return base.kind === 'member' ? base.member.hierarchy : base.hierarchy
}

/** A hierarchy where a member is wanted stands for its default member. */
export function memberOf(base: Found): Member {
  const [tuple, ...others] = tuplesOf(base)
  const [member] = tuple ?? []
  if (member === undefined || others.length > 0 || tuple?.length !== 1) throw new SampleFault('unsupported')
  return member
}

function currentMember(hierarchy: Hierarchy, { current, slicer }: Scope): Member {
  const of = (tuple: Tuple | undefined) => tuple?.find((member) => member.hierarchy === hierarchy)
  return of(current) ?? of(slicer[0]) ?? defaultMember(hierarchy)
}

function operation({ operands, operators }: ExpressionOf<'operation'>, scope: Scope): Tuples {
  const [first, ...rest] = operands
  const sets = rest.map((operand) => setOf(operand, scope))
  return sets.reduce(
    (left, right, i) => combine(left, operators[i], right, scope),
    first === undefined ? [] : setOf(first, scope),
  )
}

function combine(left: Tuples, operator: Operator | undefined, right: Tuples, { budget }: Scope): Tuples {
  if (operator === '*') return product(left, right, budget)
  if (operator === '+') return distinct([...left, ...right])
  if (operator === '-') return without(left, right)
  if (operator !== ':') throw new SampleFault('unsupported')
  return range(memberOf({ kind: 'tuples', tuples: left }), memberOf({ kind: 'tuples', tuples: right }))
}

function crossJoin(scope: Scope, args: readonly Expression[]): Tuples {
  return args.map((arg) => setOf(arg, scope)).reduce((left, right) => product(left, right, scope.budget))
}

/** The value that a numeric expression has at each tuple; without one, the cell itself. */
function measured(scope: Scope, tuples: Tuples, by: Expression | undefined): { tuple: Tuple; value: number }[] {
  return tuples.map((tuple) => {
    const here = { ...scope, current: joined(scope.current, tuple) }
    const value = by === undefined ? cell(here.current, scope.slicer, scope.budget) : scalarOf(by, here)
    return { tuple, value: typeof value === 'number' ? value : 0 }
  })
}

const argument = (args: readonly Expression[], index: number): Expression => {
  const found = args[index]
  if (found === undefined) throw new SampleFault('unsupported')
  return found
}

function filter(scope: Scope, args: readonly Expression[]): Tuples {
  const condition = argument(args, 1)
  const holds = (tuple: Tuple) => scalarOf(condition, { ...scope, current: joined(scope.current, tuple) }) === true
  return setOf(argument(args, 0), scope).filter(holds)
}

function nonEmpty(scope: Scope, args: readonly Expression[]): Tuples {
  const filled = (tuple: Tuple) => cell(joined(scope.current, tuple), scope.slicer, scope.budget) !== null
  return setOf(argument(args, 0), scope).filter(filled)
}

/** BDESC and DESC, BASC and ASC are the same here: members are ordered by value alone. */
function order(scope: Scope, args: readonly Expression[], descending: boolean): Tuples {
  const sorted = measured(scope, setOf(argument(args, 0), scope), args[1]).sort((a, b) => a.value - b.value)
  return (descending ? sorted.toReversed() : sorted).map(({ tuple }) => tuple)
}

function best(descending: boolean): SetFunction {
  return (scope, args) => {
    const count = scalarOf(argument(args, 1), scope)
    const by = args[2] === undefined ? [] : [args[2]]
    return order(scope, [argument(args, 0), ...by], descending).slice(0, typeof count === 'number' ? count : 0)
  }
}

const DESCENDANTS_AND_SELF = 0x18

function descendants(scope: Scope, args: readonly Expression[]): Tuples {
  const member = memberOf(objectOf(argument(args, 0), scope))
  const level = args[1] === undefined ? null : objectOf(args[1], scope)
  const under = around(member, DESCENDANTS_AND_SELF)
  const kept = level?.kind === 'level' ? under.filter((one) => one.level === level.level) : under
  return kept.map((one) => [one])
}

const FUNCTIONS: Readonly<Record<string, SetFunction>> = {
  CROSSJOIN: crossJoin,
  FILTER: filter,
  NONEMPTY: nonEmpty,
  DESCENDANTS: descendants,
  TOPCOUNT: best(true),
  BOTTOMCOUNT: best(false),
  UNION: (scope, args) => distinct(args.flatMap((arg) => setOf(arg, scope))),
  EXCEPT: (scope, args) => without(setOf(argument(args, 0), scope), setOf(argument(args, 1), scope)),
  DISTINCT: (scope, args) => distinct(setOf(argument(args, 0), scope)),
  ADDCALCULATEDMEMBERS: (scope, args) => setOf(argument(args, 0), scope),
  HIERARCHIZE: (scope, args) => hierarchized(setOf(argument(args, 0), scope)),
  HEAD: (scope, args) => {
    const count = args[1] === undefined ? 1 : scalarOf(args[1], scope)
    return setOf(argument(args, 0), scope).slice(0, typeof count === 'number' ? count : 0)
  },
  ORDER: (scope, args) => {
    const direction = args[2]?.kind === 'path' ? plain(args[2].segments[0] ?? { kind: 'key', text: '' }) : 'asc'
    return order(scope, args, direction === 'desc' || direction === 'bdesc')
  },
}

function functionNamed(name: string): SetFunction {
  const key = name.toUpperCase()
  const found = Object.hasOwn(FUNCTIONS, key) ? FUNCTIONS[key] : undefined
  if (found === undefined) throw new SampleFault('unsupported')
  return found
}

// ---- conditions and numbers

type Scalar = string | number | boolean | null

function scalarOf(expression: Expression, scope: Scope): Scalar {
  scope.budget.spend(1)
  if (expression.kind === 'string') return expression.value
  if (expression.kind === 'number') return Number(expression.raw)
  if (expression.kind === 'null') return null
  if (expression.kind === 'operation') return compared(expression, scope)
  if (expression.kind === 'prefix') return prefixed(expression, scope)
  if (expression.kind === 'call') return scalarCall(expression, scope)
  if (expression.kind === 'access') return textOf(expression, scope) ?? valueAt(expression, scope)
  const inner = expression.kind === 'tuple' && expression.elements.length === 1 ? expression.elements[0] : undefined
  // Brackets around one condition or number are just that.
  return inner === undefined || inner.kind === 'path' ? valueAt(expression, scope) : scalarOf(inner, scope)
}

/** The cell at a member or tuple. */
function valueAt(expression: Expression, scope: Scope): number | null {
  const [tuple, ...others] = setOf(expression, scope)
  if (tuple === undefined || others.length > 0) throw new SampleFault('unsupported')
  return cell(joined(scope.current, tuple), scope.slicer, scope.budget)
}

const TEXTS: Readonly<Record<string, (member: Member) => string>> = {
  CAPTION: ({ caption }) => caption,
  MEMBER_CAPTION: ({ caption }) => caption,
  NAME: ({ name }) => name,
  MEMBER_NAME: ({ name }) => name,
  UNIQUENAME: ({ uniqueName }) => uniqueName,
  MEMBER_UNIQUE_NAME: ({ uniqueName }) => uniqueName,
  MEMBER_KEY: ({ key }) => key,
}

/** `x.CurrentMember.Caption`, or `null` when the last step gives no text. */
function textOf({ base, steps }: ExpressionOf<'access'>, scope: Scope): string | null {
  const last = steps.at(-1)
  const name = last?.kind === 'property' ? last.name.text.toUpperCase() : ''
  const read = Object.hasOwn(TEXTS, name) ? TEXTS[name] : undefined
  if (read === undefined) return null
  const before = steps.slice(0, -1)
  return read(memberOf(before.reduce((found, step) => follow(found, step, scope), objectOf(base, scope))))
}

function scalarCall(call: ExpressionOf<'call'>, scope: Scope): Scalar {
  const name = call.name.at(-1)?.text.toUpperCase()
  if (name !== 'INSTR') return valueAt(call, scope)
  const [text, part] = call.args.map((arg) => fold(String(scalarOf(arg, scope) ?? '')))
  return (text ?? '').indexOf(part ?? '') + 1
}

function prefixed({ operator, operand }: ExpressionOf<'prefix'>, scope: Scope): Scalar {
  const value = scalarOf(operand, scope)
  if (operator === 'NOT') return value !== true
  if (operator === '-' && typeof value === 'number') return -value
  throw new SampleFault('unsupported')
}

function compared({ operands, operators }: ExpressionOf<'operation'>, scope: Scope): Scalar {
  const [first, ...rest] = operands
  if (first === undefined) throw new SampleFault('unsupported')
  return rest.reduce(
    (left: Scalar, operand, i) => {
      const apply = OPERATIONS[operators[i] ?? ':']
      if (apply === undefined) throw new SampleFault('unsupported')
      return apply(left, scalarOf(operand, scope))
    },
    scalarOf(first, scope),
  )
}

/** Texts are compared without regard to case; nothing counts as 0 beside a number. */
function difference(a: Scalar, b: Scalar): number {
  if (typeof a === 'string' || typeof b === 'string') return fold(String(a ?? '')).localeCompare(fold(String(b ?? '')))
  return Number(a) - Number(b)
}

const OPERATIONS: Readonly<Partial<Record<Operator, (a: Scalar, b: Scalar) => Scalar>>> = {
  AND: (a, b) => a === true && b === true,
  OR: (a, b) => a === true || b === true,
  '=': (a, b) => difference(a, b) === 0,
  '<>': (a, b) => difference(a, b) !== 0,
  '<': (a, b) => difference(a, b) < 0,
  '>': (a, b) => difference(a, b) > 0,
  '<=': (a, b) => difference(a, b) <= 0,
  '>=': (a, b) => difference(a, b) >= 0,
  '+': (a, b) => Number(a) + Number(b),
  '-': (a, b) => Number(a) - Number(b),
  '*': (a, b) => Number(a) * Number(b),
  '/': (a, b) => (Number(b) === 0 ? null : Number(a) / Number(b)),
}
