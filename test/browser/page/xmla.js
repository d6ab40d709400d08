/**
 * XML for Analysis from a browser, the way pivot grids send it: an envelope in the default namespace, text/xml and a
 * SOAPAction, which together cost a preflight, by XMLHttpRequest (`?transport=xhr`) or by fetch.
 */
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const XMLA = 'urn:schemas-microsoft-com:xml-analysis'

const settings = new URL(location.href).searchParams
const server = settings.get('xmla')
const catalog = 'Kommunedata'
let session = null

export class Fault extends Error {}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const elements = (values) =>
  Object.entries(values)
    .map(([name, value]) => `<${name}>${escape(value)}</${name}>`)
    .join('')

function envelope(header, method, inner, format) {
  const properties = elements({ Catalog: catalog, Format: format, AxisFormat: 'TupleFormat', LocaleIdentifier: '1030' })
  return (
    `<Envelope xmlns="${SOAP}"><Header>${header}</Header><Body><${method} xmlns="${XMLA}">${inner}` +
    `<Properties><PropertyList>${properties}</PropertyList></Properties></${method}></Body></Envelope>`
  )
}

const headersOf = (method) => ({ 'Content-Type': 'text/xml; charset=utf-8', SOAPAction: `"${XMLA}:${method}"` })

async function byFetch(headers, body, options) {
  const answer = await fetch(server, { method: 'POST', headers, body, credentials: 'include', ...options })
  return { status: answer.status, text: await answer.text() }
}

function byRequest(headers, body) {
  const request = new XMLHttpRequest()
  request.open('POST', server)
  request.withCredentials = true
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value)
  return new Promise((resolve, reject) => {
    request.addEventListener('load', () => resolve({ status: request.status, text: request.responseText }))
    request.addEventListener('error', () => reject(new TypeError('no answer')))
    request.send(body)
  })
}

async function send(method, body, { headers = {}, ...options } = {}) {
  const byWhich = settings.get('transport') === 'xhr' ? byRequest : byFetch
  const { status, text } = await byWhich({ ...headersOf(method), ...headers }, body, options)
  if (status === 401) throw new Fault('Forkert bruger eller kodeord')
  const answer = new DOMParser().parseFromString(text, 'text/xml')
  const [fault] = answer.getElementsByTagName('faultstring')
  const [description] = answer.getElementsByTagNameNS('*', 'desc')
  if (fault !== undefined) throw new Fault([fault, description].map((one) => one?.textContent.trim()).join('\n'))
  if (answer.getElementsByTagName('parsererror').length > 0) throw new Fault('Svaret kan ikke læses')
  return answer
}

const inSession = () => (session === null ? '' : `<Session xmlns="${XMLA}" mustUnderstand="1" SessionId="${session}"/>`)

/** Begins a session as this user. From then on the cookie and the session say who it is. */
export async function login(user, password) {
  const bytes = new TextEncoder().encode(`${user}:${password}`)
  const credentials = btoa(String.fromCharCode(...bytes))
  const begin = `<BeginSession xmlns="${XMLA}" mustUnderstand="1"/>`
  const body = envelope(begin, 'Execute', '<Command><Statement/></Command>', 'Multidimensional')
  const answer = await send('Execute', body, { headers: { Authorization: `Basic ${credentials}` } })
  session = answer.getElementsByTagNameNS(XMLA, 'Session')[0].getAttribute('SessionId')
}

/** Said while the page is being left: such a request outlives its page (`keepalive`). */
export function leave() {
  if (session === null) return
  const end = `<EndSession xmlns="${XMLA}" mustUnderstand="1" SessionId="${session}"/>`
  const body = envelope(end, 'Execute', '<Command><Statement/></Command>', 'Multidimensional')
  void byFetch(headersOf('Execute'), body, { keepalive: true })
  session = null
}

/** Rows of a rowset: name → text. */
export async function discover(requestType, restrictions) {
  const list = `<Restrictions><RestrictionList>${elements(restrictions)}</RestrictionList></Restrictions>`
  const inner = `<RequestType>${requestType}</RequestType>${list}`
  const answer = await send('Discover', envelope(inSession(), 'Discover', inner, 'Tabular'))
  const rows = [...answer.getElementsByTagNameNS('*', 'row')]
  return rows.map((row) => Object.fromEntries([...row.children].map((field) => [field.localName, field.textContent])))
}

const textOf = (parent, name) => parent.getElementsByTagNameNS('*', name)[0]?.textContent ?? ''

/** Axes of tuples of members, and cells by their number. */
export async function execute(statement, options) {
  const inner = `<Command><Statement>${escape(statement)}</Statement></Command>`
  const answer = await send('Execute', envelope(inSession(), 'Execute', inner, 'Multidimensional'), options)
  const axis = (name) => {
    const found = [...answer.getElementsByTagNameNS('*', 'Axis')].find((one) => one.getAttribute('name') === name)
    return [...found.getElementsByTagNameNS('*', 'Tuple')].map((tuple) =>
      [...tuple.children].map((member) => ({
        name: textOf(member, 'UName'),
        caption: textOf(member, 'Caption'),
        depth: Number(textOf(member, 'LNum')),
        children: Number(textOf(member, 'CHILDREN_CARDINALITY')),
      })),
    )
  }
  const cells = [...answer.getElementsByTagNameNS('*', 'Cell')]
  return {
    columns: axis('Axis0'),
    rows: axis('Axis1'),
    cells: new Map(cells.map((cell) => [Number(cell.getAttribute('CellOrdinal')), textOf(cell, 'FmtValue')])),
  }
}
