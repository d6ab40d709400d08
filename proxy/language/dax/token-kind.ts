/** Kinds of DAX tokens. Keywords are names: the parser decides by place. */
export const TOKEN = {
  end: 'end of the query',
  name: 'name',
  table: 'name in quotes',
  bracketed: 'name in brackets',
  string: 'string',
  date: 'date',
  number: 'number',
  parameter: 'parameter',
  operator: 'operator',
  open: '(',
  close: ')',
  openBrace: '{',
  closeBrace: '}',
  comma: ',',
  semicolon: ';',
  dot: '.',
  /** A sign that no DAX has. */
  stray: 'stray sign',
} as const

export type TokenKind = (typeof TOKEN)[keyof typeof TOKEN]

export interface Token {
  readonly kind: TokenKind
  readonly start: number
  /** One past the last character. */
  readonly end: number
  /** In capitals for a name without quotes, the sign itself for an operator, empty otherwise. */
  readonly word: string
}
