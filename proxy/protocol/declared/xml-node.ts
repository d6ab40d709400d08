/**
 * A node of an XML document, in the shape that the XPath engine walks. Each visit is counted; document order is a
 * number, so that putting results in order costs a comparison and not a search.
 *
 * Names have no prefix: what prefix a client chose says nothing, its namespace does.
 */
import type { Purse } from './limits.ts'

export type XmlKind = 1 | 2 | 3 | 9
const [ELEMENT, ATTRIBUTE, TEXT, DOCUMENT] = [1, 2, 3, 9] as const
export const XML = { ELEMENT, ATTRIBUTE, TEXT, DOCUMENT } as const

export class XmlNode {
  readonly nodeType: XmlKind
  readonly localName: string
  readonly namespaceURI: string
  readonly nodeValue: string | null
  readonly prefix = null
  readonly children: XmlNode[] = []
  readonly attributeNodes: XmlNode[] = []
  readonly parent: XmlNode | null
  /** Place among its parent's children. */
  index = 0
  /** Place in the document. */
  order = 0
  readonly #purse: Purse

  constructor(kind: XmlKind, name: string, uri: string, value: string | null, parent: XmlNode | null, purse: Purse) {
    this.nodeType = kind
    this.localName = name
    this.namespaceURI = uri
    this.nodeValue = value
    this.parent = parent
    this.#purse = purse
    purse.node()
  }

  /** Adds a child or an attribute. */
  add(kind: Exclude<XmlKind, 9>, name: string, uri: string, value: string | null): XmlNode {
    const node = new XmlNode(kind, name, uri, value, this, this.#purse)
    const list = kind === ATTRIBUTE ? this.attributeNodes : this.children
    node.index = list.push(node) - 1
    return node
  }

  get nodeName(): string {
    return this.localName
  }

  get parentNode(): XmlNode | null {
    this.#purse.step()
    return this.nodeType === ATTRIBUTE ? null : this.parent
  }

  get ownerElement(): XmlNode | null {
    return this.nodeType === ATTRIBUTE ? this.parent : null
  }

  get ownerDocument(): XmlNode | null {
    let node = this.parent
    while (node?.parent) node = node.parent
    return node
  }

  get firstChild(): XmlNode | null {
    this.#purse.step()
    return this.children[0] ?? null
  }

  get nextSibling(): XmlNode | null {
    this.#purse.step()
    return this.nodeType === ATTRIBUTE ? null : (this.parent?.children[this.index + 1] ?? null)
  }

  get previousSibling(): XmlNode | null {
    this.#purse.step()
    return this.nodeType === ATTRIBUTE ? null : (this.parent?.children[this.index - 1] ?? null)
  }

  get attributes(): { readonly length: number; item(at: number): XmlNode | null } {
    this.#purse.step()
    return { length: this.attributeNodes.length, item: (at) => this.attributeNodes[at] ?? null }
  }

  /** DOM Standard, section 4.4 "Interface Node": 4 means that `other` follows, 2 that it precedes. */
  compareDocumentPosition(other: XmlNode): number {
    this.#purse.step()
    if (other === this) return 0
    return other.order > this.order ? 4 : 2
  }
}

/** Numbers `document` anew, as is needed after each change. Iterative: depth is no reason to fail. */
export function numberNodes(document: XmlNode): void {
  let order = 0
  const waiting: XmlNode[] = [document]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    node.order = order++
    for (const attribute of node.attributeNodes) attribute.order = order++
    for (let at = node.children.length - 1; at >= 0; at--) {
      const child = node.children[at]
      if (child !== undefined) waiting.push(child)
    }
  }
}

/** All text in `node`, in order. */
export function textOf(node: XmlNode): string {
  if (node.nodeValue !== null) return node.nodeValue
  const pieces: string[] = []
  const waiting: XmlNode[] = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next.nodeValue !== null) pieces.push(next.nodeValue)
    for (const child of next.children.toReversed()) waiting.push(child)
  }
  return pieces.join('')
}

/** `node` written as XML again, without namespaces: what they were stands in the first part of the exchange. */
export function xmlText(node: XmlNode): string {
  const pieces: string[] = []
  const waiting: (XmlNode | string)[] = [node]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') pieces.push(next)
    else if (next.nodeValue !== null) pieces.push(escapedXml(next.nodeValue))
    else {
      const attributes = next.attributeNodes.map(
        ({ localName, nodeValue }) => ` ${localName}="${escapedXml(nodeValue ?? '')}"`,
      )
      pieces.push(`<${next.localName}${attributes.join('')}>`)
      waiting.push(`</${next.localName}>`)
      for (const child of next.children.toReversed()) waiting.push(child)
    }
  }
  return pieces.join('')
}

export const escapedXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
