const MAX_CONTEXT = 64 * 1024

/** The report in an ApplicationContext property: Power BI writes JSON there, with the report and the visual. */
export function reportOf(applicationContext: string | null): string | null {
  if (applicationContext === null || applicationContext.length > MAX_CONTEXT) return null
  const context = parsed(applicationContext)
  const sources = field(context, 'Sources')
  const report = Array.isArray(sources) ? field(sources[0], 'ReportId') : null
  return typeof report === 'string' && report !== '' ? report : null
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
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : null
}
