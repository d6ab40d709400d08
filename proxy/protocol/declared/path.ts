/** A path of either language, compiled once, and asked of the documents of one request. */
import { assertNever } from '../../../schema/record/record.ts'
import type { Json, JsonFound } from './json-path.ts'
import { compileJsonPath, isJsonPath } from './json-path.ts'
import type { Namespaces, XPathFound } from './x-path.ts'
import { compileXPath, isAbsolute } from './x-path.ts'
import type { XmlNode } from './xml-node.ts'
import { textOf, xmlText } from './xml-node.ts'

/** What a path leads to, and what further paths can begin at. */
export type Item = JsonFound | XPathFound

export type Path =
  | {
      readonly kind: 'json'
      readonly text: string
      readonly absolute: boolean
      readonly find: (from: Json) => readonly JsonFound[]
    }
  | {
      readonly kind: 'xml'
      readonly text: string
      readonly absolute: boolean
      readonly find: (from: XmlNode) => readonly XPathFound[]
    }

/** @throws PathError */
export function compilePath(text: string, namespaces: Namespaces): Path {
  if (isJsonPath(text)) {
    return { kind: 'json', text, absolute: text.startsWith('$'), find: compileJsonPath(text) }
  }
  return { kind: 'xml', text, absolute: isAbsolute(text), find: compileXPath(text, namespaces) }
}

/** The texts at `item`: of a list, each of its elements'. */
export function textsOf(item: Item): string[] {
  switch (item.kind) {
    case 'text':
      return [item.text]
    case 'xml':
      return [textOf(item.node).trim()]
    case 'json':
      return Array.isArray(item.value) ? item.value.map(jsonText) : [jsonText(item.value)]
    default:
      return assertNever(item)
  }
}

/** `item` as it could be written: what a query of several is kept as. */
export function sourceOf(item: Item): string {
  return item.kind === 'xml' ? xmlText(item.node) : textsOf(item).join('\n')
}

function jsonText(value: Json): string {
  if (value === null) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
