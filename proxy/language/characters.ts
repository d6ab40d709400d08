/** The signs of statements, whatever their language. Codes are UTF-16 units. */

/** What word processors make of a minus. */
export const DASHES: ReadonlySet<number> = new Set([0x2013, 0x2014, 0x2212])

export const isDigit = (code: number): boolean => code >= 48 && code <= 57

export const isLineEnd = (code: number): boolean => code === 10 || code === 13 || code === 0x2028 || code === 0x2029

/** ASCII letters, `_`, `$`, and everything beyond ASCII that is no blank: `Måned`, `日付`. */
export const isLetter = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 65 && code <= 90) ||
  code === 95 ||
  code === 36 ||
  (code > 0x9f && !isBlank(code) && !DASHES.has(code))

/** The blanks of ASCII and Unicode, byte order mark and zero-width space among them: texts are pasted from documents. */
export function isBlank(code: number): boolean {
  if (code <= 0x20) return true
  if (code < 0xa0) return code >= 0x7f
  if (code === 0xa0 || code === 0xfeff || code === 0x3000 || code === 0x202f || code === 0x205f) return true
  return (code >= 0x2000 && code <= 0x200b) || code === 0x2028 || code === 0x2029 || code === 0x1680
}

const CLOSE_BRACKET = 0x5d

/** One past the bracket that closes the one at `start`, where `]]` stands for one bracket; -1: none does. */
export function bracketEnd(text: string, start: number): number {
  for (let at = text.indexOf(']', start + 1); at >= 0; at = text.indexOf(']', at + 2)) {
    if (text.charCodeAt(at + 1) !== CLOSE_BRACKET) return at + 1
  }
  return -1
}
