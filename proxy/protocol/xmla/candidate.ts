import { plain } from '../../../schema/record/digits.ts'

/**
 * The scan before the rules: might a person number stand in these bytes of UTF-8? Asked of every number of six digits or
 * more, so it looks at bytes and makes no string. It may say yes too often and never no wrongly: whatever
 * `findPersonNumbers` finds in a text, this says yes to (a test holds the two together).
 *
 * A person number is ten digits, nine where a zero was lost, six and something between them and the rest, or seven and
 * letters. What ends after six to eight digits, or goes on with a decimal point, is none.
 */
export function mayHoldPerson(buffer: Uint8Array, from: number, to: number): boolean {
  let run = 0
  for (let at = from; at < to; at += 1) {
    const code = buffer[at] ?? 0
    if (code >= 0x30 && code <= 0x39) {
      run += 1
      continue
    }
    if (run >= 6 && mayBePerson(run, code)) return true
    run = 0
  }
  return run === 9 || run === 10
}

const POINT = 0x2e
const COMMA = 0x2c

function mayBePerson(run: number, next: number): boolean {
  return run > 8 ? run <= 10 : next !== POINT && next !== COMMA
}

/** Is there a number with a hyphen or dash behind its first six digits? */
export function hasHyphenated(buffer: Uint8Array, from: number, to: number): boolean {
  let run = 0
  for (let at = from; at < to; at += 1) {
    const code = buffer[at] ?? 0
    if (code >= 0x30 && code <= 0x39) run += 1
    // Beyond ASCII there are other dashes, and a reference may stand for any.
    else if (run >= 6 && (code === 0x2d || code === 0x26 || code >= 0x80)) return true
    else run = 0
  }
  return false
}

const SIX = /\d{6}/

/** The same of a text that has more in it than ASCII digits: digits of other scripts, signs that nobody sees. */
export function textMayHoldPerson(text: string): boolean {
  return SIX.test(plain(text))
}

/**
 * The same for names: might these bytes be one that everybody uses for person numbers, or for places (`namingOf`)? All of
 * those have `pr`, `pn`, `pe` or a `p` and a separator in them, or begin with `civ` (a test holds the two together).
 */
export function mayBeNamed(buffer: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at + 1 < to; at += 1) {
    const letter = (buffer[at] ?? 0) | 0x20
    if (letter === 0x70 && followsP(buffer[at + 1] ?? 0)) return true
    if (letter === 0x63 && ((buffer[at + 1] ?? 0) | 0x20) === 0x69 && ((buffer[at + 2] ?? 0) | 0x20) === 0x76)
      return true
  }
  return false
}

const BEHIND_P = new Set(Array.from('rneRNE-_ .', (sign) => sign.charCodeAt(0)))

function followsP(byte: number): boolean {
  return BEHIND_P.has(byte)
}

/**
 * Does a byte begin, or end, a character that counts as a digit of another script or as none at all
 * (`schema/record/digits.ts`)? Those are U+0600 and beyond, and the soft hyphen.
 */
export function mayHide(byte: number, before: number): boolean {
  return byte >= 0xd8 || (byte === 0xad && before === 0xc2)
}
