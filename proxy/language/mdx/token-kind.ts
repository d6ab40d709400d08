/** Kinds of MDX tokens. Keywords are names: MDX reserves hardly a word, so the parser decides by place. */
export const TOKEN = {
  end: 'end of the statement',
  name: 'name',
  bracketed: 'name in brackets',
  string: 'string',
  number: 'number',
  parameter: 'parameter',
  operator: 'operator',
  open: '(',
  close: ')',
  openBrace: '{',
  closeBrace: '}',
  comma: ',',
  dot: '.',
  ampersand: '&',
  semicolon: ';',
} as const

export type TokenKind = (typeof TOKEN)[keyof typeof TOKEN]

export interface Token {
  readonly kind: TokenKind
  readonly start: number
  /** One past the last character. */
  readonly end: number
  /** A keyword or the name of a function in capitals, the sign itself for an operator, empty otherwise. */
  readonly word: string
}
