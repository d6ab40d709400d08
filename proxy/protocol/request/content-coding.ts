/**
 * Undoes the content codings of a request body (RFC 9110 section 8.4.1 "Content Codings") in one bounded step. Answers
 * are undone as they stream, in `proxy/answer`; this is for the few kilobytes of a request.
 */
import { constants, brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/** A request that unfolds to more than this is kept as it came, unread. */
export const MAX_DECODED_BYTES = 32 * 1024 * 1024

export type Decoded =
  | { readonly kind: 'decoded'; readonly bytes: Uint8Array }
  | { readonly kind: 'failed'; readonly reason: 'limits' | 'unreadable' }

/** Codings named in a Content-Encoding, in the order they were applied. */
export function codings(contentEncoding: string): string[] {
  return contentEncoding
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
}

/** @param partial only the head of the body is there: what can be had of it is enough. */
export function undoCodings(bytes: Uint8Array, names: readonly string[], partial: boolean): Decoded {
  if (names.length > 3) return { kind: 'failed', reason: 'limits' }
  let decoded = bytes
  try {
    for (const name of names.toReversed()) decoded = undo(decoded, name, partial)
  } catch (error) {
    return { kind: 'failed', reason: isCode(error, 'ERR_BUFFER_TOO_LARGE') ? 'limits' : 'unreadable' }
  }
  return { kind: 'decoded', bytes: decoded }
}

function undo(bytes: Uint8Array, name: string, partial: boolean): Uint8Array {
  const limit = { maxOutputLength: MAX_DECODED_BYTES }
  const zlib = partial ? { ...limit, finishFlush: constants.Z_SYNC_FLUSH } : limit
  switch (name) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(bytes, zlib)
    case 'deflate':
      return isZlib(bytes) ? inflateSync(bytes, zlib) : inflateRawSync(bytes, zlib)
    case 'br':
      return brotliDecompressSync(bytes, partial ? { ...limit, finishFlush: constants.BROTLI_OPERATION_FLUSH } : limit)
    case 'zstd':
      return zstdDecompressSync(bytes, partial ? { ...limit, finishFlush: constants.ZSTD_e_flush } : limit)
    default:
      throw new UnknownCodingError()
  }
}

/** `deflate` means zlib (RFC 9110 section 8.4.1.2), but some send it bare: the two header bytes tell. */
export function isZlib(bytes: Uint8Array): boolean {
  const [cmf = 0, flags = 0] = bytes
  return (cmf & 0x0f) === 8 && ((cmf << 8) | flags) % 31 === 0
}

/** The coding is none we know. Does not leave this file: the body is then kept as it came. */
class UnknownCodingError extends Error {
  override readonly name = 'UnknownCodingError'
  readonly code = 'UNKNOWN_CONTENT_CODING'
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
