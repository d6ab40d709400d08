/** A person number may be written in escapes: of a form's percent signs, or of JSON. Here they are undone for a search. */

/** Percent-encoding undone (RFC 3986 section 2.1), as far as it is sound; `+` is a blank in forms. */
export function readable(coded: string): string {
  return coded.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      // Not UTF-8: digits and ASCII letters are what a person number is made of.
      return run.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    }
  })
}

/**
 * `coded` with its percent-encoding undone once, and again where that left some: what passes through two programs is
 * often encoded twice. All that came of it, for a search.
 */
export function readableStages(coded: string): string {
  const stages = [readable(coded)]
  for (let last = stages[0] ?? ''; stages.length < MAX_STAGES && /%[0-9a-f]{2}/i.test(last);) {
    last = readable(last)
    stages.push(last)
  }
  return stages.join('\n')
}

const MAX_STAGES = 3

/** Escapes by number undone (RFC 8259 section 7 "Strings"). */
export function readableJson(text: string): string {
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
