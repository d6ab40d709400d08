/**
 * Which database a TMSL command is about (Tabular Model Scripting Language: JSON in a Statement). The command itself is
 * kept as text.
 */

/** Above this a script is a whole model, and what it is about stands in its first lines or nowhere. */
const MAX_LENGTH = 4 * 1024 * 1024
/** `createOrReplace.object.database`, `refresh.objects[0].database`, `sequence.operations[0].refresh.objects[0].database`. */
const MAX_DEPTH = 6
const MAX_VISITED = 10_000

export function tmslDatabase(text: string): string | null {
  if (text.length > MAX_LENGTH) return null
  let level: unknown[] = [parsed(text)]
  let visited = 0
  for (let depth = 0; depth <= MAX_DEPTH && visited <= MAX_VISITED; depth += 1) {
    const next: unknown[] = []
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue
      const database = Array.isArray(value) ? null : databaseOf(value)
      if (database !== null) return database
      const inner = Object.values(value)
      visited += inner.length
      if (visited <= MAX_VISITED) next.push(...inner)
    }
    level = next
  }
  return null
}

/** A name beside `database` in some commands is that of a definition, which is an object. */
function databaseOf(value: object): string | null {
  const database: unknown = Reflect.get(value, 'database')
  return typeof database === 'string' && database !== '' ? database : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null // Kept as text all the same.
  }
}
