/** Which report, and which picture in it, a statement comes from, as far as the client says so. */

const MAX_CONTEXT = 64 * 1024
const MAX_SOURCES = 20

export interface ApplicationContext {
  /** Several, where one query serves several, after each other. */
  readonly report: string | null
  readonly visual: string | null
  readonly dataset: string | null
}

/** Power BI writes JSON into the property ApplicationContext: the data set, and for each source its report and visual. */
export function applicationContext(text: string | null): ApplicationContext {
  if (text === null || text.length > MAX_CONTEXT) return { report: null, visual: null, dataset: null }
  const context = parsed(text)
  const sources = field(context, 'Sources')
  const listed: readonly unknown[] = Array.isArray(sources) ? sources.slice(0, MAX_SOURCES) : []
  return {
    report: namesIn(listed, 'ReportId'),
    visual: namesIn(listed, 'VisualId'),
    dataset: textOf(field(context, 'DatasetId')),
  }
}

function namesIn(sources: readonly unknown[], name: string): string | null {
  const names = sources.map((source) => textOf(field(source, name))).filter((text) => text !== null)
  return names.length === 0 ? null : [...new Set(names)].join(', ')
}

/** `null` for what is no JSON: the property is a claim of the client's and may hold anything. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return null
  // Real clients write the same names in other cases.
  const key = Object.keys(value).find((key) => key.toLowerCase() === name.toLowerCase())
  return key === undefined ? null : Reflect.get(value, key)
}

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** `report: x` at the beginning of a comment near the beginning of the statement, as some portals write. */
const HINT = /(?:\/\*|--|\/\/)[ \t]*(?:report|rapport)[ \t]*[:=][ \t]*([^\n\r*]{1,400})/iu
const HINTS_WITHIN = 2000

export function reportHint(statement: string): string | null {
  const hint = HINT.exec(statement.slice(0, HINTS_WITHIN))?.[1]?.trim()
  return hint === undefined || hint === '' ? null : hint
}
