import { PERSON } from '../person-text.ts'
import type { MeasureFact } from '../statement.ts'
import type { PathName, StatementBody } from './ast.ts'
import type { Literal } from './comparison.ts'
import type { CodeSource, Context } from './context.ts'
import { type CubeNames, namesOfCube } from './cube-names.ts'
import { type CalculatedMember, Definitions } from './definitions.ts'
import { Evidence } from './evidence.ts'
import { Findings } from '../findings.ts'
import { definitionsFor } from './session.ts'
import { cubeOf, definitionsOf, hasCells } from './wording.ts'

/** What all parts of the walk over one statement share: what it defines and gives away, and what was found so far. */
export class Reading {
  readonly source: CodeSource
  readonly definitions: Definitions
  readonly evidence: Evidence
  readonly findings = new Findings()
  /** What waits to be walked: formulas of live members, so that no chain of them deepens the stack. */
  readonly queue: (() => unknown)[] = []
  readonly #names: CubeNames | null
  readonly #hasCells: boolean
  /** Some axis or the slicer names a measure, or something that may be one. */
  #shows = false

  constructor(body: StatementBody, source: CodeSource) {
    this.source = source
    this.#hasCells = hasCells(body)
    const defined = definitionsOf(body)
    const model = source.model === null ? null : source.model(cubeOf(body))
    this.#names = model === null ? null : namesOfCube(model)
    this.evidence = new Evidence(body, defined, this.#names)
    const session = source.session.length === 0 ? [] : definitionsFor(source.session, cubeOf(body))
    this.definitions = new Definitions(defined, this.evidence.aliases, session)
  }

  // ---- names

  /** By its last part alone a calculated member is named only where nothing else is. */
  memberNamed(name: PathName): CalculatedMember | null {
    const member = this.definitions.memberNamed(name)
    const bare = member !== null && name.parts.length === 1 && !member.name.measure
    return bare && this.evidence.isPlace(name) ? null : member
  }

  isNamed(name: PathName): boolean {
    return this.definitions.setNamed(name) !== null || this.memberNamed(name) !== null
  }

  /** The measure that `[Unit Sales]` alone is. */
  measureOfBare(name: PathName): string | undefined {
    return name.parts.length === 1 && !this.evidence.isPlace(name) ? this.evidence.measureNamed(name) : undefined
  }

  // ---- findings

  measure(measure: string, context: Context): void {
    this.findings.measure(measure, context.via)
    this.shown(context)
  }

  /** A measure, or what may be one, in the place of a set: its cells are the answer. */
  shown({ scalar, clause }: Context): void {
    this.#shows ||= !scalar && clause !== 'formula' && clause !== 'filter'
  }

  /** Where no axis and no slicer names a measure, the cells are of the cube's own. */
  get defaultMeasure(): readonly MeasureFact[] {
    const measure = this.#names?.defaultMeasure ?? null
    if (measure === null || this.#shows || !this.#hasCells) return []
    const named = this.findings.measures.some((fact) => fact.measure.toLowerCase() === measure.toLowerCase())
    return named ? [] : [{ measure, via: null, byDefault: true }]
  }

  /**
   * Text in a calculation is no criterion, but a person's number in it names a person: `IIf(x.Name = "…")` finds him
   * as surely as a Filter would.
   */
  personsIn(text: string, { clause, scope }: Context): void {
    if (text.length < 10) return
    for (const [number] of text.matchAll(PERSON)) this.findings.member(null, '=', number, clause, scope)
  }

  /** What a literal stands for: a parameter's value where it is given. */
  valueOf(literal: Literal): string {
    if (literal.kind !== 'parameter') return literal.value
    return this.source.parameters.get(literal.name.toLowerCase()) ?? `@${literal.name}`
  }
}
