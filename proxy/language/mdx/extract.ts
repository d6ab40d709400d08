import { type StatementLimits, StatementLimitError, StatementSyntaxError } from '../syntax-error.ts'
import type { Clause, MeasureFact, StatementFacts, StatementKind } from '../statement.ts'
import { assertNever } from '../assert-never.ts'
import type {
  Axis,
  Command,
  Create,
  Definition,
  Dmv,
  Drillthrough,
  Expression,
  ExpressionOf,
  Path,
  Select,
  Statement,
  StatementBody,
  Step,
  Update,
} from './ast.ts'
import {
  comparisonIn,
  type Literal,
  literalOf,
  mirrored,
  opOf,
  searchOf,
  subjectOf,
  unwrap,
  wordOf,
} from './comparison.ts'
import type { CubeModel } from '../cube-model.ts'
import { type CubeNames, namesOfCube } from './cube-names.ts'
import { Definitions, type CalculatedMember, type NamedSet } from './definitions.ts'
import { Evidence } from './evidence.ts'
import { cross, Findings, type Place, place, unite } from '../findings.ts'
import { PERSON } from '../person-text.ts'
import { FLAGS, type FunctionShape, isKnown, OF_PLACE, roleOf, SCALAR, shapeOf, wordOfStep } from './functions.ts'
import { personsJoined } from './joined-text.ts'
import { isAllPart, namesPerson, type PathName, pathNameOf, prefixOf } from './path-name.ts'
import { createdBy, definitionsFor } from './session.ts'
import { selectsOf } from './visitor.ts'
import {
  bare,
  bareName,
  columnOf,
  cubeOf,
  CUBE_WORDS,
  definitionsOf,
  hasCells,
  hierarchyLength,
  isDollar,
  isFlag,
  isPlain,
  MEMBER_WORDS,
  namesAnything,
  opAfter,
  rangeOp,
  roleInUnknown,
  walkParameters,
  withoutFunctions,
} from './wording.ts'

/** What turns strings and parameters into code; `read.ts` gives it. */
export interface CodeSource {
  readonly limits: StatementLimits
  /** Throws what the parser throws. */
  readonly parse: (code: string) => Expression
  /** By name in small letters. */
  readonly parameters: ReadonlyMap<string, string>
  readonly model: ((cube: string | null) => CubeModel | null) | null
  readonly session: readonly string[]
}

/** Where an expression stands, as far as that decides what it says. */
interface Context {
  readonly clause: Clause
  /** What becomes of a member mentioned here. */
  readonly op: string
  /** The calculated measure whose formula this is. */
  readonly via: string | null
  readonly scope: number
  /** A value is asked for, no set: `-` subtracts. */
  readonly scalar: boolean
  /** What the set of an enclosing Generate yields. */
  readonly iterated: readonly Place[]
  /** Calculated members are added to what is named. */
  readonly calculated: boolean
}

const NOWHERE: readonly Place[] = []
const EMPTY: Expression = { kind: 'empty' }

/** Calls inside one another, through named sets too. With the parser's depth it bounds the stack. */
const MAX_VISITS = 1000

/**
 * What a statement asks: its measures, what the answer is broken down by, and the members and comparisons it is
 * restricted to.
 *
 * Only what can influence the answer counts. The walk starts at axes, slicer, sub-selects and RETURN, and reaches
 * definitions by their names; each definition is walked once, however often it is used, so the cost stays linear. A set
 * is walked where it is used, because its places matter there; a calculated member yields none and waits in a queue, so
 * that no chain of formulas deepens the stack.
 *
 * Wherever the text leaves open whether a member is named, it is taken to be: a criterion too many does less harm than a
 * person who slips through. What only the cube's metadata can tell is left to whoever has them.
 */
export function extractStatement(statement: Statement, source: CodeSource): StatementFacts {
  return new Extraction(statement, source).facts()
}

class Extraction {
  readonly #statement: Statement
  readonly #source: CodeSource
  readonly #definitions: Definitions
  readonly #evidence: Evidence
  readonly #names: CubeNames | null
  readonly #findings = new Findings()
  readonly #queue: (() => unknown)[] = []
  readonly #parameterPlaces = new Map<string, readonly Place[]>()
  #cube: string | null = null
  /** Some axis or the slicer names a measure, or something that may be one. */
  #shows = false
  #depth = 0

  constructor(statement: Statement, source: CodeSource) {
    this.#statement = statement
    this.#source = source
    const { body } = statement
    const definitions = definitionsOf(body)
    const model = source.model === null ? null : source.model(cubeOf(body))
    this.#names = model === null ? null : namesOfCube(model)
    this.#evidence = new Evidence(body, definitions, this.#names)
    const session = source.session.length === 0 ? [] : definitionsFor(source.session, cubeOf(body))
    this.#definitions = new Definitions(definitions, this.#evidence.aliases, session)
  }

