/**
 * What a Qlik object shows (qlik.dev, "Engine API", HyperCubeDef and ListObjectDef): wherever in its properties a
 * hypercube or list stands, its dimensions and measures.
 */
import type { Json, MaybeJson } from '../json-value.ts'
import { itemsOf, member, membersOf, stringOf } from '../json-value.ts'

export interface Definition {
  readonly dimensions: readonly string[]
  readonly measures: readonly string[]
}

export const NO_DEFINITION: Definition = { dimensions: [], measures: [] }

/** More than this of each is no visual; the rest is in the text, which is kept whole. */
const MAX_NAMES = 1000

export function definitionOf(properties: MaybeJson): Definition {
  const found = { dimensions: [] as string[], measures: [] as string[] }
  collect(properties, found)
  return { dimensions: distinct(found.dimensions), measures: distinct(found.measures) }
}

function collect(node: MaybeJson, found: { readonly dimensions: string[]; readonly measures: string[] }): void {
  for (const item of itemsOf(node)) collect(item, found)
  for (const { name, value } of membersOf(node)) {
    if (name === 'qHyperCubeDef' || name === 'qTreeDataDef') {
      found.dimensions.push(...itemsOf(member(value, 'qDimensions')).flatMap(dimensionNames))
      found.measures.push(...itemsOf(member(value, 'qMeasures')).flatMap(measureNames))
    } else if (name === 'qListObjectDef') found.dimensions.push(...dimensionNames(value))
    else if (name === 'qStringExpression' || name === 'qValueExpression') found.measures.push(...expression(value))
    collect(value, found)
  }
}

/** A drill-down has several fields, of which one is shown at a time: any of them may be asked for. */
function dimensionNames(dimension: Json): string[] {
  const library = stringOf(member(dimension, 'qLibraryId'))
  const fields = itemsOf(member(dimension, 'qDef', 'qFieldDefs')).flatMap((field) => stringOf(field) ?? [])
  return library === null ? fields.map(plain) : [`library:${library}`]
}

function measureNames(measure: Json): string[] {
  const library = stringOf(member(measure, 'qLibraryId'))
  const text = library === null ? stringOf(member(measure, 'qDef', 'qDef')) : `library:${library}`
  return text === null ? [] : [text]
}

function expression(value: Json): string[] {
  const text = stringOf(member(value, 'qExpr')) ?? stringOf(value)
  return text === null ? [] : [text]
}

/** `[CPR nr]` is the field `CPR nr`; a field that is reckoned stays as it is written. */
export function plain(field: string): string {
  return /^\[[^\]]*\]$/.test(field) ? field.slice(1, -1) : field
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].slice(0, MAX_NAMES)
}
