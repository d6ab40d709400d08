/** Where in a request's statement something is wrong; lines and columns count from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

const KINDS = {
  syntax: { code: 3238658070, text: 'Query: the syntax is wrong' },
  'unknown-name': { code: 3238658051, text: 'Query: this name was not found in the cube' },
  unsupported: { code: 3238658052, text: 'Query: the sample server does not know this function' },
  'too-large': { code: 3238658053, text: 'Query: the answer would have too many cells' },
  'hierarchy-twice': { code: 3238658057, text: 'Query: a hierarchy may stand on one axis only' },
  'axis-gap': { code: 3238658058, text: 'Query: axes are numbered from 0 without gaps' },
  'unknown-request': { code: 3238658054, text: 'XML for Analysis: this request type is not known' },
  'unknown-session': { code: 3238658055, text: 'XML for Analysis: the session does not exist' },
  internal: { code: 3238658059, text: 'The sample server failed' },
  'bad-request': { code: 3238658056, text: 'XML for Analysis: the request cannot be read' },
} as const
export type FaultKind = keyof typeof KINDS

/**
 * The request ends in a SOAP fault. Thrown anywhere below the server, which answers it with status 500, as Analysis
 * Services behind IIS does. It says where, and never repeats what stood there.
 */
export class SampleFault extends Error {
  override readonly name = 'SampleFault'
  readonly code = 'SAMPLE_FAULT'
  readonly kind: FaultKind
  readonly errorCode: number

  constructor(kind: FaultKind, position?: Position, options?: ErrorOptions) {
    const { code, text } = KINDS[kind]
    super(position === undefined ? `${text}.` : `${text} (line ${position.line}, column ${position.column}).`, options)
    this.kind = kind
    this.errorCode = code
  }
}