  facts(): StatementFacts {
    const kind = this.#body(this.#statement.body)
    // Grows while it is worked off.
    for (const waiting of this.#queue) waiting()
    const { calculatedMeasures: calculated, dimensions, criteria } = this.#findings
    const { start, end } = this.#statement
    const measures = [...this.#findings.measures, ...this.#defaultMeasure()]
    return { kind, cube: this.#cube, start, end, measures, calculated, dimensions, criteria }
  }

  /** Where no axis and no slicer names a measure, the cells are of the cube's own. */
  #defaultMeasure(): readonly MeasureFact[] {
    const measure = this.#names?.defaultMeasure ?? null
    if (measure === null || this.#shows || !hasCells(this.#statement.body)) return []
    const named = this.#findings.measures.some((fact) => fact.measure.toLowerCase() === measure.toLowerCase())
    return named ? [] : [{ measure, via: null, byDefault: true }]
  }

  #context(clause: Clause, scalar = false): Context {
    const scope = this.#findings.newScope()
    return { clause, op: '=', via: null, scope, scalar, iterated: NOWHERE, calculated: false }
  }

  // ---- statements

  #body(body: StatementBody): StatementKind {
    switch (body.kind) {
      case 'select':
        this.#select(body)
        return 'select'
      case 'drillthrough':
        this.#drillthrough(body)
        return 'drillthrough'
      case 'explain':
        this.#body(body.statement)
        return 'explain'
      case 'dmv':
        this.#dmv(body)
        return 'dmv'
      case 'create':
        this.#create(body)
        return 'ddl'
      case 'update':
        this.#update(body)
        return 'ddl'
      case 'procedure':
        this.#visit(body.expression, this.#context('filter', true))
        return 'ddl'
      case 'command':
        this.#command(body)
        return 'ddl'
      default:
        return assertNever(body)
    }
  }

  #select(outer: Select): void {
    for (const select of selectsOf(outer)) {
      const clause = (own: Clause): Clause => (select === outer ? own : 'subcube')
      for (const axis of [...select.axes].sort((a, b) => a.number - b.number)) {
        const places = this.#axis(axis, clause('axis'))
        if (select === outer) this.#findings.axis(axis.number, places)
      }
      if (select.slicer !== null) this.#visit(select.slicer, this.#context(clause('slicer')))
      for (const { name, excluding, value } of select.sapVariables) this.#sapVariable(name, excluding, value)
      for (const definition of select.definitions) if (definition.kind === 'cell-calculation') this.#cells(definition)
      if (select.from.kind === 'cube') this.#cube = bareName(select.from.name)
    }
  }

