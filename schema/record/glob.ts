/**
 * Patterns with wildcards. What they are tried on comes from the wire, so no regular expression is made of them: the
 * cost is the product of both lengths at most.
 */
export interface Wildcards {
  /** Stand for any number of characters. */
  readonly many: string
  /** Stand for one. */
  readonly one: string
}

/** Does `pattern` as a whole fit `text` as a whole? Letters are compared as they are. */
export function globFits(pattern: string, text: string, { many, one }: Wildcards): boolean {
  let [p, t, star, mark] = [0, 0, -1, 0]
  while (t < text.length) {
    const sign = pattern.charAt(p)
    if (p < pattern.length && many.includes(sign)) [star, mark, p] = [p, t, p + 1]
    else if (p < pattern.length && (one.includes(sign) || sign === text[t])) [p, t] = [p + 1, t + 1]
    else if (star >= 0) [p, mark, t] = [star + 1, mark + 1, mark + 1]
    else return false
  }
  while (p < pattern.length && many.includes(pattern.charAt(p))) p += 1
  return p === pattern.length
}
