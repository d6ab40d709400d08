import type { Expression, ExpressionOf, Path, PathName, Step } from './ast.ts'
import { literalOf, unwrap } from './comparison.ts'
import { type Context, NOWHERE, type Visit } from './context.ts'
import type { CalculatedMember, NamedSet } from './definitions.ts'
import { type Place, place } from '../findings.ts'
import { NAVIGATION, OF_PLACE, SCALAR, wordOfStep } from './functions.ts'
import { isAllPart, lastKey, namesPerson, prefixKey, prefixOf } from './path-name.ts'
import type { Reading } from './reading.ts'
import { walk } from './visitor.ts'
import { hierarchyLength, isFlag, opAfter } from './wording.ts'

/** Deeper than this, named sets are walked from the innermost one out. */
const MAX_NESTED = 30

/**
 * Paths, and functions after a dot: which of them are members and therefore criteria, which are hierarchies or levels,
 * measures, or names of what the query defines, whose formulas then count.
 */
export class Names {
  readonly #reading: Reading
  readonly #visit: Visit
  /** Named sets inside one another. */
  #nested = 0

  constructor(reading: Reading, visit: Visit) {
    this.#reading = reading
    this.#visit = visit
  }

  path(path: Path, context: Context): readonly Place[] {
    const { evidence, definitions } = this.#reading
    const name = evidence.nameOf(path)
    const set = definitions.setNamed(name)
    if (set !== null) return this.set(set, context)
    const calculated = this.#reading.memberNamed(name)
    if (calculated !== null) return this.#calculated(calculated, name, context)
    if (name.measure) return this.#measure(name, context)
    if (name.parts.length === 1 && name.names === 1) return this.#bareName(path, name, context)
    if (evidence.isMember(name)) return this.#member(name, context)
    return [place(evidence.placeOf(name))]
  }

