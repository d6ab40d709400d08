/**
 * Two texts of one statement: as the client sent it, and as Mondrian prints it in mdx.log once it has understood it.
 * Mondrian drops comments, brackets around sets and CELL PROPERTIES, doubles nothing, and writes members by their own
 * unique names: `[Borger].[CPR].&[…]` comes back as `[Borger].[Kommune].[Distrikt].[…]`, and a person asked for by key
 * in `[Borger.Navn]` as the name. `canonical` makes the same words of both, in their order.
 *
 * It knows nothing of the product's own parser on purpose: it is what that is checked against.
 */
type Word = { readonly kind: 'word' | 'path' | 'string'; readonly text: string }

// White space, comments and punctuation that Mondrian adds or leaves out are the groups that make no word.
const TOKEN =
  /\s+|\/\*[\s\S]*?\*\/|(?:--|\/\/)[^\n]*|[(){},]|(?<string>"(?:[^"]|"")*")|(?<quoted>'(?:[^']|'')*')|(?<path>&?\[(?:[^\]]|\]\])*\](?:\.&?\[(?:[^\]]|\]\])*\])*)|(?<word>\.?[\p{L}_][\p{L}\p{N}_]*|[\d.]+|[^\s])/guy

function words(mdx: string): Word[] {
  const found: Word[] = []
  for (const { groups } of mdx.matchAll(TOKEN)) {
    const { string, quoted, path, word } = groups ?? {}
    if (string !== undefined) found.push({ kind: 'string', text: string.slice(1, -1).replaceAll('""', '"') })
    if (path !== undefined) found.push({ kind: 'path', text: path })
    if (word !== undefined) found.push({ kind: 'word', text: word.toLowerCase() })
    if (quoted === undefined) continue
    const text = quoted.slice(1, -1).replaceAll("''", "'")
    // The quoted formula of `AS '…'` is code.
    if (found.at(-1)?.text === 'as') found.push(...words(text))
    else found.push({ kind: 'string', text })
  }
  return found
}

/** The names between the brackets of a path; the key's `&` is kept. */
export function segments(path: string): string[] {
  return [...path.matchAll(/(&?)\[((?:[^\]]|\]\])*)\]/g)].map(
    ([, key = '', name = '']) => key + name.replaceAll(']]', ']'),
  )
}

/** A name that is the same however the member was written: the hierarchy and the last segment. */
function short(path: string, nameOf: ReadonlyMap<string, string>): string {
  const all = segments(path)
  const last = (all.at(-1) ?? '').replace(/^&/, '')
  if (all.length === 1) return last.toLowerCase()
  const name = all[0] === 'Borger.Navn' ? (nameOf.get(last) ?? last) : last
  return `${all[0]}|${name}`
}

/** @param nameOf the names of citizens by person number */
export function canonical(mdx: string, nameOf: ReadonlyMap<string, string>): string {
  const text = words(mdx).map(({ kind, text }) => {
    if (kind === 'path') return short(text, nameOf)
    return kind === 'string' ? `"${text}"` : text
  })
  return text
    .join(' ')
    .replace(/^drillthrough (?:maxrows \d+ )?/, '')
    .replace(/ return .*$/, '')
    .replace(/ cell properties .*$/, '')
    .replace(/ on (?:0|axis 0)\b/g, ' on columns')
    .replace(/ on (?:1|axis 1)\b/g, ' on rows')
}

/** What a statement as Mondrian prints it plainly says; enough to hold an entry against. */
export interface PlainFacts {
  readonly cube: string
  /** Measures named anywhere, those defined in the statement left out. */
  readonly measures: ReadonlySet<string>
  /** Person numbers that stand in it, hyphens taken out. */
  readonly persons: ReadonlySet<string>
}

export function plainFacts(mdx: string): PlainFacts {
  const all = words(mdx)
  const from = all.findLastIndex(({ kind, text }) => kind === 'word' && text === 'from')
  const defined = new Set(
    all.flatMap(({ text }, i) => (text === 'member' && all[i + 1]?.kind === 'path' ? [all[i + 1]?.text] : [])),
  )
  const measures = all
    .filter(({ kind, text }) => kind === 'path' && text.startsWith('[Measures].[') && !defined.has(text))
    .map(({ text }) => text)
  const persons = [...mdx.matchAll(/(?<!\d)(\d{6})-?(\d{4})(?!\d)/g)].map(([, date, rest]) => `${date}${rest}`)
  return { cube: segments(all[from + 1]?.text ?? '')[0] ?? '', measures: new Set(measures), persons: new Set(persons) }
}
