/** The bytes are not what their media type says, or beyond a limit: what was decoded up to there stands. */
export class BinaryError extends Error {
  override readonly name = 'BinaryError'
  readonly code: 'BINARY_DAMAGED' | 'BINARY_LIMIT'
  constructor(code: BinaryError['code']) {
    super(code === 'BINARY_LIMIT' ? 'larger than is read' : 'not in the format its media type names')
    this.code = code
  }
}

export const damaged = (): never => {
  throw new BinaryError('BINARY_DAMAGED')
}
