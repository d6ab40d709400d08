/**
 * The tree of a DAX query. Names stand without quotes and brackets, `''` and `]]` undone; what is printed again is made
 * by `path.ts`.
 */
export type Expression =
  /** `'Borger'[CPR]`, or `[CPR]`: measure or column, which the scope tells. */
  | {
      readonly kind: 'column'
      readonly table: string | null
      readonly column: string
      /** `[Year]` of `'Date'[Date].[Year]`. */
      readonly part: string | null
    }
  /** A table, a variable, or a word such as `DESC`. Only one without quotes can be a variable. */
  | { readonly kind: 'name'; readonly name: string; readonly quoted: boolean }
  | { readonly kind: 'string'; readonly value: string }
  /** `dt"2024-01-31"`: the text between the quotes. */
  | { readonly kind: 'date'; readonly value: string }
  /** As written. */
  | { readonly kind: 'number'; readonly raw: string }
  | { readonly kind: 'parameter'; readonly name: string }
  /** `name` in capitals. An argument may be empty. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  /** `{ … }`: one row each. */
  | { readonly kind: 'rows'; readonly rows: readonly Expression[] }
  /** `(a, b)`. Brackets around one expression leave no trace. */
  | { readonly kind: 'tuple'; readonly elements: readonly Expression[] }
  /** `a + b - c`, flat: `operators` has one fewer than `operands`. All bind alike. */
  | { readonly kind: 'operation'; readonly operands: readonly Expression[]; readonly operators: readonly Operator[] }
  | { readonly kind: 'prefix'; readonly operator: 'NOT' | '-' | '+'; readonly operand: Expression }
  /** `VAR … RETURN …`. */
  | { readonly kind: 'block'; readonly variables: readonly NamedExpression[]; readonly result: Expression }
  | { readonly kind: 'empty' }

export type ExpressionOf<Kind extends Expression['kind']> = Extract<Expression, { readonly kind: Kind }>

export type Column = ExpressionOf<'column'>

// prettier-ignore
export const OPERATORS = ['||', '&&', '=', '==', '<>', '!=', '<', '>', '<=', '>=', 'IN', '&', '+', '-', '*', '/', '^'] as const
export type Operator = (typeof OPERATORS)[number]

export interface NamedExpression {
  readonly name: string
  readonly expression: Expression
}

interface Named<Kind extends string> {
  readonly kind: Kind
  readonly name: string
  readonly expression: Expression
}

interface InTable<Kind extends string> extends Named<Kind> {
  readonly table: string | null
}

interface Callable extends Named<'function'> {
  readonly parameters: readonly { readonly name: string; readonly fallback: Expression | null }[]
}

/** What DEFINE gives a name. A function's stands in capitals. */
export type Definition =
  Named<'var'> | Named<'table'> | Named<'parameter'> | InTable<'measure'> | InTable<'column'> | Callable

export type DefinitionOf<Kind extends Definition['kind']> = Extract<Definition, { readonly kind: Kind }>

/** `EVALUATE … ORDER BY … START AT …`. */
export interface Evaluation {
  readonly table: Expression
  readonly orderBy: readonly Expression[]
  readonly startAt: readonly Expression[]
}

export interface Query {
  readonly definitions: readonly Definition[]
  readonly evaluations: readonly Evaluation[]
  readonly start: number
  readonly end: number
  /** How many tokens it has. */
  readonly tokens: number
  /** Something in it is no DAX: what could be read is here, but may be less than what was meant. */
  readonly doubtful: boolean
}
