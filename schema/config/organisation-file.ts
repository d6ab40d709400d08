/**
 * The mapping file that names organisation and role of users: CSV as a person writes it, in a spreadsheet or by hand.
 *
 *     user;group;organisation;role
 *     KOMMUNE\kirsten;;Jobcenter;Sagsbehandler
 *     ;BI-Ydelse-*;Ydelse og Kontrol;
 *     *;;Kommunen;
 *
 * RFC 4180 with `;` or `,`, whichever stands in the header row; UTF-8, with a byte order mark or without. Header names in
 * English or Danish, in any order. Every mistake is told at once with its line; no value of the file is in it.
 */
import { ConfigError } from './config-error.ts'
import type { Mistake } from './config-error.ts'
import { readRegularFile } from './regular-file.ts'

/** One line. `*` stands for any characters, case is ignored. */
export interface OrganisationRule {
  readonly kind: 'user' | 'group'
  readonly pattern: string
  /** `null`: this line says nothing of it. */
  readonly organisation: string | null
  readonly role: string | null
}

const COLUMNS = { user: 'bruger', group: 'gruppe', organisation: 'organisation', role: 'rolle' } as const
type Column = keyof typeof COLUMNS
const COLUMN_NAMES: readonly Column[] = ['user', 'group', 'organisation', 'role']

const MAX_FILE_BYTES = 8 * 1024 * 1024
const MAX_RULES = 100_000
/** Each of these is tried for each user that is met for the first time. */
const MAX_WILDCARD_RULES = 2000
/** What a name column of the tables holds. */
const MAX_VALUE = 400
const MAX_MISTAKES = 20

const EXAMPLE = '"KOMMUNE\\\\kirsten;;Jobcenter;Sagsbehandler"'

/** @throws ConfigError naming every mistake, up to a number */
export function loadOrganisations(file: string): readonly OrganisationRule[] {
  const mistakes: Mistake[] = []
  const rules = parseOrganisations(read(file), mistakes)
  if (mistakes.length > 0) throw new ConfigError(file, mistakes.slice(0, MAX_MISTAKES))
  return rules
}

function read(file: string): string {
  try {
    const bytes = readRegularFile(file)
    if (bytes.length > MAX_FILE_BYTES) throw wrong(file, `expected at most ${MAX_FILE_BYTES} bytes`)
    // Without `ignoreBOM` the byte order mark is taken off.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    if (error instanceof ConfigError) throw error
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    const encoding = code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
    const expected = encoding ? 'UTF-8 (in Excel: save as "CSV UTF-8")' : `a file that can be read (${code})`
    throw wrong(file, expected, error)
  }
}

function wrong(file: string, expected: string, cause?: unknown): ConfigError {
  return new ConfigError(file, [{ path: '', expected, example: null }], { cause })
}

/** What could be read; what could not is told in `mistakes`. */
function parseOrganisations(text: string, mistakes: Mistake[]): readonly OrganisationRule[] {
  const lines = text.split(/\r\n|\n|\r/)
  const [head = ''] = lines
  const separator = head.includes(';') ? ';' : ','
  const columns = readHead(head, separator, mistakes)
  if (columns === null) return []
  const table = new Table(mistakes)
  for (const [at, line] of lines.entries()) {
    if (at > 0 && line.replaceAll(separator, '').trim() !== '') table.add(at + 1, splitLine(line, separator), columns)
    if (mistakes.length >= MAX_MISTAKES) break
  }
  return table.rules
}

function readHead(head: string, separator: string, mistakes: Mistake[]): readonly Column[] | null {
  const tell = (expected: string) => {
    mistakes.push({ path: 'line 1', expected, example: '"user;group;organisation;role"' })
    return null
  }
  const names = splitLine(head, separator)?.map((name) => name.trim().toLowerCase()) ?? []
  const columns: Column[] = []
  for (const name of names) {
    const column = COLUMN_NAMES.find((one) => one === name || COLUMNS[one] === name)
    if (column === undefined) return tell('expected the column names user, group, organisation, role')
    if (columns.includes(column)) return tell(`expected the column ${column} once`)
    columns.push(column)
  }
  const patterns = columns.includes('user') || columns.includes('group')
  const values = columns.includes('organisation') || columns.includes('role')
  return patterns && values ? columns : tell('expected a column user or group, and a column organisation or role')
}

/** The fields of a line; `null` where a quote is not closed, or stands in the middle of a field. */
function splitLine(line: string, separator: string): readonly string[] | null {
  const fields: string[] = []
  for (let at = 0; at <= line.length; at++) {
    if (line[at] === '"') {
      const end = closingQuote(line, at + 1)
      if (end === -1 || (end + 1 < line.length && line[end + 1] !== separator)) return null
      fields.push(line.slice(at + 1, end).replaceAll('""', '"'))
      at = end + 1
    } else {
      const next = line.indexOf(separator, at)
      const end = next === -1 ? line.length : next
      const field = line.slice(at, end)
      if (field.includes('"')) return null
      fields.push(field)
      at = end
    }
  }
  return fields
}

function closingQuote(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at !== -1; at = line.indexOf('"', at + 2)) if (line[at + 1] !== '"') return at
  return -1
}

/** The rules so far, and what of them has to be looked at again when there is another line. */
class Table {
  readonly rules: OrganisationRule[] = []
  readonly #mistakes: Mistake[]
  readonly #lineOf = new Map<string, number>()
  #wildcards = 0

  constructor(mistakes: Mistake[]) {
    this.#mistakes = mistakes
  }

  add(line: number, fields: readonly string[] | null, columns: readonly Column[]): void {
    const tell = (expected: string) => {
      this.#mistakes.push({ path: `line ${line}`, expected, example: EXAMPLE })
    }
    if (fields === null) return tell('expected a quote at both ends of a field, and two for one inside')
    if (fields.length !== columns.length) return tell(`expected ${columns.length} fields, found ${fields.length}`)
    const cell = (column: Column) => fields[columns.indexOf(column)]?.normalize('NFC').trim() ?? ''
    const [user, group, organisation, role] = [cell('user'), cell('group'), cell('organisation'), cell('role')]
    if ((user === '') === (group === '')) return tell('expected either a user or a group')
    if (organisation === '' && role === '') return tell('expected an organisation, a role, or both')
    if (fields.some((field) => field.length > MAX_VALUE)) return tell(`expected at most ${MAX_VALUE} characters`)
    if (fields.some((field) => /\p{Cc}/u.test(field))) return tell('expected no control characters')
    const kind = user === '' ? 'group' : 'user'
    const pattern = (kind === 'user' ? user : group).toLowerCase()
    const before = this.#lineOf.get(`${kind} ${pattern}`)
    if (before !== undefined) return tell(`this ${kind} stands in line ${before} already`)
    if (pattern.includes('*')) this.#wildcards += 1
    if (this.#wildcards > MAX_WILDCARD_RULES) return tell(`expected at most ${MAX_WILDCARD_RULES} lines with *`)
    if (this.rules.length >= MAX_RULES) return tell(`expected at most ${MAX_RULES} lines`)
    this.#lineOf.set(`${kind} ${pattern}`, line)
    this.rules.push({ kind, pattern, organisation: organisation || null, role: role || null })
  }
}
