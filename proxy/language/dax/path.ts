import type { Column, Expression } from './ast.ts'

/** `Borger[CPR]`, `[Beløb]`, `Dato[Dato].[År]`: without quotes, as it is recorded. */
export function pathOf({ table, column, part }: Column): string {
  return columnPath(table, column) + (part === null ? '' : `.${bracketed(part)}`)
}

export const columnPath = (table: string | null, column: string): string => `${table ?? ''}${bracketed(column)}`

const bracketed = (name: string): string => `[${name.replaceAll(']', ']]')}]`

/** What COUNTROWS counts: the table at the bottom of what is filtered and reached through relationships. */
export function countedName(table: Expression | undefined): string {
  let inner = table
  while (inner?.kind === 'call' && PASSES.has(inner.name)) inner = inner.args[0]
  if (inner?.kind === 'name') return inner.name
  if (inner?.kind === 'column') return pathOf(inner)
  if (inner?.kind !== 'call') return ''
  return `${inner.name}(${inner.args[0] === undefined ? '' : countedName(inner.args[0])})`
}

const PASSES: ReadonlySet<string> = new Set([
  'FILTER',
  'RELATEDTABLE',
  'CALCULATETABLE',
  'KEEPFILTERS',
  'EVALUATEANDLOG',
])
