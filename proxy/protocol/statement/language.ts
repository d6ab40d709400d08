/**
 * Which language a statement is in. Everything travels in the same `Statement` element; the first word mostly tells,
 * and for the few that begin alike (`SELECT` is MDX, DMX, SQL and the DMVs' dialect) the words further on.
 */
export type StatementLanguage = 'mdx' | 'dax' | 'dmx' | 'sql' | 'tmsl'

export interface Recognised {
  readonly language: StatementLanguage
  /** `SELECT … FROM $SYSTEM.…`, also through SYSTEMRESTRICTSCHEMA: asks the server about itself. */
  readonly dmv: boolean
  /** Changes or defines something: `CREATE`, `UPDATE CUBE`, `CALL`, DMX's `INSERT INTO`… */
  readonly ddl: boolean
}

const DDL = new Set(
  'ALTER BEGIN CALCULATE CALL CLEAR COMMIT CREATE DROP FREEZE REFRESH ROLLBACK SCOPE UPDATE USE'.split(' '),
)
const DMX_FIRST = new Set(['INSERT', 'DELETE', 'EXPORT', 'IMPORT'])

/** How many words are looked at. In all that is known the telling word stands among the first few, or after FROM. */
const MAX_WORDS = 20_000
const FIRST_WORDS = 3

/**
 * Some of these words stands in whatever is not told by its first words. Those that become one of them only in capitals,
 * with a letter such as `ſ`, are seen to by that letter.
 */
const TELLING = /\$SYSTEM|SYSTEMRESTRICTSCHEMA|PREDICTION|FLATTENED|CONTENT|CASES|PMML|[ıſﬀ-ﬆ]/i

export function recogniseLanguage(statement: string): Recognised {
  const start = skipBlank(statement, 0)
  const plain = { dmv: false, ddl: false }
  if (statement[start] === '{' || (statement[start] === '[' && isJsonArray(statement, start))) {
    return { language: isJsonObject(statement, start) ? 'tmsl' : 'mdx', ...plain }
  }
  const opening = wordsOf(statement, FIRST_WORDS)
  const first = opening[0] ?? ''
  if (first === 'EVALUATE' || first === 'DEFINE') return { language: 'dax', ...plain }
  if (DMX_FIRST.has(first)) return { language: 'dmx', dmv: false, ddl: true }
  if (DDL.has(first)) return { language: isAboutMining(opening) ? 'dmx' : 'mdx', dmv: false, ddl: true }
  if (!TELLING.test(statement)) return { language: 'mdx', ...plain }
  const words = wordsOf(statement, MAX_WORDS)
  if (follows(words, 'FROM', '$SYSTEM') || follows(words, 'FROM', 'SYSTEMRESTRICTSCHEMA')) {
    return { language: 'sql', dmv: true, ddl: false }
  }
  if (follows(words, 'PREDICTION', 'JOIN') || words[1] === 'FLATTENED' || isAboutContent(statement, words))
    return { language: 'dmx', ...plain }
  return { language: 'mdx', ...plain }
}

/** `CREATE MINING MODEL`, `CREATE SESSION MINING STRUCTURE`, `DROP MINING …`. */
const isAboutMining = ([, second, third]: readonly string[]): boolean =>
  second === 'MINING' || (second === 'SESSION' && third === 'MINING')

const CONTENT = new Set(['CONTENT', 'CASES', 'SAMPLE_CASES', 'PMML', 'DIMENSION_CONTENT'])
const FROM_CONTENT = new RegExp(
  String.raw`\bFROM\s{1,100}(?:\[(?:[^\]]|\]\]){0,400}\]|[\p{L}_][\p{L}\p{N}_]{0,400})\s{0,100}\.\s{0,100}(?:${[...CONTENT].join('|')})(?![\p{L}\p{N}_.])`,
  'iu',
)

/** `SELECT … FROM [Model].CONTENT`: no cube has a part of that name. */
const isAboutContent = (statement: string, words: readonly string[]): boolean =>
  words.some((word, i) => word === 'FROM' && [words[i + 1], words[i + 2]].some((next) => CONTENT.has(next ?? ''))) &&
  FROM_CONTENT.test(statement)

function follows(words: readonly string[], one: string, next: string): boolean {
  return words.some((word, i) => word === one && words[i + 1] === next)
}

const isJsonObject = (text: string, start: number): boolean => /["}]/.test(text[skipBlank(text, start + 1)] ?? '')
const isJsonArray = (text: string, start: number): boolean => text[skipBlank(text, start + 1)] === '{'

/** The first place at or after `from` that is neither white space nor in a comment of either kind. */
function skipBlank(text: string, from: number): number {
  let at = from
  for (;;) {
    while (at < text.length && /\s/u.test(text[at] ?? '')) at += 1
    const two = text.slice(at, at + 2)
    if (two !== '--' && two !== '//' && two !== '/*') return at
    const end = two === '/*' ? text.indexOf('*/', at + 2) : text.indexOf('\n', at + 2)
    if (end < 0) return text.length
    at = two === '/*' ? end + 2 : end
  }
}

const CLOSING: Readonly<Record<string, string>> = { '[': ']', '"': '"', "'": "'" }
const WORD = /[$\p{L}_][\p{L}\p{N}_]*/uy

/** The first `most` bare words, in upper case: what stands in brackets, quotes and comments is none. */
function wordsOf(text: string, most: number): string[] {
  const words: string[] = []
  let at = skipBlank(text, 0)
  while (at < text.length && words.length < most) {
    const close = CLOSING[text[at] ?? '']
    WORD.lastIndex = at
    const word = close === undefined ? WORD.exec(text)?.[0] : undefined
    if (word !== undefined) words.push(word.toUpperCase())
    at = skipBlank(text, close === undefined ? at + (word?.length ?? 1) : afterQuoted(text, at + 1, close))
  }
  return words
}

/** One past the closing delimiter; a doubled one is part of what it delimits. */
function afterQuoted(text: string, from: number, close: string): number {
  for (let at = text.indexOf(close, from); at >= 0; at = text.indexOf(close, at + 2)) {
    if (text[at + 1] !== close) return at + 1
  }
  return text.length
}
