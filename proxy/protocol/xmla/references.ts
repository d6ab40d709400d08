/** Character references and the five entities of XML (XML 1.0 sections 4.1 "Character and Entity References", 4.6). */

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
const REFERENCE = /&(?:#0*(\d{1,7})|#x0*([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos));/g

/** Other entities stand for what no document type has told us, and stay as they are. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(REFERENCE, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return NAMED[name] ?? whole
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}

/**
 * Does a reference between `from` and `to` stand for a digit, in any script, or for a sign that nobody sees? `&#48;`
 * does, and `&#xad;`.
 */
export function hasDigitReference(buffer: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) {
    if (buffer[at] !== 0x26 || buffer[at + 1] !== 0x23) continue
    const code = codeAt(buffer, at + 2, to)
    if ((code >= 0x30 && code <= 0x39) || code === 0xad || code >= 0x600) return true
  }
  return false
}

/** The number that begins at `from`, behind `&#`. */
function codeAt(buffer: Uint8Array, from: number, to: number): number {
  const hex = buffer[from] === 0x78
  let code = 0
  for (let at = hex ? from + 1 : from; at < to && code < 0x110000; at += 1) {
    const digit = digitOf(buffer[at] ?? 0)
    if (digit < 0) break
    code = code * (hex ? 16 : 10) + digit
  }
  return code
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}