  #axis(axis: Axis, clause: Clause): readonly Place[] {
    const places = this.#visit(axis.set, this.#context(clause))
    if (axis.having !== null) this.#condition(axis.having, this.#context('filter', true), false)
    return places
  }

  /** A prompt's answer is a member, or the value itself. */
  #sapVariable(name: Path, excluding: boolean, value: Expression): void {
    const context = { ...this.#context('parameter'), op: excluding ? 'not in' : '=' }
    const literal = literalOf(value)
    if (literal === null) this.#visit(value, context)
    else this.#findings.criterion(pathNameOf(name).written, context.op, [this.#valueOf(literal)], 'parameter')
  }

  /** A cell calculation changes the answer whether it is named or not. */
  #cells({ scope, formula }: Extract<Definition, { kind: 'cell-calculation' }>): void {
    this.#visit(scope, this.#context('formula'))
    this.#visit(formula, this.#context('formula', true))
  }

  #drillthrough({ select, returns }: Drillthrough): void {
    this.#select(select)
    const columns = returns.map(columnOf).filter((column) => column !== null)
    const anyDollar = columns.some(isDollar)
    for (const column of columns) {
      const name = pathNameOf(column)
      const dimension = isDollar(column) || (!anyDollar && !name.measure)
      if (dimension) this.#findings.axis('return', [place(name.written)])
      else this.#findings.measure(name.written, null)
    }
  }

  #dmv({ rowset, restrictions, where }: Dmv): void {
    this.#cube = bareName(rowset)
    for (const restriction of restrictions) this.#columnCondition(restriction, false)
    if (where !== null) this.#columnCondition(where, false)
  }

  /** A condition of SQL, where a path is a column. */
  #columnCondition(expression: Expression, negated: boolean): void {
    const inner = unwrap(expression)
    if (inner.kind === 'prefix') return this.#columnCondition(inner.operand, !negated)
    if (inner.kind !== 'operation') return
    const comparison = comparisonIn(inner)
    if (comparison === null) return inner.operands.forEach((operand) => this.#columnCondition(operand, negated))
    const values = comparison.right.kind === 'tuple' ? comparison.right.elements : [comparison.right]
    const column = comparison.left.kind === 'path' ? pathNameOf(comparison.left).written : null
    const literals = values.map(literalOf).filter((literal) => literal !== null)
    if (literals.length === 0) return
    const written = literals.map((literal) => this.#valueOf(literal))
    this.#findings.criterion(column, opOf(comparison.operator, negated), written, 'filter')
  }

  #create({ definition }: Create): void {
    const created = createdBy(definition)
    this.#cube = created.cube
    const name = pathNameOf(created.definition.name)
    const via = name.measure ? name.written : null
    if (via !== null) this.#findings.calculated(via)
    if (definition.kind === 'cell-calculation') return this.#cells(definition)
    this.#visit(definition.formula, { ...this.#context('formula', definition.kind === 'member'), via })
  }

  #update({ cube, assignments }: Update): void {
    this.#cube = bareName(cube)
    for (const { cell, value, weight } of assignments) {
      this.#visit(cell, this.#context('slicer'))
      this.#visit(value, this.#context('formula', true))
      if (weight !== null) this.#visit(weight, this.#context('formula', true))
    }
  }

  /** No grammar of its own: each name that can be a member is one. The first after CUBE or FROM is the cube. */
  #command({ words, parts }: Command): void {
    const context = this.#context('filter', true)
    const [first, ...others] = parts
    const object = words.at(-1) ?? ''
    if (first?.kind === 'path' && CUBE_WORDS.has(object)) this.#cube = bareName(first)
    else if (first?.kind === 'path' && MEMBER_WORDS.has(object)) this.#dropped(first)
    else if (first !== undefined) others.unshift(first)
    for (const part of others) {
      if (part.kind !== 'sign') this.#visit(part.kind === 'path' ? withoutFunctions(part) : part, context)
    }
  }

  /** DROP MEMBER names its cube in the path, as CREATE does. */
  #dropped({ segments: [cube, ...rest] }: Path): void {
    if (cube !== undefined) this.#cube = bare(cube.text)
    const name = pathNameOf({ kind: 'path', segments: rest })
    if (name.measure) this.#findings.measure(name.written, null)
  }

  // ---- expressions

  /** Notes what `expression` names, and gives the places of the set it yields. */
  #visit(expression: Expression, context: Context): readonly Place[] {
    if (++this.#depth > MAX_VISITS) throw new StatementLimitError('depth', MAX_VISITS)
    const places = this.#visitKind(expression, context)
    this.#depth--
    return places
  }

  #visitKind(expression: Expression, context: Context): readonly Place[] {
    switch (expression.kind) {
      case 'path':
        return this.#path(expression, context)
      case 'access':
        return this.#access(expression, context)
      case 'call':
        return this.#call(expression, context)
      case 'set':
        return this.#elements(expression.elements, context)
      case 'tuple':
        return cross(expression.elements.map((element) => this.#visit(element, context)))
      case 'operation':
        return this.#operation(expression, context)
      case 'prefix':
        return this.#prefix(expression, context)
      case 'case':
        return this.#case(expression, context)
      case 'alias':
        return this.#alias(expression, context)
      case 'parameter':
        return this.#bareParameter(expression.name, context)
      case 'string':
        this.#personsIn(expression.value, context)
        return NOWHERE
      case 'number':
        this.#personsIn(expression.raw, context)
        return NOWHERE
      case 'null':
      case 'empty':
        return NOWHERE
      default:
        return assertNever(expression)
    }
  }

  #elements(elements: readonly Expression[], context: Context): readonly Place[] {
    const { mark } = this.#findings
    const places = unite(elements.map((element) => this.#visit(element, context)))
    const [only] = places
    if (only !== undefined && places.length === 1) this.#findings.attribute(mark, only.path)
    return places
  }

  #operation(expression: ExpressionOf<'operation'>, context: Context): readonly Place[] {
    const { operands, operators } = expression
    const [operator] = operators
    if (operator === ':') return this.#range(operands, context)
    if (operator === '*') return cross(operands.map((operand) => this.#visit(operand, context)))
    for (const number of personsJoined(expression, this.#source.parameters)) this.#personsIn(number, context)
    return operator === '+' || operator === '-' ? this.#sum(expression, context) : this.#values(expression, context)
  }

  /** `a + b - c` on sets: what stands after a minus is taken out. */
  #sum({ operands, operators }: ExpressionOf<'operation'>, context: Context): readonly Place[] {
    const without = { ...context, op: 'not in' }
    const domains = operands.map((operand, i) => {
      const minus = i > 0 && operators[i - 1] === '-' && !context.scalar
      const places = this.#visit(operand, minus ? without : context)
      return minus ? NOWHERE : places
    })
    return unite(domains)
  }

  #values({ operands, operators }: ExpressionOf<'operation'>, context: Context): readonly Place[] {
    const op = operators.includes('NOT IN') ? 'not in' : context.op
    for (const operand of operands) this.#visit(operand, { ...context, scalar: true, op })
    return NOWHERE
  }

  /** The ends are criteria although the members between are not named. */
  #range(operands: readonly Expression[], context: Context): readonly Place[] {
    const ends: PathName[] = []
    const domains = operands.map((operand) => {
      const name = this.#explicitMember(operand)
      if (name === null) return this.#visit(operand, context)
      ends.push(name)
      return [this.#placeOfMember(name)]
    })
    const [first] = ends
    if (first !== undefined) {
      const op = context.op === '=' ? rangeOp(operands, ends.length) : context.op
      const written = ends.map((end) => end.written)
      this.#findings.criterion(this.#evidence.hierarchyOf(first), op, written, context.clause)
    }
    return unite(domains)
  }

  /** The path of a server's own member; null for everything else. */
  #explicitMember(expression: Expression): PathName | null {
    const inner = unwrap(expression)
    if (inner.kind !== 'path') return null
    const name = this.#evidence.nameOf(inner)
    const known = name.measure || this.#definitions.setNamed(name) || this.#memberNamed(name)
    return !known && this.#evidence.isMember(name) ? name : null
  }

  #prefix({ operator, operand }: ExpressionOf<'prefix'>, context: Context): readonly Place[] {
    if (operator === '-' && !context.scalar) this.#visit(operand, { ...context, op: 'not in' })
    else return this.#visit(operand, operator === 'NOT' ? { ...context, scalar: true } : context)
    return NOWHERE
  }

  #case({ subject, branches, otherwise }: ExpressionOf<'case'>, context: Context): readonly Place[] {
    const asValue = { ...context, scalar: true }
    if (subject !== null) this.#visit(subject, asValue)
    const domains = branches.map(({ when, result }) => {
      this.#visit(when, asValue)
      return this.#visit(result, context)
    })
    return unite(otherwise === null ? domains : [...domains, this.#visit(otherwise, context)])
  }

  #alias({ expression, name }: ExpressionOf<'alias'>, context: Context): readonly Place[] {
    const set = this.#definitions.setNamed(pathNameOf({ kind: 'path', segments: [name] }))
    return set === null || set.formula !== expression ? this.#visit(expression, context) : this.#set(set, context)
  }

  // ---- names

  #path(path: Path, context: Context): readonly Place[] {
    const name = this.#evidence.nameOf(path)
    const set = this.#definitions.setNamed(name)
    if (set !== null) return this.#set(set, context)
    const calculated = this.#memberNamed(name)
    if (calculated !== null) return this.#calculated(calculated, context)
    if (name.measure) return this.#measure(name, context)
    if (name.parts.length === 1) return this.#bareName(path, name, context)
    if (this.#evidence.isMember(name)) return this.#member(name, context)
    return [place(this.#evidence.placeOf(name))]
  }

  #bareName(path: Path, name: PathName, context: Context): readonly Place[] {
    if (isFlag(path)) return NOWHERE
    const measure = this.#evidence.measureNamed(name)
    if (measure !== undefined && !this.#evidence.isPlace(name)) {
      this.#measureFound(measure, context)
      return NOWHERE
    }
    if (!namesPerson(name.written)) return [place(name.written)]
    this.#findings.member(null, context.op, name.written, context.clause, context.scope)
    return NOWHERE
  }

  #measure(name: PathName, context: Context): readonly Place[] {
    if (name.parts.length > 1) this.#measureFound(name.written, context)
    return NOWHERE
  }

  #measureFound(measure: string, context: Context): void {
    this.#findings.measure(measure, context.via)
    this.#shown(context)
  }

  /** A measure, or what may be one, in the place of a set: its cells are the answer. */
  #shown({ scalar, clause }: Context): void {
    this.#shows ||= !scalar && clause !== 'formula' && clause !== 'filter'
  }

  #member(name: PathName, context: Context): readonly Place[] {
    const found = this.#placeOfMember(name)
    this.#findings.member(found.path, context.op, name.written, context.clause, context.scope)
    return [found]
  }

  #placeOfMember(name: PathName): Place {
    const certain = name.names < name.parts.length || name.all > 0
    return place(this.#evidence.hierarchyOf(name), certain ? 'certain' : 'guessed')
  }

  #set(set: NamedSet, context: Context): readonly Place[] {
    if (set.places === null) {
      // A set that names itself yields nothing to itself.
      set.places = NOWHERE
      if (set.earlier) this.#evidence.read(set.formula)
      const scope = this.#findings.newScope()
      set.places = this.#visit(set.formula, { ...context, scope, scalar: false, iterated: NOWHERE })
    }
    return set.places
  }

  #calculated(member: CalculatedMember, context: Context): readonly Place[] {
    const measure = member.name.measure
    if (measure) this.#shown(context)
    this.#enliven(member, context.via)
    return measure ? NOWHERE : [place(prefixOf(member.name, hierarchyLength(member.name)), 'guessed')]
  }

  #enliven(member: CalculatedMember, via: string | null): void {
    if (member.live) return
    member.live = true
    const measure = member.name.measure
    if (measure) this.#findings.calculated(member.name.written)
    const context = { ...this.#context('formula', true), via: measure ? member.name.written : via }
    if (member.earlier) this.#evidence.read(member.formula)
    this.#queue.push(() => this.#visit(member.formula, context))
  }

  // ---- functions after a dot

  #access({ base, steps }: ExpressionOf<'access'>, context: Context): readonly Place[] {
    let places =
      base.kind === 'path'
        ? this.#accessPath(base, steps, context)
        : this.#visit(base, { ...context, op: opAfter(steps, context.op) })
    for (const step of steps) {
      if (step.kind !== 'property') this.#arguments(step.args, context)
      if (step.kind !== 'item' && SCALAR.has(step.name.text.toUpperCase())) places = NOWHERE
    }
    return places
  }

  #arguments(args: readonly Expression[], context: Context): void {
    for (const arg of args) {
      if (arg.kind !== 'string' && arg.kind !== 'number') this.#visit(arg, { ...context, scalar: true, op: '=' })
    }
  }

  #accessPath(path: Path, steps: readonly Step[], context: Context): readonly Place[] {
    const name = this.#evidence.nameOf(path)
    const word = wordOfStep(steps[0])
    if (name.measure && (name.parts.length === 1 || isAllPart(name.parts.at(-1))))
      return this.#allMeasures(word, context)
    if (word === 'MEMBERS' || word === 'ALLMEMBERS') return this.#members(path, word, context)
    if (OF_PLACE.has(word) && !this.#isNamed(name) && name.names === name.parts.length)
      return this.#current(name, word, context)
    if (word === 'CHILDREN' && !this.#isNamed(name) && !this.#evidence.isParent(name)) {
      return [place(this.#evidence.placeOf(name))]
    }
    return this.#path(path, { ...context, op: opAfter(steps, context.op) })
  }

  /** By its last part alone a calculated member is named only where nothing else is. */
  #memberNamed(name: PathName): CalculatedMember | null {
    const member = this.#definitions.memberNamed(name)
    const bare = member !== null && name.parts.length === 1 && !member.name.measure
    return bare && this.#evidence.isPlace(name) ? null : member
  }

  #isNamed(name: PathName): boolean {
    return this.#definitions.setNamed(name) !== null || this.#memberNamed(name) !== null
  }

  #allMeasures(word: string, context: Context): readonly Place[] {
    if (word !== 'MEMBERS' && word !== 'ALLMEMBERS' && word !== 'CHILDREN') return NOWHERE
    this.#measureFound('[Measures].*', context)
    if (word === 'ALLMEMBERS' || context.calculated) this.#enlivenUnder('[measures]', context)
    return NOWHERE
  }

  #members(path: Path, word: string, context: Context): readonly Place[] {
    const name = this.#evidence.nameOf(path)
    if (name.names < name.parts.length) return this.#path(path, { ...context, op: 'children' })
    const found = place(this.#evidence.placeOf(name), 'explicit')
    if (word === 'ALLMEMBERS' || context.calculated) this.#enlivenUnder(found.key, context)
    return [found]
  }

  /**
   * `X.CurrentMember`: the level that an enclosing Generate goes through, if it is of X; else X. `[Time].[Time]` is the
   * hierarchy of `[Time].[Month]` too, so the only place of the same dimension will do.
   */
  #current(name: PathName, word: string, context: Context): readonly Place[] {
    if (word !== 'CURRENTMEMBER') return [place(this.#placePath(name))]
    const own = place(name.written)
    const refined = context.iterated.find(({ key }) => key === own.key || key.startsWith(`${own.key}.`))
    if (refined !== undefined) return [place(refined.path)]
    const dimension = `${name.parts[0]?.toLowerCase()}.`
    const [only, ...others] = context.iterated.filter(({ key }) => key.startsWith(dimension))
    return [only === undefined || others.length > 0 ? own : place(only.path)]
  }

  #placePath(name: PathName): string {
    return name.all > 0 || this.#evidence.isMember(name) ? this.#evidence.hierarchyOf(name) : name.written
  }

  #enlivenUnder(key: string, { via }: Context): void {
    for (const member of this.#definitions.membersUnder(key)) this.#enliven(member, via)
  }

  // ---- function calls

  #call(call: ExpressionOf<'call'>, context: Context): readonly Place[] {
    const word = wordOf(call.name)
    switch (word) {
      case 'STRTOMEMBER':
      case 'STRTOSET':
      case 'STRTOTUPLE':
      case 'NAMETOSET':
        return this.#code(call, word === 'STRTOSET' ? 'in' : context.op, context)
      case 'GENERATE':
        return this.#generate(call, context)
      case 'PARAMETER':
      case 'PARAMREF':
        return this.#namedParameter(call, context)
      case 'ADDCALCULATEDMEMBERS':
        return this.#addCalculated(call, context)
      case 'KPIVALUE':
      case 'KPIGOAL':
      case 'KPISTATUS':
      case 'KPITREND':
      case 'KPIWEIGHT':
        return this.#kpi(call, context)
      case 'MEASUREGROUPMEASURES':
        return this.#allMeasures('MEMBERS', context)
      case 'AXIS':
        return NOWHERE
      case 'DESCENDANTS':
        return this.#descendants(call, context)
      default:
        return this.#calledSet(call, context) ?? this.#shaped(call, shapeOf(word), context)
    }
  }

  /** `[Top Customers](0)` is a set and its first tuple. */
  #calledSet({ name, args }: ExpressionOf<'call'>, context: Context): readonly Place[] | null {
    if (name.length !== 1 || name[0]?.bracketed !== true) return null
    this.#arguments(args, context)
    return this.#path({ kind: 'path', segments: name }, context)
  }

  #shaped(call: ExpressionOf<'call'>, shape: FunctionShape, context: Context): readonly Place[] {
    const known = isKnown(wordOf(call.name))
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
        this.#condition(
          arg,
          { ...context, scope: this.#findings.newScope(), clause: 'filter', scalar: true, op: '=' },
          false,
        )
        return NOWHERE
      case 'L':
        return this.#level(arg, context)
      case 'l':
        this.#level(arg, context)
        return NOWHERE
      case 'n':
        this.#arguments([arg], context)
        return NOWHERE
      default:
        return NOWHERE
    }
  }

  #ignored(arg: Expression, context: Context): readonly Place[] {
    this.#visit(arg, context)
    return NOWHERE
  }

  /** A path in this place is a level by the function's signature, unless it has a key or a person's number. */
  #level(arg: Expression, context: Context): readonly Place[] {
    if (arg.kind === 'number' || arg.kind === 'string') return NOWHERE
    const path = unwrap(arg)
    if (path.kind !== 'path') return this.#visit(arg, { ...context, scalar: true })
    const name = this.#evidence.nameOf(path)
    const member = name.names < name.parts.length || namesPerson(name.parts.at(-1) ?? '') || this.#isNamed(name)
    return member ? this.#path(path, context) : this.#levelPlaces(path)
  }

  #levelPlaces(arg: Expression | undefined): readonly Place[] {
    if (arg?.kind !== 'path') return NOWHERE
    if (isFlag(arg)) return NOWHERE
    const name = this.#evidence.nameOf(arg)
    return name.measure ? NOWHERE : [place(this.#evidence.placeOf(name))]
  }

  /** The n of a TopCount. */
  #count(arg: Expression, op: string, [first]: readonly Place[], context: Context): void {
    const literal = literalOf(arg)
    if (literal === null) return this.#arguments([arg], context)
    const clause = literal.kind === 'parameter' ? 'parameter' : 'filter'
    this.#findings.criterion(first?.path ?? null, op, [this.#valueOf(literal)], clause)
  }

  /** GENERATE(set, other [, ALL | delimiter]): the answer has the other only, for each of the first. */
  #generate({ args: [first, second, ...rest] }: ExpressionOf<'call'>, context: Context): readonly Place[] {
    const asSet = { ...context, scalar: false }
    const iterated = first === undefined ? NOWHERE : this.#visit(first, asSet)
    this.#arguments(rest, context)
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
    for (const { key } of places) this.#enlivenUnder(key, context)
    return places
  }

  #kpi({ args: [name] }: ExpressionOf<'call'>, context: Context): readonly Place[] {
    if (name?.kind === 'string') this.#measureFound(`KPI:${name.value}`, context)
    return NOWHERE
  }

  // ---- conditions

  /** What Filter and HAVING demand; `negated` under a NOT. */
  #condition(expression: Expression, context: Context, negated: boolean): void {
    if (++this.#depth > MAX_VISITS) throw new StatementLimitError('depth', MAX_VISITS)
    const inner = unwrap(expression)
    if (inner.kind === 'prefix' && inner.operator === 'NOT') this.#condition(inner.operand, context, !negated)
    else if (inner.kind === 'operation') this.#operationCondition(inner, context, negated)
    else if (inner.kind === 'call') this.#callCondition(inner, context, negated)
    else if (inner.kind === 'case') this.#caseCondition(inner, context, negated)
    else this.#visit(inner, context)
    this.#depth--
  }

  #operationCondition(inner: ExpressionOf<'operation'>, context: Context, negated: boolean): void {
    if (inner.operators[0] === 'AND' || inner.operators[0] === 'OR' || inner.operators[0] === 'XOR') {
      for (const operand of inner.operands) this.#condition(operand, context, negated)
      return
    }
    const comparison = comparisonIn(inner)
    if (comparison === null) {
      this.#visit(inner, context)
      return
    }
    const { left, operator, right } = comparison
    const literal = literalOf(right)
    if (literal !== null) this.#comparison(left, opOf(operator, negated), literal, context)
    else {
      const first = literalOf(left)
      if (first !== null) this.#comparison(right, opOf(mirrored(operator), negated), first, context)
      else this.#memberTest(left, opOf(operator, negated), right, context)
    }
  }

  /** `X.CurrentMember IN {…}`, `IS`, or two computed sides. */
  #memberTest(left: Expression, op: string, right: Expression, context: Context): void {
    this.#visit(left, context)
    this.#visit(right, { ...context, op: /^(?:not )?in$|^=$|^<>$/.test(op) ? op : '=', scalar: false })
  }

  #callCondition(inner: ExpressionOf<'call'>, context: Context, negated: boolean): void {
    const search = searchOf(inner)
    const [test, ...results] = inner.args
    if (search !== null) this.#search(search, opOf('contains', negated), context)
    else if (wordOf(inner.name) === 'IIF' && test !== undefined) {
      this.#visit(test, context)
      for (const result of results) this.#condition(result, context, negated)
    } else this.#visit(inner, context)
  }

  #caseCondition({ subject, branches, otherwise }: ExpressionOf<'case'>, context: Context, negated: boolean): void {
    if (subject !== null) this.#visit(subject, context)
    for (const { when, result } of branches) {
      this.#visit(when, context)
      this.#condition(result, context, negated)
    }
    if (otherwise !== null) this.#condition(otherwise, context, negated)
  }

  #comparison(subject: Expression, op: string, literal: Literal, context: Context): void {
    if (literalOf(subject) !== null) return
    const search = searchOf(subject)
    if (search !== null) {
      // `InStr(…) = 0`, or less than 1: it is not there.
      const absent =
        op === '=' ? literal.kind === 'number' && Number(literal.value) === 0 : op.startsWith('<') && op !== '<>'
      return this.#search(search, absent ? 'not contains' : 'contains', context)
    }
    this.#visit(subject, context)
    const about = subjectOf(subject, (path) => this.#isMeasurePath(path))
    if (about.kind === 'measure') return this.#compared(this.#measurePath(about.path), op, literal, context)
    if (about.kind === 'text' && !about.isNumber && (about.of !== null || namesAnything(subject))) {
      const searched = about.op === null ? op : opOf(about.op, op === '<>')
      return this.#compared(about.of === null ? null : this.#dimensionOf(about.of, context), searched, literal, context)
    }
    if (literal.kind === 'text' && namesAnything(subject)) return this.#compared(null, op, literal, context)
    if (literal.kind === 'number') this.#visit({ kind: 'number', raw: literal.value }, context)
  }

  #search({ of, part }: { readonly of: Expression; readonly part: Literal }, op: string, context: Context): void {
    this.#visit(of, context)
    this.#compared(this.#dimensionOf(of, context), op, part, context)
  }

  #compared(dimension: string | null, op: string, literal: Literal, { clause }: Context): void {
    const from = literal.kind === 'parameter' ? 'parameter' : clause
    this.#findings.criterion(dimension, op, [this.#valueOf(literal)], from)
  }

  #isMeasurePath(path: Path): boolean {
    const name = this.#evidence.nameOf(path)
    if (name.measure) return name.parts.length > 1
    const calculated = this.#memberNamed(name)
    return calculated === null ? this.#measureOfBare(name) !== undefined : calculated.name.measure
  }

  #measurePath(path: Path): string {
    const name = this.#evidence.nameOf(path)
    if (name.measure) return name.written
    return this.#memberNamed(name)?.name.written ?? this.#measureOfBare(name) ?? name.written
  }

  #measureOfBare(name: PathName): string | undefined {
    return name.parts.length === 1 && !this.#evidence.isPlace(name) ? this.#evidence.measureNamed(name) : undefined
  }

  /** The hierarchy that a text is about. Walks only what has been walked, so that nothing is found twice. */
  #dimensionOf(expression: Expression, context: Context): string | null {
    const inner = unwrap(expression)
    if (inner.kind === 'path') return this.#dimensionOfPath(this.#evidence.nameOf(inner))
    if (inner.kind === 'access') return this.#dimensionOf(inner.base, context)
    if (inner.kind === 'call' || inner.kind === 'tuple' || inner.kind === 'set') {
      const [first] = inner.kind === 'call' ? inner.args : inner.elements
      return first === undefined ? null : this.#dimensionOf(first, context)
    }
    return null
  }

  #dimensionOfPath(name: PathName): string | null {
    const set = this.#definitions.setNamed(name)
    if (set !== null) return set.places?.[0]?.path ?? null
    return name.measure ? null : this.#placePath(name)
  }

  // ---- strings and parameters

  /** StrToMember and its like: a literal is code, a parameter stands for its value, anything else is computed. */
  #code({ args: [arg, ...flags] }: ExpressionOf<'call'>, op: string, context: Context): readonly Place[] {
    const text = arg === undefined ? null : unwrap(arg)
    if (text === null) return NOWHERE
    this.#arguments(flags, { ...context, op: '=' })
    if (text.kind === 'string') return this.#literalCode(text.value, context)
    if (text.kind === 'parameter') return this.#parameter(text.name, context.op === '=' ? op : context.op, context)
    this.#shows = true
    walkParameters(text, (name) => this.#rawParameter(name, '=', context))
    this.#visit(text, { ...context, scalar: true })
    return NOWHERE
  }

  #literalCode(code: string, context: Context): readonly Place[] {
    const expression = this.#parsed(code)
    if (expression !== null) return this.#visit(expression, { ...context, scalar: false })
    this.#findings.member(null, context.op, code, context.clause, context.scope)
    return NOWHERE
  }

  #parsed(code: string): Expression | null {
    try {
      const expression = this.#source.parse(code)
      this.#evidence.read(expression)
      return expression
    } catch (error) {
      if (error instanceof StatementSyntaxError) return null
      throw error
    }
  }

  /** A parameter in the place of a set or member: its value is code, or names the thing itself. */
  #parameter(name: string, op: string, context: Context): readonly Place[] {
    const known = this.#parameterPlaces.get(name.toLowerCase())
    if (known !== undefined) return known
    this.#parameterPlaces.set(name.toLowerCase(), NOWHERE)
    const value = this.#source.parameters.get(name.toLowerCase())
    const expression = value === undefined || value.trim() === '' ? null : this.#parsed(value)
    if (expression === null || isPlain(expression))
      return this.#rawParameter(name, value === undefined ? op : context.op, context)
    const inValue: Context = { ...context, clause: 'parameter', scope: this.#findings.newScope(), scalar: false }
    const places = this.#visit(expression, inValue)
    this.#parameterPlaces.set(name.toLowerCase(), places)
    return places
  }

  #rawParameter(name: string, op: string, { scope }: Context): readonly Place[] {
    this.#findings.member(null, op, this.#valueOf({ kind: 'parameter', name }), 'parameter', scope)
    this.#shows = true
    return NOWHERE
  }

  /** `@p` as it stands: a set or member where one is asked for; in a calculation only a person's number counts. */
  #bareParameter(name: string, context: Context): readonly Place[] {
    if (!context.scalar) return this.#parameter(name, context.op, context)
    const value = this.#source.parameters.get(name.toLowerCase())
    if (value !== undefined) this.#personsIn(value, { ...context, clause: 'parameter' })
    return NOWHERE
  }

  /** Mondrian's Parameter("name", type, default, …) and ParamRef("name"). */
  #namedParameter(
    { name: called, args: [name, type, byDefault] }: ExpressionOf<'call'>,
    context: Context,
  ): readonly Place[] {
    if (name?.kind !== 'string') return NOWHERE
    if (this.#source.parameters.has(name.value.toLowerCase())) return this.#bareParameter(name.value, context)
    if (byDefault === undefined) {
      const typed = type?.kind === 'path' && FLAGS.has(pathNameOf(type).written.slice(1, -1).toUpperCase())
      const referred = wordOf(called) === 'PARAMREF' || typed || context.scalar
      return referred ? NOWHERE : this.#rawParameter(name.value, context.op, context)
    }
    return this.#visit(byDefault, context)
  }

  #valueOf(literal: Literal): string {
    if (literal.kind !== 'parameter') return literal.value
    return this.#source.parameters.get(literal.name.toLowerCase()) ?? `@${literal.name}`
  }

  /**
   * Text in a calculation is no criterion, but a person's number in it names a person: `IIf(x.Name = "…")` finds him
   * as surely as a Filter would.
   */
  #personsIn(text: string, { clause, scope }: Context): void {
    if (text.length < 10) return
    for (const [number] of text.matchAll(PERSON)) this.#findings.member(null, '=', number, clause, scope)
  }
}
