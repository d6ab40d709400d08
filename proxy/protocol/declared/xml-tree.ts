/**
 * From the text of an XML document to a tree.
 *
 * xml2js builds the tree, but is lax: it takes two roots, doubled attributes, prefixes nobody bound, and NUL. So a
 * strict parser reads the text first, bounds its depth and size and refuses a DOCTYPE (an entity that the server expands
 * and we do not could hide a person), and xml2js sees only what is well formed. Its keys hold signs that no XML name
 * can have, so that no element can pass for them.
 */
import type { SaxesTagNS } from 'saxes'
import { SaxesParser } from 'saxes'
import { Parser } from 'xml2js'
import type { Purse } from './limits.ts'
import { DocumentError, MAX_ATTRIBUTES, MAX_DEPTH, MAX_NODES } from './limits.ts'
import { XML, XmlNode } from './xml-node.ts'

const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** An element or a text, as xml2js builds it with the options below. Only an element has a name with a namespace. */
interface Built {
  readonly '#attributesns'?: { readonly uri?: string; readonly local: string }
  readonly '#text'?: string
  readonly '#attributes'?: Readonly<Record<string, { readonly local: string; readonly uri: string; value: string }>>
  readonly '#children'?: readonly Built[]
}

/** An empty document, into which elements are read. */
export const emptyDocument = (purse: Purse): XmlNode => new XmlNode(XML.DOCUMENT, '#document', '', null, null, purse)

/**
 * Reads `text` and adds its root element to `parent`.
 *
 * @throws DocumentError
 */
export function readXmlInto(parent: XmlNode, text: string): XmlNode {
  judge(text)
  const root = build(text)
  const first = addElement(parent, root)
  const waiting: (readonly [XmlNode, Built])[] = [[first, root]]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [node, built] = next
    for (const [child, builtChild] of addChildren(node, built['#children'] ?? [])) waiting.push([child, builtChild])
  }
  return first
}

/** @throws DocumentError unless `text` is well formed, without DOCTYPE, and within the limits */
function judge(text: string): void {
  const parser = new SaxesParser({ xmlns: true })
  const fail = (reason: DocumentError['reason']): never => {
    throw new DocumentError(reason, `${parser.line}:${parser.column}`)
  }
  let [depth, elements] = [0, 0]
  parser.on('error', () => fail('unreadable'))
  parser.on('doctype', () => fail('unreadable'))
  parser.on('opentag', ({ attributes }: SaxesTagNS) => {
    if (++depth > MAX_DEPTH || ++elements > MAX_NODES) fail('limits')
    if (Object.keys(attributes).length > MAX_ATTRIBUTES) fail('limits')
  })
  parser.on('closetag', () => (depth -= 1))
  parser.write(text.replace(/^\uFEFF/, '')).close()
}

function build(text: string): Built {
  const parser = new Parser({
    explicitRoot: false,
    explicitChildren: true,
    preserveChildrenOrder: true,
    charsAsChildren: true,
    xmlns: true,
    charkey: '#text',
    attrkey: '#attributes',
    childkey: '#children',
  })
  let root: Built | null = null
  parser.parseString(text, (error: Error | null, result: Built | null) => {
    if (error === null) root = result
  })
  // What the strict parser takes and this one does not is rare, and unread.
  if (root === null) throw new DocumentError('unreadable')
  return root
}

function addElement(parent: XmlNode, { '#attributesns': name, '#attributes': attributes = {} }: Built): XmlNode {
  const node = parent.add(XML.ELEMENT, name?.local ?? '', name?.uri ?? '', null)
  for (const { local, uri, value } of Object.values(attributes)) {
    if (uri !== XMLNS) node.add(XML.ATTRIBUTE, local, uri, value)
  }
  return node
}

/** Texts side by side (CDATA among them) are one text. */
function addChildren(parent: XmlNode, children: readonly Built[]): (readonly [XmlNode, Built])[] {
  const elements: (readonly [XmlNode, Built])[] = []
  let text = ''
  const flush = (): void => {
    if (text !== '') parent.add(XML.TEXT, '#text', '', text)
    text = ''
  }
  for (const child of children) {
    if (child['#attributesns'] === undefined) text += child['#text'] ?? ''
    else {
      flush()
      elements.push([addElement(parent, child), child])
    }
  }
  flush()
  return elements
}
