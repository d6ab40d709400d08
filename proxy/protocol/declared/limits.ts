/**
 * What reading one request by one mapping may cost. A mapping is the operator's, the document is anybody's: so the size
 * and depth of documents are bounded, paths whose cost could grow faster than the document are refused when the mapping
 * is compiled, and what is left is counted.
 */

/** Elements and texts of XML, or values of JSON, over all documents of one request. */
export const MAX_NODES = 200_000
export const MAX_DEPTH = 64
/** An attribute list is quadratic to check for namespaces beyond reason. */
export const MAX_ATTRIBUTES = 200
/** Bytes that wrapped documents and fields may unfold to, all together. */
export const MAX_UNWRAPPED = 32 * 1024 * 1024
/** Documents that one step opens. */
export const MAX_OPENED = 1000
/** Rows of one entry; its body is kept whole all the same. */
export const MAX_ROWS = 50_000
/** Visits to nodes by all XPaths together. */
const MAX_STEPS = 5_000_000

/** The document cannot be read, or costs more than it may. Never leaves `declared`: the entry is then opaque. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code = 'DECLARED_DOCUMENT'
  readonly reason: 'unreadable' | 'limits'
  /** `line:column` in the body, where that is known. */
  readonly at: string | null

  constructor(reason: DocumentError['reason'], at: string | null = null) {
    super(`the document is ${reason === 'limits' ? 'too large or too deep' : 'not well formed'}`)
    this.reason = reason
    this.at = at
  }
}

/** What is left to spend on one request. */
export class Purse {
  #steps = MAX_STEPS
  #nodes = MAX_NODES
  #bytes = MAX_UNWRAPPED

  step(): void {
    if (--this.#steps < 0) throw new DocumentError('limits')
  }

  node(): void {
    if (--this.#nodes < 0) throw new DocumentError('limits')
  }

  /** How much may still be unwrapped. */
  get bytes(): number {
    return this.#bytes
  }

  unwrapped(bytes: number): void {
    this.#bytes -= bytes
    if (this.#bytes < 0) throw new DocumentError('limits')
  }
}
