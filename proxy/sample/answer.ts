/** The envelopes that answers leave in, and the two shapes of data in them that need no query: rowset and fault. */
import type { SampleFault } from './fault.ts'
import { elementName, leaf, text } from './xml.ts'

const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const XMLA = 'urn:schemas-microsoft-com:xml-analysis'
export const INSTANCE =
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'int' | 'boolean' | 'unsignedInt' | 'double' | 'dateTime'
}

/** A value that is missing or `null` is no element at all. */
export type Row = Readonly<Record<string, string | number | boolean | null>>

export interface Rowset {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
}

function envelope(body: string, sessionId: string | null): string {
  const session = sessionId === null ? '' : `<Session xmlns="${XMLA}" SessionId="${text(sessionId)}"/>`
  const header = session === '' ? '' : `<soap:Header>${session}</soap:Header>`
  return `<soap:Envelope xmlns:soap="${SOAP}">${header}<soap:Body>${body}</soap:Body></soap:Envelope>`
}

export function success(method: 'Discover' | 'Execute', root: string, sessionId: string | null): string {
  return envelope(`<${method}Response xmlns="${XMLA}"><return>${root}</return></${method}Response>`, sessionId)
}

export function fault({ errorCode, message }: SampleFault): string {
  const hex = `XMLAnalysisError.0x${errorCode.toString(16)}`
  const error = `<Error ErrorCode="${errorCode}" Description="${text(message)}" Source="Tilsyn" HelpFile=""/>`
  const reason = leaf('faultcode', hex) + leaf('faultstring', message)
  return envelope(`<soap:Fault>${reason}<detail>${error}</detail></soap:Fault>`, null)
}

/** The answer to an empty statement, which clients send to open and close a session. */
export const EMPTY = `<root xmlns="${XMLA}:empty"/>`

export function rowset({ columns, rows }: Rowset, withSchema: boolean): string {
  const named = columns.map((column) => ({ ...column, element: elementName(column.name) }))
  const lines = rows.map((row) => {
    const cells = named.map(({ name, element, type }) => {
      const value = row[name] ?? null
      return value === null ? '' : leaf(element, String(value), ` xsi:type="xsd:${type}"`)
    })
    return `<row>${cells.join('')}</row>`
  })
  const fields = named.map(
    ({ name, element, type }) =>
      `<xsd:element name="${element}" sql:field="${text(name)}" type="xsd:${type}" minOccurs="0"/>`,
  )
  const schema = withSchema ? inlineSchema(fields.join('')) : ''
  return `<root xmlns="${XMLA}:rowset" ${INSTANCE}>${schema}${lines.join('')}</root>`
}

function inlineSchema(fields: string): string {
  const sql = 'xmlns:sql="urn:schemas-microsoft-com:xml-sql"'
  const row = `<xsd:complexType name="row"><xsd:sequence>${fields}</xsd:sequence></xsd:complexType>`
  const rows = '<xsd:element name="row" type="row" minOccurs="0" maxOccurs="unbounded"/>'
  const root = `<xsd:complexType><xsd:sequence>${rows}</xsd:sequence></xsd:complexType>`
  const place = `targetNamespace="${XMLA}:rowset" xmlns="${XMLA}:rowset" elementFormDefault="qualified"`
  return `<xsd:schema ${place} ${sql}><xsd:element name="root">${root}</xsd:element>${row}</xsd:schema>`
}
