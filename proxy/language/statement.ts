/**
 * What a statement asks, whatever its language: the shape that `proxy/protocol` turns into rows.
 *
 * Paths are written with every segment in brackets, keys and case as in the text (GOLD_RULES, section 2).
 */
export type StatementKind = 'select' | 'drillthrough' | 'explain' | 'dmv' | 'ddl' | 'evaluate'

/** Where in the statement something stands. `formula`: only in the formula of a live calculated member. */
export type Clause = 'axis' | 'slicer' | 'subcube' | 'filter' | 'formula' | 'parameter' | 'return'

export interface MeasureFact {
  readonly measure: string
  /** The calculated measure whose formula led here, `null` when the statement names it itself. */
  readonly via: string | null
  /** The statement names no measure that the answer shows: this is the cube's own, by its metadata. */
  readonly byDefault?: true
}

export interface DimensionFact {
  readonly path: string
  /** Number of the axis (0 is columns), or `return`. */
  readonly axis: number | 'return'
}

export interface CriterionFact {
  /** `null` where it cannot be known from the text. */
  readonly dimension: string | null
  /** `=`, `in`, `not in`, `range`, `children` … (GOLD_RULES, section 5). */
  readonly op: string
  /** Two values for `range`. */
  readonly values: readonly string[]
  readonly clause: Clause
}

export interface StatementFacts {
  readonly kind: StatementKind
  /** The innermost FROM name without brackets; `null` in DAX, where the model is the catalog. */
  readonly cube: string | null
  /** Where this statement stands in the text: offsets of its first and one past its last character. */
  readonly start: number
  readonly end: number
  readonly measures: readonly MeasureFact[]
  /** Query-scoped calculated measures that are live. */
  readonly calculated: readonly string[]
  readonly dimensions: readonly DimensionFact[]
  readonly criteria: readonly CriterionFact[]
}

/** Values of `@parameters` by name without `@`, as XMLA's `<Parameters>` gives them. Names match in any case. */
export type Parameters = ReadonlyMap<string, string>

/** A name, string or number found in a text that could not be read as a statement. */
export interface Mention {
  /** The path or text as it stands, brackets kept for paths, quotes removed from strings. */
  readonly text: string
  readonly kind: 'name' | 'string' | 'number'
}
