import type { Expression, ExpressionOf, Path, PathName } from './ast.ts'
import { comparisonIn, type Literal, literalOf, mirrored, opOf, searchOf, subjectOf, unwrap } from './comparison.ts'
import type { Context, Visit } from './context.ts'
import type { Names } from './names.ts'
import { namesPerson } from './path-name.ts'
import type { Reading } from './reading.ts'
import { namesAnything } from './wording.ts'

/**
 * What Filter and HAVING demand. A comparison with a literal is a criterion: of a measure, or of the hierarchy whose
 * member's name, key or property is compared. What else stands here is walked like any value.
 */
export class Conditions {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #names: Names
  /** Counts the depth as `visit` does. */
  readonly #deeper: (down: () => void) => void

  constructor(reading: Reading, visit: Visit, names: Names, deeper: (down: () => void) => void) {
    this.#reading = reading
    this.#visit = visit
    this.#names = names
    this.#deeper = deeper
  }

  /** @param negated it stands under a NOT. */
  readonly condition = (expression: Expression, context: Context, negated: boolean): void => {
    this.#deeper(() => this.#conditionOf(unwrap(expression), context, negated))
  }

  #conditionOf(inner: Expression, context: Context, negated: boolean): void {
    if (inner.kind === 'prefix' && inner.operator === 'NOT') this.condition(inner.operand, context, !negated)
    else if (inner.kind === 'operation') this.#operation(inner, context, negated)
    else if (inner.kind === 'call') this.#call(inner, context, negated)
    else if (inner.kind === 'case') this.#case(inner, context, negated)
    else this.#visit(inner, context)
  }

  #operation(inner: ExpressionOf<'operation'>, context: Context, negated: boolean): void {
    if (inner.operators[0] === 'AND' || inner.operators[0] === 'OR' || inner.operators[0] === 'XOR') {
      for (const operand of inner.operands) this.condition(operand, context, negated)
      return
    }
    const comparison = comparisonIn(inner)
    if (comparison === null) {
      this.#visit(inner, context)
      return
    }
    const { left, operator, right } = comparison
    const literal = literalOf(right)
    if (literal !== null) return this.#comparison(left, opOf(operator, negated), literal, context)
    const first = literalOf(left)
    if (first !== null) return this.#comparison(right, opOf(mirrored(operator), negated), first, context)
    this.#memberTest(left, opOf(operator, negated), right, context)
  }

  /** `X.CurrentMember IN {…}`, `IS`, or two computed sides. */
  #memberTest(left: Expression, op: string, right: Expression, context: Context): void {
    this.#visit(left, context)
    this.#visit(right, { ...context, op: MEMBER_TESTS.has(op) ? op : '=', scalar: false })
  }

  #call(inner: ExpressionOf<'call'>, context: Context, negated: boolean): void {
    const search = searchOf(inner)
    const [test, ...results] = inner.args
    if (search !== null) this.#search(search, opOf('contains', negated), context)
    else if (inner.word === 'IIF' && test !== undefined) {
      this.#visit(test, context)
      for (const result of results) this.condition(result, context, negated)
    } else this.#visit(inner, context)
  }

  #case({ subject, branches, otherwise }: ExpressionOf<'case'>, context: Context, negated: boolean): void {
    if (subject !== null) this.#visit(subject, context)
    for (const { when, result } of branches) {
      this.#visit(when, context)
      this.condition(result, context, negated)
    }
    if (otherwise !== null) this.condition(otherwise, context, negated)
  }

  #comparison(subject: Expression, op: string, literal: Literal, context: Context): void {
    if (literalOf(subject) !== null) return
    const search = searchOf(subject)
    if (search !== null) return this.#search(search, isAbsence(op, literal) ? 'not contains' : 'contains', context)
    const attribute = literal.kind === 'number' ? null : this.#attributeOf(subject)
    if (attribute !== null) return this.#compared(attribute, op, literal, context)
    this.#visit(subject, context)
    const about = subjectOf(subject, (path) => this.#isMeasure(path))
    if (about.kind === 'measure') return this.#compared(this.#measureAt(about.path), op, literal, context)
    if (about.kind === 'text' && !about.isNumber && (about.of !== null || namesAnything(subject))) {
      const searched = about.op === null ? op : opOf(about.op, op === '<>')
      return this.#compared(about.of === null ? null : this.#dimensionOf(about.of), searched, literal, context)
    }
    if (literal.kind === 'text' && namesAnything(subject)) {
      const member = unwrap(subject)
      return this.#compared(member.kind === 'access' ? this.#dimensionOf(member) : null, op, literal, context)
    }
    if (literal.kind === 'number') this.#reading.personsIn(literal.value, context)
  }

  /** In TM1 `[Region].[Manager] = "Bo"` tests an attribute of the elements; a member of that name has no text. */
  #attributeOf(subject: Expression): string | null {
    const inner = unwrap(subject)
    if (inner.kind !== 'path') return null
    const name = this.#reading.evidence.nameOf(inner)
    const { measure, names, parts, written } = name
    if (measure || names < parts.length || parts.length < 2 || this.#reading.isNamed(name)) return null
    return parts.some(namesPerson) ? null : written
  }

  #search({ of, part }: { readonly of: Expression; readonly part: Literal }, op: string, context: Context): void {
    this.#visit(of, context)
    if (namesAnything(of)) this.#compared(this.#dimensionOf(of), op, part, context)
    else if (part.kind === 'text') this.#reading.personsIn(part.value, context)
  }

  #compared(dimension: string | null, op: string, literal: Literal, { clause }: Context): void {
    const from = literal.kind === 'parameter' ? 'parameter' : clause
    this.#reading.findings.criterion(dimension, op, [this.#reading.valueOf(literal)], from)
  }

  #isMeasure(path: Path): boolean {
    const name = this.#reading.evidence.nameOf(path)
    if (name.measure) return name.parts.length > 1
    const calculated = this.#reading.memberNamed(name)
    return calculated === null ? this.#reading.measureOfBare(name) !== undefined : calculated.name.measure
  }

  #measureAt(path: Path): string {
    const name = this.#reading.evidence.nameOf(path)
    if (name.measure) return name.written
    return this.#reading.memberNamed(name)?.name.written ?? this.#reading.measureOfBare(name) ?? name.written
  }

  /** The hierarchy that a text is about. Walks only what has been walked, so that nothing is found twice. */
  #dimensionOf(expression: Expression): string | null {
    const inner = unwrap(expression)
    if (inner.kind === 'path') return this.#dimensionOfPath(this.#reading.evidence.nameOf(inner))
    if (inner.kind === 'access') return this.#dimensionOf(inner.base)
    if (inner.kind === 'call' || inner.kind === 'tuple' || inner.kind === 'set') {
      const [first] = inner.kind === 'call' ? inner.args : inner.elements
      return first === undefined ? null : this.#dimensionOf(first)
    }
    return null
  }

  #dimensionOfPath(name: PathName): string | null {
    const set = this.#reading.definitions.setNamed(name)
    if (set !== null) return set.places?.[0]?.path ?? null
    return name.measure || name.names === 0 ? null : this.#names.placePath(name)
  }
}

const MEMBER_TESTS: ReadonlySet<string> = new Set(['in', 'not in', '=', '<>'])

/** `InStr(…) = 0`, or less than 1: it is not there. */
function isAbsence(op: string, literal: Literal): boolean {
  if (op === '=') return literal.kind === 'number' && Number(literal.value) === 0
  return op.startsWith('<') && op !== '<>'
}
