/**
 * The documents of one request: what its body is, and what was wrapped in it. At most one of JSON and one of XML;
 * JSONPaths are asked of the one, XPaths of the other.
 */
import type { Mapping } from '../../../schema/config/mapping.ts'
import { assertNever } from '../../../schema/record/record.ts'
import type { Request } from '../adapter.ts'
import { readJson } from '../json/json-reader.ts'
import type { Json as Tree } from '../json/json-value.ts'
import type { Json } from './json-path.ts'
import { DocumentError, MAX_DEPTH, Purse } from './limits.ts'
import type { Item, Path } from './path.ts'
import type { XmlNode } from './xml-node.ts'
import { numberNodes } from './xml-node.ts'
import { emptyDocument, readXmlInto } from './xml-tree.ts'

export interface Documents {
  json: Json | undefined
  xml: XmlNode | null
  /** What absolute paths have led to; forgotten when a document changes. */
  readonly found: Map<Path, readonly Item[]>
  readonly purse: Purse
  /** Every JSON text as it stands, for the sweep: also what no path can reach. */
  readonly trees: Tree[]
  /** Texts that were wrapped. */
  readonly unwrapped: string[]
}

/**
 * Reads the body as what the mapping says it is.
 *
 * @throws DocumentError
 */
export function readBody(kind: Mapping['body'], request: Request): Documents {
  const purse = new Purse()
  const documents: Documents = { json: undefined, xml: null, found: new Map(), purse, trees: [], unwrapped: [] }
  const text = request.text ?? ''
  switch (kind) {
    case 'xml':
      documents.xml = emptyDocument(purse)
      readXmlInto(documents.xml, text)
      numberNodes(documents.xml)
      return documents
    case 'json':
      documents.json = readJsonInto(documents, text)
      return documents
    case 'form':
      documents.json = readForm(text, purse)
      return documents
    case 'target':
      documents.json = readForm(queryOf(request.target), purse)
      return documents
    default:
      return assertNever(kind)
  }
}

export const queryOf = (target: string): string => (target.includes('?') ? target.slice(target.indexOf('?') + 1) : '')

/** @throws DocumentError */
export function readJsonInto(documents: Documents, text: string): Json {
  const reading = readJson(text)
  if (reading.kind === 'broken') {
    throw new DocumentError(reading.reason === 'limits' ? 'limits' : 'unreadable', reading.at)
  }
  documents.trees.push(reading.value)
  return plain(reading.value, 0, documents.purse)
}

/**
 * A tree as the plain values that JSONPath is about. A number that a JavaScript number would change (a key with a leading
 * zero, one beyond 2^53) stays text. Of members named twice the last counts; the others are found by the sweep.
 */
function plain(node: Tree, depth: number, purse: Purse): Json {
  purse.node()
  if (depth > MAX_DEPTH) throw new DocumentError('limits')
  switch (node.kind) {
    case 'object':
      return Object.fromEntries(node.members.map(({ name, value }) => [name, plain(value, depth + 1, purse)]))
    case 'list':
      return node.items.map((item) => plain(item, depth + 1, purse))
    case 'string':
      return node.text
    case 'number':
      return String(Number(node.text)) === node.text ? Number(node.text) : node.text
    case 'word':
      return node.text === 'null' ? null : node.text === 'true'
    default:
      return assertNever(node)
  }
}

/** Fields by name; one that stands there more than once is a list. */
function readForm(text: string, purse: Purse): Json {
  const fields = new Map<string, string[]>()
  for (const [name, value] of new URLSearchParams(text)) {
    purse.node()
    const values = fields.get(name)
    if (values === undefined) fields.set(name, [value])
    else values.push(value)
  }
  return Object.fromEntries(
    [...fields].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}
