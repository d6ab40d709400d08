import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import type { Wrapping } from '../../../schema/config/mapping.ts'
import { assertNever } from '../../../schema/record/record.ts'
import { isZlib } from '../request/content-coding.ts'
import type { Purse } from './limits.ts'
import { DocumentError } from './limits.ts'

/**
 * Undoes how `text` was wrapped, in the order given. Between two steps it is bytes; at the end it is text again, UTF-8.
 *
 * @throws DocumentError where it is wrapped otherwise, or unfolds to more than the purse allows
 */
export function unwrap(text: string, wrappings: readonly Wrapping[], purse: Purse): string {
  if (wrappings.length === 0) return text
  let bytes: Uint8Array = Buffer.from(text)
  for (const wrapping of wrappings) {
    bytes = undo(bytes, wrapping, purse)
    purse.unwrapped(bytes.length)
  }
  return decoded(bytes)
}

function undo(bytes: Uint8Array, wrapping: Wrapping, purse: Purse): Uint8Array {
  switch (wrapping) {
    case 'base64':
      return fromBase64(Buffer.from(bytes).toString('latin1'))
    case 'url':
      return Buffer.from(percentDecoded(decoded(bytes)))
    case 'gzip':
      return inflated(() => gunzipSync(bytes, { maxOutputLength: Math.max(purse.bytes, 1) }))
    case 'deflate':
      return inflated(() =>
        (isZlib(bytes) ? inflateSync : inflateRawSync)(bytes, { maxOutputLength: Math.max(purse.bytes, 1) }),
      )
    default:
      return assertNever(wrapping)
  }
}

/** RFC 4648 sections 4 and 5, white space between lines allowed. Node itself passes over any other sign. */
function fromBase64(text: string): Uint8Array {
  const bare = text.replaceAll(/[\t\n\r ]/g, '')
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(bare)) throw new DocumentError('unreadable')
  return Buffer.from(bare, 'base64')
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    throw new DocumentError('unreadable')
  }
}

function inflated(inflate: () => Uint8Array): Uint8Array {
  try {
    return inflate()
  } catch (error) {
    const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
    throw new DocumentError(tooLarge ? 'limits' : 'unreadable')
  }
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new DocumentError('unreadable')
  }
}
