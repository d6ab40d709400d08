/**
 * The tree of an MDX text. It says what is written, not what it means: whether `[A].[B].[C]` is a member or a level is
 * for `extract` to judge.
 *
 * Left-associative chains (`a + b - c`, `x.Parent.Parent`) are flat lists, so the height of a tree is bounded by the
 * nesting of brackets alone, and a walk over it by the parser's `maxDepth`.
 */

/** A part of a path: `[Sales]`, `Sales`, or a key `&[2024]&[5]`, which may have several parts. */
export type Segment =
  | { readonly kind: 'name'; readonly text: string; readonly bracketed: boolean }
  | { readonly kind: 'key'; readonly text: string }

export type NameSegment = Extract<Segment, { kind: 'name' }>

/** `[Time].[1997].[Q1]`, up to but not including the first function (`.Children`). Made by `pathOf` alone. */
export interface Path {
  readonly kind: 'path'
  readonly segments: readonly Segment[]
  readonly name: PathName
}

/**
 * A path as the record writes it: every segment in brackets, `]]`, keys and case as in the text. `key` is the same in
 * small letters, for MDX compares names without regard to case.
 */
export interface PathName {
  readonly written: string
  readonly key: string
  /** One for each segment, as written. */
  readonly parts: readonly string[]
  /** Number of names before the first `&` key; all of them where there is none. */
  readonly names: number
  /** Where the first All member stands, -1 without one. */
  readonly all: number
  /** Of the measures dimension, which may itself be meant. */
  readonly measure: boolean
  /** What the cube's metadata tell of it; `null` without any. */
  readonly known: KnownPlace | null
}

/** The hierarchy, level or dimension that a path begins with, by the cube's metadata. */
export interface KnownPlace {
  /** How many parts of the path it is. */
  readonly length: number
  /** As the server spells it. */
  readonly path: string
  /** Where the All member stands that the metadata name; -1: not in this path, `null`: they name none. */
  readonly all: number | null
}

/** What follows a dot or a closing bracket: `.Children`, `.Item(0)`, and the short form `(0)`. `word`: in capitals. */
export type Step =
  | { readonly kind: 'property'; readonly name: NameSegment; readonly word: string }
  | { readonly kind: 'method'; readonly name: NameSegment; readonly word: string; readonly args: readonly Expression[] }
  | { readonly kind: 'item'; readonly args: readonly Expression[] }

// prettier-ignore
export type Operator =
  | 'OR' | 'XOR' | 'AND'
  | '=' | '==' | '<>' | '!=' | '<' | '>' | '<=' | '>='
  | 'IS' | 'IN' | 'NOT IN' | 'MATCHES' | 'NOT MATCHES' | 'LIKE' | 'NOT LIKE'
  | '+' | '-' | '||' | '*' | '/' | '^' | ':'

export type Prefix = 'NOT' | '-' | '+' | 'EXISTING' | 'NON EMPTY' | 'DISTINCT' | 'TM1IGNORE_BADTUPLES'

export interface Branch {
  readonly when: Expression
  readonly result: Expression
}

export type Expression =
  | Path
  | { readonly kind: 'access'; readonly base: Expression; readonly steps: readonly Step[] }
  /** `word`: the last of the names in capitals. */
  | {
      readonly kind: 'call'
      readonly name: readonly NameSegment[]
      readonly word: string
      readonly args: readonly Expression[]
    }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly raw: string }
  | { readonly kind: 'null' }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'set'; readonly elements: readonly Expression[] }
  | { readonly kind: 'tuple'; readonly elements: readonly Expression[] }
  /** Operators of one level of precedence: `operators[i]` stands between `operands[i]` and `operands[i + 1]`. */
  | { readonly kind: 'operation'; readonly operands: readonly Expression[]; readonly operators: readonly Operator[] }
  | { readonly kind: 'prefix'; readonly operator: Prefix; readonly operand: Expression }
  | {
      readonly kind: 'case'
      readonly subject: Expression | null
      readonly branches: readonly Branch[]
      readonly otherwise: Expression | null
    }
  /** `set AS name`, inside an expression. */
  | { readonly kind: 'alias'; readonly expression: Expression; readonly name: NameSegment }
  /** `f(a,,b)` */
  | { readonly kind: 'empty' }

export type ExpressionOf<K extends Expression['kind']> = Extract<Expression, { kind: K }>

/** `FORMAT_STRING = 'Standard'` */
export interface Property {
  readonly name: NameSegment
  readonly value: Expression
}

