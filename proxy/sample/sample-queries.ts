/**
 * The first queries of a new installation: invented employees ask the sample server for invented citizens, so that the
 * first page of the report service has something to answer. They go through the proxy like anybody's.
 */
import { CATALOG, CUBE } from './cube.ts'
import { text } from './xml.ts'

const XMLA = 'urn:schemas-microsoft-com:xml-analysis'
const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
const PATIENCE_MS = 10_000

type Asked =
  | { readonly kind: 'execute'; readonly statement: string; readonly tabular?: true }
  | { readonly kind: 'discover'; readonly requestType: string; readonly restrictions: Readonly<Record<string, string>> }

type SampleQuery = { readonly user: string; readonly application: string } & Asked

/** An invented person whom one of the queries looks up, and another one shows. */
export const SAMPLE_PERSON = '171145-7843'

export const SAMPLE_QUERIES: readonly SampleQuery[] = [
  {
    // By key.
    user: 'kirsten.holm',
    application: 'Microsoft Office Excel',
    kind: 'execute',
    statement:
      'SELECT {[Measures].[Antal], [Measures].[Beløb]} ON COLUMNS, {[Borger].[CPR].&[1303558992]} ON ROWS FROM [Borger]',
  },
  {
    // By path, in the slicer.
    user: 'jens.kvist',
    application: 'Report Server',
    kind: 'execute',
    statement: `SELECT NON EMPTY [Ydelse].[Ydelse].Members ON COLUMNS, [Tid].[År].Members ON ROWS FROM [Borger]
WHERE ([Measures].[Beløb], [Borger].[Nordlunde].[Engparken].[0109505012])`,
  },
  {
    // By name: no person number in the text, two in the answer.
    user: 'aase.bruun',
    application: 'TARGIT Client',
    kind: 'execute',
    statement: `SELECT {[Measures].[Beløb]} ON COLUMNS,
  Filter([Borger].[CPR].Members, [Borger].CurrentMember.Caption = "Søren O'Tænkt") ON ROWS
FROM [Borger]`,
  },
  {
    // The citizens of one district.
    user: 'mads.lykke',
    application: 'Microsoft Office Excel',
    kind: 'execute',
    statement: `SELECT {[Measures].[Antal]} ON COLUMNS, NON EMPTY [Borger].[Distrikt].[Ærtebjerg & omegn].Children ON ROWS
FROM [Borger] WHERE ([Tid].[2024])`,
  },
  {
    // The dearest five.
    user: 'bente.oestergaard',
    application: 'Report Server',
    kind: 'execute',
    statement: `SELECT {[Measures].[Beløb]} ON COLUMNS,
  TopCount([Borger].[CPR].Members, 5, [Measures].[Beløb]) ON ROWS
FROM [Borger] WHERE ([Ydelse].[Førtidspension])`,
  },
  {
    // Figures only: nobody's number is asked for or shown.
    user: 'bente.oestergaard',
    application: 'Report Server',
    kind: 'execute',
    statement: `SELECT {[Measures].[Antal], [Measures].[Beløb]} ON COLUMNS,
  CrossJoin([Borger].[Kommune].Members, [Køn].[Køn].Members) ON ROWS
FROM [Borger]`,
    tabular: true,
  },
  {
    // More citizens than are listed one by one.
    user: 'mads.lykke',
    application: 'Microsoft Office Excel',
    kind: 'execute',
    statement:
      'SELECT [Tid].[År].Members ON COLUMNS, [Borger].[CPR].Members ON ROWS FROM [Borger] WHERE [Measures].[Beløb]',
  },
  {
    // The way clients look a member up.
    user: 'kirsten.holm',
    application: 'Microsoft Office Excel',
    kind: 'discover',
    requestType: 'MDSCHEMA_MEMBERS',
    restrictions: { CUBE_NAME: CUBE, MEMBER_UNIQUE_NAME: '[Borger].[CPR].&[1711457843]', TREE_OP: '8' },
  },
  {
    // A bracket is missing.
    user: 'jens.kvist',
    application: 'SQL Server Management Studio',
    kind: 'execute',
    statement: 'SELECT {[Measures].[Antal] ON COLUMNS, {[Borger].[CPR].&[2508458467]} ON ROWS FROM [Borger]',
  },
  {
    // Nobody by that number.
    user: 'aase.bruun',
    application: 'TARGIT Client',
    kind: 'execute',
    statement: 'SELECT {[Measures].[Antal]} ON COLUMNS, {[Borger].[CPR].&[0102575553]} ON ROWS FROM [Borger]',
  },
]

/**
 * Sends every query through the proxy, one after another. Faults are part of the sample; that no answer comes is not.
 *
 * @param proxyUrl where the proxy listens; without a path, XMLA's usual one is used
 */
export async function sendSampleQueries(proxyUrl: URL): Promise<void> {
  const address = proxyUrl.pathname === '/' ? new URL('/xmla', proxyUrl) : proxyUrl
  for (const query of SAMPLE_QUERIES) {
    const answer = await fetch(address, {
      method: 'POST',
      headers: {
        'Content-Type': 'text/xml; charset=utf-8',
        SOAPAction: `"${XMLA}:${query.kind === 'execute' ? 'Execute' : 'Discover'}"`,
        Authorization: `Basic ${Buffer.from(`${query.user}:sample`).toString('base64')}`,
        'User-Agent': 'Tilsyn sample queries',
      },
      body: envelope(query),
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    await answer.arrayBuffer()
  }
}

function envelope(query: SampleQuery): string {
  const body = query.kind === 'execute' ? executeBody(query) : discoverBody(query)
  return `<?xml version="1.0" encoding="utf-8"?>
<soap:Envelope xmlns:soap="${SOAP}"><soap:Body>${body}</soap:Body></soap:Envelope>`
}

function executeBody({ statement, tabular, application }: Extract<SampleQuery, { kind: 'execute' }>): string {
  const properties = { Catalog: CATALOG, Format: tabular === true ? 'Tabular' : 'Multidimensional' }
  const command = `<Command><Statement>${text(statement)}</Statement></Command>`
  return `<Execute xmlns="${XMLA}">${command}${propertyList({ ...properties, AxisFormat: 'TupleFormat' }, application)}</Execute>`
}

function discoverBody({ requestType, restrictions, application }: Extract<SampleQuery, { kind: 'discover' }>): string {
  const list = `<Restrictions><RestrictionList>${elements(restrictions)}</RestrictionList></Restrictions>`
  const properties = propertyList({ Catalog: CATALOG, Format: 'Tabular' }, application)
  return `<Discover xmlns="${XMLA}"><RequestType>${requestType}</RequestType>${list}${properties}</Discover>`
}

function propertyList(properties: Readonly<Record<string, string>>, application: string): string {
  const all = { ...properties, LocaleIdentifier: '1030', SspropInitAppName: application }
  return `<Properties><PropertyList>${elements(all)}</PropertyList></Properties>`
}

function elements(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `<${name}>${text(value)}</${name}>`)
    .join('')
}
