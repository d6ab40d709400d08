import type { CompiledOpening } from './compile.ts'
import type { Documents } from './documents.ts'
import { readJsonInto } from './documents.ts'
import { find } from './find.ts'
import type { Json, JsonFound } from './json-path.ts'
import { DocumentError, MAX_OPENED } from './limits.ts'
import type { Item } from './path.ts'
import { textsOf } from './path.ts'
import { unwrap } from './unwrap.ts'
import type { XmlNode } from './xml-node.ts'
import { XML, numberNodes } from './xml-node.ts'
import { emptyDocument, readXmlInto } from './xml-tree.ts'

/**
 * Opens what one step of the mapping names.
 *
 * @returns how many documents were there
 * @throws DocumentError
 */
export function openIn(documents: Documents, { path, undo, as }: CompiledOpening): number {
  const items = find(path, documents, null)
  if (items.length > MAX_OPENED) throw new DocumentError('limits')
  for (const item of items) {
    const text = unwrap(textsOf(item).join(''), undo, documents.purse)
    documents.unwrapped.push(text)
    if (as === 'json') openJson(documents, item, text)
    else openXml(documents, item, text)
  }
  documents.found.clear()
  if (documents.xml !== null) numberNodes(documents.xml)
  return items.length
}

function openJson(documents: Documents, item: Item, text: string): void {
  const value = readJsonInto(documents, text)
  if (item.kind === 'json') documents.json = replaced(documents.json ?? null, item, value)
  // Out of XML comes one document; of two nobody could say which one a path means.
  else if (documents.json === undefined) documents.json = value
  else throw new DocumentError('unreadable')
}

/** `root` with `value` at the place of `item`. */
function replaced(root: Json, { location }: JsonFound, value: Json): Json {
  const last = location.at(-1)
  if (last === undefined) return value
  let parent: Json = root
  for (const key of location.slice(0, -1)) parent = memberOf(parent, key)
  if (typeof parent === 'object' && parent !== null) {
    Object.defineProperty(parent, last, { value, enumerable: true, configurable: true, writable: true })
  }
  return root
}

function memberOf(parent: Json, key: string | number): Json {
  return typeof parent === 'object' && parent !== null ? (Reflect.get(parent, key) as Json) : null
}

function openXml(documents: Documents, item: Item, text: string): void {
  documents.xml ??= emptyDocument(documents.purse)
  readXmlInto(placeFor(documents.xml, item), text)
}

/** XML in XML takes the place of the text; XML out of JSON stands in the document, one root beside the other. */
function placeFor(document: XmlNode, item: Item): XmlNode {
  if (item.kind !== 'xml') return document
  const { node } = item
  const place = node.nodeType === XML.ELEMENT ? node : (node.parent ?? document)
  if (node.nodeType !== XML.ATTRIBUTE) place.children.length = 0
  return place
}
