/**
 * The transports of [MS-SSAS] "HTTP/HTTPS": binary XML, compressed text, and compressed binary XML, undone piece by
 * piece. What comes out of `application/xml+xpress` is text in whatever encoding it says; of the others UTF-16 text made
 * here, handed on as UTF-8.
 */
import { BinaryError } from './binary-error.ts'
import { BinaryXmlReader } from './binary-xml.ts'
import { XpressReader } from './xpress.ts'

export type BinaryTransport = 'sx' | 'xml+xpress' | 'sx+xpress'

/** @param mediaType in lower case, without parameters. `null`: it names none of them. */
export function binaryTransport(mediaType: string): BinaryTransport | null {
  switch (mediaType) {
    case 'application/sx':
      return 'sx'
    case 'application/xml+xpress':
      return 'xml+xpress'
    case 'application/sx+xpress':
      return 'sx+xpress'
    default:
      return null
  }
}

export interface Unfolding {
  /** Bytes of XML text. Throws `BinaryError`; {@link rest} then has what was made before. */
  write(chunk: Uint8Array): Uint8Array[]
  /** The last of it. Throws `BinaryError` where the document is not whole. */
  end(): Uint8Array[]
  rest(): Uint8Array[]
}

/** A body that is there as a whole; `whole: false` where it was damaged, or only a head: `bytes` is what came of it. */
export function unfold(
  body: Uint8Array,
  transport: BinaryTransport,
  most: number,
): { readonly bytes: Uint8Array; readonly whole: boolean } {
  const reading = unfolding(transport, most)
  const pieces: Uint8Array[] = []
  try {
    pieces.push(...reading.write(body))
    pieces.push(...reading.end())
    return { bytes: Buffer.concat(pieces), whole: true }
  } catch (error) {
    if (!(error instanceof BinaryError)) throw error
    return { bytes: Buffer.concat([...pieces, ...reading.rest()]), whole: false }
  }
}

const encoder = new TextEncoder()
const bytesOf = (text: string): Uint8Array[] => (text === '' ? [] : [encoder.encode(text)])

/** @param most bytes or characters in all; beyond it is `BINARY_LIMIT`. */
export function unfolding(transport: BinaryTransport, most?: number): Unfolding {
  const xpress = transport === 'sx' ? null : new XpressReader(most)
  const binary = transport === 'xml+xpress' ? null : new BinaryXmlReader(most)
  const plain = (chunk: Uint8Array) => xpress?.write(chunk) ?? [chunk]
  return {
    write: (chunk) => (binary === null ? plain(chunk) : plain(chunk).flatMap((piece) => bytesOf(binary.write(piece)))),
    end() {
      xpress?.end()
      return bytesOf(binary?.end() ?? '')
    },
    rest: () => bytesOf(binary?.rest() ?? ''),
  }
}
