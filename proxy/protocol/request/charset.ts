/**
 * From bytes to text. Which encoding a body has is told in up to four places, and they contradict each other: Mondrian
 * heeds the byte order mark and the XML declaration and ignores the Content-Type, and labels faults UTF-8 that are
 * ISO-8859-1. So the evidence is tried in the order byte order mark, declaration, Content-Type, UTF-8, and the first
 * that gives well-formed text is believed; windows-1252, in which no byte is wrong, stands last.
 */

/**
 * Reads `bytes` as text, or `null` when they are none: NUL characters are in no text that a BI client sends.
 *
 * @param partial the bytes may end within a character; it is left out.
 */
export function decodeText(bytes: Uint8Array, charset: string | null, partial: boolean): string | null {
  for (const label of [...evidence(bytes, charset), 'windows-1252']) {
    const text = tryDecode(bytes, label, partial)
    if (text !== null) return text.includes('\0') ? null : text
  }
  return null
}

/** Encodings the body may have, most likely first. UTF-16 is decided by the bytes alone: a mark, or where zeros stand. */
export function evidence(bytes: Uint8Array, charset: string | null): string[] {
  const wide = wideEncoding(bytes)
  if (wide !== null) return [wide]
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return ['utf-8']
  const said = [declared(bytes), charset].filter((label) => label !== null && !/^utf-?16|ucs-?2/i.test(label))
  return [...said.filter((label) => label !== null), 'utf-8']
}

function wideEncoding(bytes: Uint8Array): string | null {
  const [a = -1, b = -1, c = -1, d = -1] = bytes
  if (a === 0xff && b === 0xfe) return 'utf-16le'
  if (a === 0xfe && b === 0xff) return 'utf-16be'
  // `<?` or `<` and white space without a mark (XML 1.0 appendix F.1 "Detection Without External Encoding Information").
  if (a === 0x3c && b === 0 && c > 0 && d === 0) return 'utf-16le'
  if (a === 0 && b === 0x3c && c === 0 && d > 0) return 'utf-16be'
  return null
}

const DECLARATION = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.-]*)["']/

/** The encoding an XML declaration tells; the declaration itself is ASCII in every encoding left at this point. */
function declared(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 256)).toString('latin1')
  return DECLARATION.exec(head)?.[1] ?? null
}

const UTF_8 = /^utf-?8$/i
/** Nearly every request needs it. It keeps nothing from one text to the next, as each is whole. */
const STRICT_UTF_8 = new TextDecoder('utf-8', { fatal: true })

function tryDecode(bytes: Uint8Array, label: string, partial: boolean): string | null {
  try {
    if (!partial && UTF_8.test(label)) return STRICT_UTF_8.decode(bytes)
    return new TextDecoder(label, { fatal: true }).decode(bytes, { stream: partial })
  } catch {
    // An unknown label (RangeError) or bytes that are wrong in this encoding (TypeError): the next one is tried.
    return null
  }
}

/** As much of `TextDecoder` as a reader of answers needs. */
export interface StreamDecoder {
  /** The encoding's name in the Encoding Standard, in small letters. */
  readonly encoding: string
  decode(bytes?: Uint8Array, options?: { readonly stream?: boolean }): string
}

/** A decoder for a body that arrives in pieces, chosen by its first bytes. Wrong bytes become U+FFFD. */
export function streamDecoder(head: Uint8Array, charset: string | null): StreamDecoder {
  for (const label of evidence(head, charset)) {
    try {
      return new TextDecoder(label)
    } catch {
      // A label nobody knows: the next evidence decides.
      continue
    }
  }
  return new TextDecoder('utf-8')
}