/**
 * What WITH and CREATE define. A quoted formula is read as the code it is. icCube's functions and constants are here
 * too: of a function only its formula matters.
 */
export type Definition =
  | {
      readonly kind: 'member' | 'set' | 'function'
      readonly name: Path
      readonly formula: Expression
      readonly properties: readonly Property[]
    }
  | {
      readonly kind: 'cell-calculation'
      readonly name: Path
      readonly scope: Expression
      readonly formula: Expression
      readonly properties: readonly Property[]
    }
  /** `WITH MEASURE 'T'[X] = …`: a formula of DAX, of which only the columns and measures it names are kept. */
  | { readonly kind: 'measure'; readonly name: Path; readonly formula: ExpressionOf<'set'>; readonly properties: [] }

export interface Axis {
  readonly nonEmpty: boolean
  readonly set: Expression
  readonly having: Expression | null
  readonly dimensionProperties: readonly Path[]
  /** 0 is COLUMNS. */
  readonly number: number
}

export type From =
  | { readonly kind: 'cube'; readonly name: Path }
  | { readonly kind: 'subselect'; readonly nonVisual: boolean; readonly select: Select }

/** `SAP VARIABLES [V1] INCLUDING [A].[x]:[A].[y]`: what SAP BW's clients answer to a query's prompts. */
export interface SapVariable {
  readonly name: Path
  readonly excluding: boolean
  /** `INCLUDING > [A].[x]` */
  readonly operator: Operator | null
  readonly value: Expression
}

export interface Select {
  readonly kind: 'select'
  readonly definitions: readonly Definition[]
  readonly axes: readonly Axis[]
  readonly from: From
  readonly slicer: Expression | null
  /** icCube's FILTERBY, which restricts as a sub-select does. */
  readonly filterBy: Expression | null
  readonly sapVariables: readonly SapVariable[]
  readonly cellProperties: readonly Path[]
}

export interface Drillthrough {
  readonly kind: 'drillthrough'
  readonly maxRows: Expression | null
  readonly firstRowset: Expression | null
  readonly select: Select
  readonly returns: readonly Expression[]
}

/** `SELECT … FROM $SYSTEM.x`: what it asks of the server itself. `restrictions` are those of SYSTEMRESTRICTSCHEMA. */
export interface Dmv {
  readonly kind: 'dmv'
  readonly rowset: Path
  /** In SQL's own words: the columns are no MDX. */
  readonly columns: readonly string[]
  readonly restrictions: readonly Expression[]
  readonly where: Expression | null
  readonly order: readonly string[]
}

/** CREATE of members and sets; `scope` holds the words before MEMBER or SET: SESSION, HIDDEN, CALCULATED … */
export interface Create {
  readonly kind: 'create'
  readonly scope: readonly string[]
  readonly definitions: readonly Definition[]
}

/** `CREATE SUBCUBE c AS SELECT …`: the session sees the cube through the select from then on. */
export interface Subcube {
  readonly kind: 'subcube'
  readonly cube: Path
  readonly select: Select
}

export interface Assignment {
  readonly cell: Expression
  readonly value: Expression
  /** `USE_WEIGHTED_ALLOCATION BY …` */
  readonly allocation: NameSegment | null
  readonly weight: Expression | null
}

/** Write-back. */
export interface Update {
  readonly kind: 'update'
  readonly cube: Path
  readonly assignments: readonly Assignment[]
}

export interface Call {
  readonly kind: 'procedure'
  readonly expression: Expression
}

/** Any other command, as its tokens: DROP, ALTER CUBE, CREATE CUBE, REFRESH, CLEAR … have grammars of their own. */
export interface Command {
  readonly kind: 'command'
  /** The words up to the first name: `DROP SESSION MEMBER`. */
  readonly words: readonly string[]
  /** Paths, strings and numbers in their order; other words and signs between them are single `path`s or `sign`s. */
  readonly parts: readonly CommandPart[]
}

export type CommandPart = Extract<Expression, { kind: 'path' | 'string' | 'number' | 'parameter' }> | Sign

export interface Sign {
  readonly kind: 'sign'
  readonly text: string
}

export interface Explain {
  readonly kind: 'explain'
  readonly statement: Select | Drillthrough
}

export type StatementBody = Select | Drillthrough | Explain | Dmv | Create | Subcube | Update | Call | Command

export interface Statement {
  readonly body: StatementBody
  readonly start: number
  readonly end: number
}
