/**
 * Reads a SOAP envelope into the request it holds. Elements are known by namespace and local name, so prefixes do not
 * matter. Hostile text ends in a fault: depth is bounded here, size by the server, and a DOCTYPE is refused.
 */
import { SaxesParser } from 'saxes'
import { SampleFault } from './fault.ts'

const XMLA = 'urn:schemas-microsoft-com:xml-analysis'
const MAX_DEPTH = 32

/** The names of a list are in upper case: clients differ in it. */
export type NamedValues = ReadonlyMap<string, readonly string[]>

export interface SessionWish {
  readonly kind: 'begin' | 'in' | 'end'
  readonly id: string
}

export type SampleRequest = { readonly session: SessionWish | null; readonly properties: NamedValues } & (
  | { readonly method: 'Discover'; readonly requestType: string; readonly restrictions: NamedValues }
  | { readonly method: 'Execute'; readonly statement: string }
)

/** What the elements have said so far. Each list maps the name of an element to its values. */
class Reading {
  readonly #path: string[] = []
  #text = ''
  #method: 'Discover' | 'Execute' | null = null
  #requestType = ''
  #statement = ''
  #session: SessionWish | null = null
  readonly #properties = new Map<string, string[]>()
  readonly #restrictions = new Map<string, string[]>()

  open(local: string, uri: string, sessionId: string): void {
    if (this.#path.push(local) > MAX_DEPTH) throw new SampleFault('bad-request')
    this.#text = ''
    if (uri !== XMLA) return
    if (local === 'Discover' || local === 'Execute') this.#method = local
    if (local === 'BeginSession') this.#session = { kind: 'begin', id: '' }
    if (local === 'Session') this.#session = { kind: 'in', id: sessionId }
    if (local === 'EndSession') this.#session = { kind: 'end', id: sessionId }
  }

  text(chunk: string): void {
    this.#text += chunk
  }

  close(): void {
    const [parent = '', name = ''] = this.#path.slice(-2)
    this.#path.pop()
    const said = this.#text
    this.#text = ''
    if (name === 'Statement') this.#statement = said
    else if (name === 'RequestType') this.#requestType = said.trim()
    else if (parent === 'PropertyList') add(this.#properties, name, said)
    else if (parent === 'RestrictionList' && said.trim() !== '') add(this.#restrictions, name, said)
    // Several values for one restriction stand in `Value` elements.
    else if (name === 'Value' && this.#path.at(-2) === 'RestrictionList') add(this.#restrictions, parent, said)
  }

  result(): SampleRequest {
    const common = { session: this.#session, properties: this.#properties }
    if (this.#method === 'Execute') return { ...common, method: 'Execute', statement: this.#statement }
    if (this.#method === null) throw new SampleFault('bad-request')
    return { ...common, method: 'Discover', requestType: this.#requestType, restrictions: this.#restrictions }
  }
}

function add(to: Map<string, string[]>, name: string, value: string): void {
  const key = name.toUpperCase()
  to.set(key, [...(to.get(key) ?? []), value.trim()])
}

/** @throws SampleFault when `body` is no request of XML for Analysis */
export function readRequest(body: string): SampleRequest {
  const parser = new SaxesParser({ xmlns: true })
  const reading = new Reading()
  parser.on('doctype', () => {
    throw new SampleFault('bad-request')
  })
  parser.on('error', (cause) => {
    throw new SampleFault('bad-request', undefined, { cause })
  })
  parser.on('opentag', ({ local, uri, attributes }) => {
    reading.open(local, uri, attributes['SessionId']?.value ?? '')
  })
  parser.on('text', (chunk) => reading.text(chunk))
  parser.on('cdata', (chunk) => reading.text(chunk))
  parser.on('closetag', () => reading.close())
  parser.write(body).close()
  return reading.result()
}

/** The first value that a list gives for a name, or `''`. */
export function first(values: NamedValues, name: string): string {
  return values.get(name.toUpperCase())?.find((value) => value !== '') ?? ''
}
