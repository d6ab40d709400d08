import type { Expression } from './ast.ts'
import type { Environment } from './environment.ts'
import { isRenaming } from './form.ts'

/** Rows of literals, and where the names in them are known. */
export interface LiteralRows {
  readonly rows: readonly Expression[]
  readonly environment: Environment
}

/** The rows written out in `table`; `null` where it is, or may be, more than these. */
export function literalRows(table: Expression, environment: Environment): readonly LiteralRows[] | null {
  const found: LiteralRows[] = []
  const seen = new Set<Expression>()
  const waiting: { readonly table: Expression; readonly environment: Environment }[] = [{ table, environment }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (seen.has(next.table)) continue
    seen.add(next.table)
    const variable = next.environment.variable(next.table)
    const rows = writtenOut(next.table)
    const parts = partsOf(next.table)
    if (variable !== null) waiting.push({ table: variable.expression, environment: variable.environment })
    else if (rows !== null) found.push({ rows, environment: next.environment })
    else if (parts === null) return null
    else for (const part of parts.toReversed()) waiting.push({ table: part, environment: next.environment })
  }
  return found
}

function writtenOut(table: Expression): readonly Expression[] | null {
  if (table.kind === 'rows') return table.rows
  if (table.kind !== 'call') return null
  const { name, args } = table
  if (name === 'ROW') return [{ kind: 'tuple', elements: args.filter((_, i) => i % 2 === 1) }]
  return name === 'DATATABLE' ? args.flatMap((arg) => (arg.kind === 'rows' ? arg.rows : [])) : null
}

/** The tables whose rows are this one's, no more and no fewer. */
function partsOf(table: Expression): readonly Expression[] | null {
  if (table.kind !== 'call') return null
  const { name, args } = table
  if (name === 'UNION') return args
  if (name === 'DISTINCT' || name === 'EVALUATEANDLOG') return args.slice(0, 1)
  return name === 'SELECTCOLUMNS' && isRenaming(args) ? args.slice(0, 1) : null
}
