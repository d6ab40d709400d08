/** Undoes the content coding of an answer as it streams, on a copy: the bytes to the client are not touched. */
import type { Transform } from 'node:stream'
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from 'node:zlib'
import { assertNever } from '../../schema/record/record.ts'
import { codings, isZlib } from '../protocol/request/content-coding.ts'

/** RFC 9110 section 8.4.1 "Content Codings", and zstd of RFC 8878. */
export type Coding = 'identity' | 'gzip' | 'deflate' | 'br' | 'zstd'

/** `null` for a coding we cannot undo, and for several at once, which no BI server uses. */
export function codingOf(contentEncoding: string): Coding | null {
  const [name = 'identity', ...more] = codings(contentEncoding)
  if (more.length > 0) return null
  switch (name) {
    case 'identity':
    case 'gzip':
    case 'deflate':
    case 'br':
    case 'zstd':
      return name
    case 'x-gzip':
      return 'gzip'
    default:
      return null
  }
}

/** Unfolded bytes are handed on in pieces of this size. */
const CHUNK_BYTES = 64 * 1024

/**
 * An answer that breaks off is read as far as it came.
 *
 * @param head the first bytes of the coded body: they tell zlib from bare deflate, which both go by one name.
 */
export function decompressor(coding: Exclude<Coding, 'identity'>, head: Uint8Array): Transform {
  const lenient = { finishFlush: constants.Z_SYNC_FLUSH, chunkSize: CHUNK_BYTES }
  switch (coding) {
    case 'gzip':
      return createGunzip(lenient)
    case 'deflate':
      return isZlib(head) ? createInflate(lenient) : createInflateRaw(lenient)
    case 'br':
      return createBrotliDecompress({ chunkSize: CHUNK_BYTES, finishFlush: constants.BROTLI_OPERATION_FLUSH })
    case 'zstd':
      return createZstdDecompress({ chunkSize: CHUNK_BYTES, finishFlush: constants.ZSTD_e_flush })
    default:
      return assertNever(coding)
  }
}