  #bareName(path: Path, name: PathName, context: Context): readonly Place[] {
    const { evidence, findings } = this.#reading
    if (isFlag(path)) return NOWHERE
    const measure = this.#reading.measureOfBare(name)
    if (measure !== undefined) {
      this.#reading.measure(measure, context)
      return NOWHERE
    }
    if (!namesPerson(name.written)) return [place(evidence.placeOf(name))]
    findings.member(null, context.op, name.written, context.clause, context.scope)
    return NOWHERE
  }

  #measure(name: PathName, context: Context): readonly Place[] {
    if (name.parts.length > 1) this.#reading.measure(name.written, context)
    return NOWHERE
  }

  #member(name: PathName, context: Context): readonly Place[] {
    if (name.names === 0) {
      this.#reading.findings.member(null, context.op, name.written, context.clause, context.scope)
      return NOWHERE
    }
    const found = this.placeOfMember(name)
    this.#reading.findings.member(found.path, context.op, name.written, context.clause, context.scope)
    return [found]
  }

  placeOfMember(name: PathName): Place {
    const certain = name.known !== null || name.names < name.parts.length || name.all > 0
    return place(this.#reading.evidence.hierarchyOf(name), certain ? 'certain' : 'guessed')
  }

  /** The path of a server's own member; null for everything else. */
  explicitMember(expression: Expression): PathName | null {
    const inner = unwrap(expression)
    if (inner.kind !== 'path') return null
    const name = this.#reading.evidence.nameOf(inner)
    const other = name.measure || name.names === 0 || this.#reading.isNamed(name)
    return !other && this.#reading.evidence.isMember(name) ? name : null
  }

  placePath(name: PathName): string {
    const { evidence } = this.#reading
    return name.all > 0 || evidence.isMember(name) ? evidence.hierarchyOf(name) : evidence.placeOf(name)
  }

  // ---- what the query defines

  /** A set is walked where it is used, for its places matter there; once, however often that is. */
  set(set: NamedSet, context: Context): readonly Place[] {
    if (set.places !== null) return set.places
    if (this.#nested < MAX_NESTED) return this.#walkSet(set, context)
    for (const inner of this.#innermostFirst(set)) if (inner.places === null) this.#walkSet(inner, context)
    return set.places ?? NOWHERE
  }

  #walkSet(set: NamedSet, context: Context): readonly Place[] {
    // A set that names itself yields nothing to itself.
    set.places = NOWHERE
    this.#nested++
    if (set.earlier) this.#reading.evidence.read(set.formula)
    const scope = this.#reading.findings.newScope()
    set.places = this.#visit(set.formula, { ...context, scope, scalar: false, iterated: NOWHERE })
    this.#nested--
    return set.places
  }

  /** The sets that `outer` is made of, those first that need no others, so that no chain of them deepens the stack. */
  #innermostFirst(outer: NamedSet): readonly NamedSet[] {
    const found = new Set<NamedSet>([outer])
    for (const set of found) {
      walk(set.formula, (part) => {
        const named = part.kind === 'path' ? this.#reading.definitions.setNamed(part.name) : null
        if (named !== null && named.places === null) found.add(named)
      })
    }
    return [...found].toReversed()
  }

  #calculated(member: CalculatedMember, used: PathName, context: Context): readonly Place[] {
    const measure = member.name.measure
    if (measure) this.#reading.shown(context)
    this.#enliven(member, context.via)
    const alike =
      used.parts.length < 2 ||
      lastKey(used) !== lastKey(member.name) ||
      prefixKey(used, 1) === prefixKey(member.name, 1)
    const name = alike ? member.name : used
    return measure ? NOWHERE : [place(prefixOf(name, hierarchyLength(name)), 'guessed')]
  }

  #enliven(member: CalculatedMember, via: string | null): void {
    if (member.live) return
    member.live = true
    const { findings, evidence, queue } = this.#reading
    const measure = member.name.measure
    if (measure) findings.calculated(member.name.written)
    if (member.earlier) evidence.read(member.formula)
    const scope = findings.newScope()
    const op = '='
    const from = measure ? member.name.written : via
    const context: Context = {
      clause: 'formula',
      op,
      via: from,
      scope,
      scalar: true,
      iterated: NOWHERE,
      calculated: false,
    }
    queue.push(() => (member.dax ? this.#dax(member.formula, context) : this.#visit(member.formula, context)))
  }

  /** In DAX a path of two names is a column, one of a single name a measure. */
  #dax(formula: Expression, context: Context): void {
    if (formula.kind !== 'set') return
    for (const part of formula.elements) {
      if (part.kind !== 'path') this.#visit(part, context)
      else {
        const { parts, written } = part.name
        const table = parts[0]?.slice(1, -1)
        if (parts.length > 1) this.#reading.measure(`${table}${parts.at(-1)}`, context)
        else if (this.#reading.memberNamed(part.name) === null) this.#reading.measure(`[Measures].${written}`, context)
        else this.path(part, context)
      }
    }
  }

  enlivenUnder(key: string, { via }: Context): void {
    for (const member of this.#reading.definitions.membersUnder(key)) this.#enliven(member, via)
  }

  // ---- functions after a dot

  access({ base, steps }: ExpressionOf<'access'>, context: Context): readonly Place[] {
    let places =
      base.kind === 'path'
        ? this.#accessPath(base, steps, context)
        : this.#visit(base, { ...context, op: opAfter(steps, context.op) })
    for (const step of steps) {
      if (step.kind !== 'property') this.#stepArguments(step, context)
      if (step.kind !== 'item' && SCALAR.has(step.word)) places = NOWHERE
    }
    return places
  }

  #stepArguments(step: Exclude<Step, { kind: 'property' }>, context: Context): void {
    this.arguments(step.args, context)
    const [child] = step.args
    if (step.kind !== 'method' || step.word !== 'CALCULATEDCHILD' || child?.kind !== 'string') return
    for (const member of this.#reading.definitions.membersCalled(child.value)) this.#enliven(member, context.via)
  }

  /** Arguments of no interest unless something is computed in them. */
  arguments(args: readonly Expression[], context: Context): void {
    for (const arg of args) {
      const literal = literalOf(arg)
      if (literal === null || literal.kind === 'parameter') this.#visit(arg, { ...context, scalar: true, op: '=' })
    }
  }

  #accessPath(path: Path, steps: readonly Step[], context: Context): readonly Place[] {
    const { evidence } = this.#reading
    const name = evidence.nameOf(path)
    const word = wordOfStep(steps[0])
    if (name.measure && (name.parts.length === 1 || isAllPart(name.parts.at(-1))))
      return this.allMeasures(word, context)
    if (word === 'MEMBERS' || word === 'ALLMEMBERS') return this.#members(path, word, context)
    const ofPlace = OF_PLACE.has(word) && name.names === name.parts.length
    if (ofPlace && !this.#reading.isNamed(name)) return this.#current(name, word, context)
    // `[Tid].[Kalender].PrevMember` goes on from the current member.
    const goesOn = word === 'CHILDREN' || NAVIGATION.has(word)
    if (goesOn && !this.#reading.isNamed(name) && !evidence.isParent(name)) return [place(evidence.placeOf(name))]
    return this.path(path, { ...context, op: opAfter(steps, context.op) })
  }

  allMeasures(word: string, context: Context): readonly Place[] {
    if (word !== 'MEMBERS' && word !== 'ALLMEMBERS' && word !== 'CHILDREN') return NOWHERE
    this.#reading.measure('[Measures].*', context)
    if (word === 'ALLMEMBERS' || context.calculated) this.enlivenUnder('[measures]', context)
    return NOWHERE
  }

  #members(path: Path, word: string, context: Context): readonly Place[] {
    const { evidence } = this.#reading
    const name = evidence.nameOf(path)
    if (name.names < name.parts.length) return this.path(path, { ...context, op: 'children' })
    const found = place(evidence.placeOf(name), 'explicit')
    if (word === 'ALLMEMBERS' || context.calculated) this.enlivenUnder(found.key, context)
    return [found]
  }

  /**
   * `X.CurrentMember`: the level that an enclosing Generate goes through, if it is of X; else X. `[Time].[Time]` is the
   * hierarchy of `[Time].[Month]` too, so the only place of the same dimension will do.
   */
  #current(name: PathName, word: string, context: Context): readonly Place[] {
    if (word !== 'CURRENTMEMBER') return [place(this.placePath(name))]
    const own = place(this.#reading.evidence.placeOf(name))
    const refined = context.iterated.find(({ key }) => key === own.key || key.startsWith(`${own.key}.`))
    if (refined !== undefined) return [place(refined.path)]
    const dimension = `${name.parts[0]?.toLowerCase()}.`
    const [only, ...others] = context.iterated.filter(({ key }) => key.startsWith(dimension))
    return [only === undefined || others.length > 0 ? own : place(only.path)]
  }
}
