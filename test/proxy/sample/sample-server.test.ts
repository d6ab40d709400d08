import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { after, before, test } from 'node:test'
import { PEOPLE } from '../../../proxy/sample/people.ts'
import { SAMPLE_QUERIES, sendSampleQueries } from '../../../proxy/sample/sample-queries.ts'
import { startSampleServer } from '../../../proxy/sample/server.ts'
import type { SampleServer } from '../../../proxy/sample/server.ts'
import { birthDate } from '../../../schema/record/person-number.ts'

let server: SampleServer
before(async () => {
  server = await startSampleServer({ host: '127.0.0.1', port: 0 })
})
after(() => server.close())

interface Answer {
  readonly status: number
  readonly type: string | null
  readonly text: string
}

async function post(body: string | Uint8Array<ArrayBuffer>): Promise<Answer> {
  const answer = await fetch(server.url, { method: 'POST', headers: { 'Content-Type': 'text/xml' }, body })
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

function envelope(body: string, header = ''): string {
  const namespace = 'http://schemas.xmlsoap.org/soap/envelope/'
  return `<s:Envelope xmlns:s="${namespace}"><s:Header>${header}</s:Header><s:Body>${body}</s:Body></s:Envelope>`
}

const XMLA = 'urn:schemas-microsoft-com:xml-analysis'

function execute(mdx: string, properties = ''): string {
  const list = `<Properties><PropertyList>${properties}</PropertyList></Properties>`
  return `<Execute xmlns="${XMLA}"><Command><Statement>${escaped(mdx)}</Statement></Command>${list}</Execute>`
}

function discover(type: string, restrictions: Readonly<Record<string, string>> = {}): string {
  const list = Object.entries(restrictions).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
  const request = `<RequestType>${type}</RequestType><Restrictions><RestrictionList>${list.join('')}</RestrictionList></Restrictions>`
  return `<Discover xmlns="${XMLA}">${request}<Properties><PropertyList/></Properties></Discover>`
}

const query = (mdx: string, properties = '') => post(envelope(execute(mdx, properties)))
const ask = (type: string, restrictions: Readonly<Record<string, string>> = {}) =>
  post(envelope(discover(type, restrictions)))

const all = (text: string, element: string) =>
  [...text.matchAll(new RegExp(`<${element}(?: [^>]*)?>([^<]*)</${element}>`, 'g'))].map(([, value]) => value)

/** Captions on an axis, in order. */
function captions(text: string, axis: string): (string | undefined)[] {
  return all(new RegExp(`<Axis name="${axis}">.*?</Axis>`).exec(text)?.[0] ?? '', 'Caption')
}

const ROWS = 'ON 1 FROM [Borger]'
const AMOUNT = 'SELECT {[Measures].[Beløb]} ON 0'

test('nobody can be one of the sample citizens: births lie after 2039 and no number passes modulus 11', () => {
  const weights = [4, 3, 2, 7, 6, 5, 4, 3, 2, 1]
  for (const { cpr, sex } of PEOPLE) {
    const birth = birthDate(cpr) ?? ''
    assert.ok(birth >= '2040-01-01' && birth <= '2057-12-31', 'a birth that could be somebody’s')
    assert.notEqual(weights.reduce((sum, weight, i) => sum + weight * Number(cpr[i]), 0) % 11, 0)
    assert.equal(Number(cpr[9]) % 2 === 1 ? 'Mand' : 'Kvinde', sex)
  }
  assert.equal(new Set(PEOPLE.map(({ cpr }) => cpr)).size, 44)
})

test('a person is found by key, by level and name, and by path, and the answer shows number and name', async () => {
  const texts = await Promise.all(
    ['[Borger].[CPR].&[0109505012]', '[Borger].[CPR].[0109505012]', 'Borger.Nordlunde.Engparken.[0109505012]'].map(
      async (member) => (await query(`${AMOUNT}, {${member}} ${ROWS}`)).text,
    ),
  )
  assert.equal(new Set(texts).size, 1)
  assert.deepEqual(captions(texts[0] ?? '', 'Axis1'), ['Ida &amp; Bo Fantasø'])
  assert.ok(texts[0]?.includes('<UName>[Borger].[CPR].&amp;[0109505012]</UName>'))
  assert.equal(all(texts[0] ?? '', 'Value').length, 1)
})

test('amounts add up along every hierarchy', async () => {
  const amount = async (mdx: string) => all((await query(mdx)).text, 'Value').map(Number)
  const [whole] = await amount(`${AMOUNT} FROM [Borger]`)
  for (const level of ['[Borger].[Kommune]', '[Borger].[CPR]', '[Tid].[År]', '[Køn].[Køn]', '[Ydelse].[Ydelse]']) {
    const parts = await amount(`${AMOUNT}, ${level}.Members ${ROWS}`)
    assert.ok(parts.length > 1)
    assert.equal(
      parts.reduce((sum, part) => sum + Math.round(part * 100), 0),
      Math.round((whole ?? 0) * 100),
      level,
    )
  }
  const slices = await amount(`${AMOUNT} FROM [Borger] WHERE {[Tid].[2022]:[Tid].[2024]}`)
  assert.deepEqual(slices, [whole])
})

test('sets are understood as reports write them', async () => {
  const rows = async (set: string) => captions((await query(`${AMOUNT}, ${set} ${ROWS}`)).text, 'Axis1')
  assert.deepEqual(await rows('[Borger].[Søndervæld].Children'), ['Ærtebjerg &amp; omegn', 'Skovbrynet', 'Østre Å'])
  assert.deepEqual(await rows('{[Tid].[2022], [Tid].[2024]}'), ['2022', '2024'])
  assert.deepEqual(await rows('{[Tid].[2023].Parent}'), ['Al tid'])
  assert.deepEqual(await rows('Except([Tid].[År].Members, {[Tid].[2023]})'), ['2022', '2024'])
  assert.deepEqual(await rows('CrossJoin({[Tid].[2022]}, [Køn].[Køn].Members)'), ['2022', 'Kvinde', '2022', 'Mand'])
  assert.deepEqual(await rows('{[Tid].[2022]} * {[Køn].[Mand]}'), ['2022', 'Mand'])
  const best = await rows('TopCount([Borger].[CPR].Members, 3, [Measures].[Beløb])')
  const ordered = await rows('Order([Borger].[CPR].Members, [Measures].[Beløb], BDESC)')
  assert.deepEqual(best, ordered.slice(0, 3))
  const found = await rows(`Filter([Borger].[CPR].Members, [Borger].CurrentMember.Caption = "Søren O'Tænkt")`)
  assert.deepEqual(found, ['Søren O&apos;Tænkt', 'Søren O&apos;Tænkt'])
  assert.deepEqual(await rows('Filter([Tid].[År].Members, [Measures].[Beløb] > 99999999)'), [])
})

test('a set of the WITH clause is known by its name, and not within itself', async () => {
  const text = (await query(`WITH SET [To] AS Head([Tid].[År].Members, 2) ${AMOUNT}, [To] ${ROWS}`)).text
  assert.deepEqual(captions(text, 'Axis1'), ['2022', '2023'])
  assert.equal((await query(`WITH SET [To] AS Head([To], 2) ${AMOUNT}, [To] ${ROWS}`)).status, 500)
})

test('NON EMPTY leaves out the tuples without a payment', async () => {
  const set = '[Borger].[Nordlunde].[Bymidten].Children'
  const slicer = 'WHERE ([Ydelse].[Boligstøtte], [Tid].[2022])'
  const every = captions((await query(`${AMOUNT}, ${set} ${ROWS} ${slicer}`)).text, 'Axis1')
  const paid = captions((await query(`${AMOUNT}, NON EMPTY ${set} ${ROWS} ${slicer}`)).text, 'Axis1')
  assert.equal(every.length, 9)
  assert.ok(paid.length > 0 && paid.length < 9)
})

test('the same answer leaves as a flattened rowset when Tabular is asked for', async () => {
  const { text } = await query(`${AMOUNT}, {[Borger].[CPR].&[0109505012]} ${ROWS}`, '<Format>Tabular</Format>')
  assert.equal(all(text, 'row').length, 0)
  assert.equal(text.match(/<row>/g)?.length, 1)
  assert.ok(text.includes('sql:field="[Borger].[CPR].[MEMBER_CAPTION]"'))
  const [name] = all(text, '_x005B_Borger_x005D_._x005B_CPR_x005D_._x005B_MEMBER_CAPTION_x005D_')
  assert.equal(name, 'Ida &amp; Bo Fantasø')
})

test('what is wrong with a query is told in a SOAP fault of status 500, as behind IIS', async () => {
  const wrong = {
    'SELECT {[Measures].[Beløb] ON 0 FROM [Borger]': 'line 1, column 28',
    'SELECT {[Measures].[Findes ikke]} ON 0 FROM [Borger]': 'not found',
    'SELECT {[Borger].[CPR].&[0102575553]} ON 0 FROM [Borger]': 'not found',
    'SELECT {[Measures].[Beløb]} ON 0 FROM [Løn]': 'not found',
    'SELECT [Tid].Members ON 0, [Tid].Members ON 1 FROM [Borger]': 'one axis only',
    'SELECT [Tid].Members ON 0, [Køn].Members ON 2 FROM [Borger]': 'numbered from 0',
    'SELECT [Tid].Members ON 0 FROM (SELECT [Tid].[2022] ON 0 FROM [Borger])': 'does not know',
    'SELECT VisualTotals([Tid].Members) ON 0 FROM [Borger]': 'does not know',
    'DRILLTHROUGH SELECT [Tid].Members ON 0 FROM [Borger]': 'does not know',
  }
  for (const [mdx, reason] of Object.entries(wrong)) {
    const { status, type, text } = await query(mdx)
    assert.equal(status, 500, mdx)
    assert.equal(type, 'text/xml; charset=utf-8')
    assert.match(text, /<faultcode>XMLAnalysisError\.0x[0-9a-f]{8}<\/faultcode>/)
    assert.ok(text.includes(reason), text)
    assert.ok(!text.includes('0102575553'))
  }
})

test('a query that would cost too much ends in a fault, soon', async () => {
  const many = '[Borger].Members * [Ydelse].Members * [Tid].Members * [Køn].Members'
  const doubling = Array.from({ length: 40 }, (_, i) => `SET [S${i + 1}] AS {[S${i}], [S${i}]}`)
  const costly = [
    `SELECT {${Array(1000).fill(many).join()}} ON 0 FROM [Borger]`,
    `WITH SET [S0] AS [Borger].Members ${doubling.join(' ')} SELECT [S40] ON 0 FROM [Borger]`,
    `SELECT Filter(${many}, Filter(${many}, [Measures].[Beløb] > 1).Item > 1) ON 0 FROM [Borger]`,
    `SELECT {${Array(400).fill('[Borger].[CPR].Members').join()}} ON 0, [Ydelse].Members * [Tid].Members ON 1 FROM Borger`,
  ]
  const started = performance.now()
  for (const mdx of costly) {
    const { status, text } = await query(mdx)
    assert.equal(status, 500)
    assert.match(text, /too many cells|does not know/)
  }
  assert.ok(performance.now() - started < 10_000)
})

test('Discover describes the cube, and restrictions narrow it', async () => {
  const types = ['DISCOVER_DATASOURCES', 'DISCOVER_PROPERTIES', 'DBSCHEMA_CATALOGS', 'MDSCHEMA_CUBES']
  for (const type of types) assert.match((await ask(type)).text, /<row>/, type)
  const rowsets = all((await ask('DISCOVER_SCHEMA_ROWSETS')).text, 'SchemaName')
  for (const type of rowsets) assert.equal((await ask(type ?? '')).status, 200, type)
  assert.deepEqual(all((await ask('MDSCHEMA_DIMENSIONS')).text, 'DIMENSION_NAME').length, 5)
  const levels = await ask('MDSCHEMA_LEVELS', { HIERARCHY_UNIQUE_NAME: '[borger]' })
  assert.deepEqual(all(levels.text, 'LEVEL_NAME'), ['(All)', 'Kommune', 'Distrikt', 'CPR'])
  assert.deepEqual(all((await ask('MDSCHEMA_CUBES', { CATALOG_NAME: 'Andet' })).text, 'CUBE_NAME'), [])
  assert.equal((await ask('MDSCHEMA_INVENTED')).status, 500)
})

test('members are found by unique name or path, and TREE_OP walks from there', async () => {
  const names = async (name: string, treeOp?: string) => {
    const wanted = { MEMBER_UNIQUE_NAME: name, ...(treeOp === undefined ? {} : { TREE_OP: treeOp }) }
    return all((await ask('MDSCHEMA_MEMBERS', wanted)).text, 'MEMBER_CAPTION')
  }
  assert.deepEqual(await names('[Borger].[CPR].&[0109505012]'), ['Ida &amp; Bo Fantasø'])
  assert.deepEqual(await names('[Borger].[Nordlunde].[Engparken].[0109505012]'), ['Ida &amp; Bo Fantasø'])
  assert.deepEqual(await names('[Borger].[Kommune].&[Nordlunde]', '1'), ['Bymidten', 'Engparken', 'Havnekvarteret'])
  assert.deepEqual(await names('[Tid].[År].&[2023]', '2'), ['2022', '2024'])
  assert.deepEqual(await names('[Borger].[Distrikt].&[Østre Å]', '36'), ['Alle borgere', 'Søndervæld'])
  assert.equal((await names('[Borger].[Kommune].&[Søndervæld]', '24')).length, 1 + 3 + 17)
  assert.deepEqual(await names('[Borger].[CPR].&[0102575553]'), [])
})

test('a session is begun, used and ended, and then known no more', async () => {
  const begun = await post(envelope(execute(''), `<BeginSession xmlns="${XMLA}" s:mustUnderstand="1"/>`))
  const id = /<Session [^>]*SessionId="([^"]+)"/.exec(begun.text)?.[1] ?? ''
  assert.ok(id !== '')
  const header = (name: string) => `<${name} xmlns="${XMLA}" SessionId="${id}"/>`
  assert.ok((await post(envelope(execute(`${AMOUNT} FROM Borger`), header('Session')))).text.includes(id))
  assert.equal((await post(envelope(execute(''), header('EndSession')))).status, 200)
  assert.equal((await post(envelope(execute(''), header('Session')))).status, 500)
})

test('hostile requests end in a fault or a refusal, never in silence', async () => {
  const deep = '<a>'.repeat(100) + '</a>'.repeat(100)
  const entity = `<!DOCTYPE x [<!ENTITY e "${'x'.repeat(100)}">]>${envelope(execute('&e;'))}`
  for (const body of ['', '<', 'æøå', deep, entity, envelope(''), envelope('<Execute/>')]) {
    assert.equal((await post(body)).status, 500)
  }
  const large = await new Promise<number | string>((resolve) => {
    const sent = request(server.url, { method: 'POST' }, (answer) => resolve(answer.statusCode ?? 0))
    sent.on('error', () => resolve('broken off'))
    sent.end(Buffer.alloc(5_000_000, 0x20))
  })
  assert.ok(large === 413 || large === 'broken off')
  assert.equal((await fetch(server.url)).status, 405)
})

test('UTF-16 is read', async () => {
  const text = envelope(execute(`${AMOUNT}, {[Borger].[Søndervæld]} ${ROWS}`))
  const { text: answer } = await post(
    new Uint8Array(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])),
  )
  assert.deepEqual(captions(answer, 'Axis1'), ['Søndervæld'])
})

test('the sample queries bring two faults and eight answers, of five employees', async () => {
  const statuses: number[] = []
  const users = new Set<string>()
  const passing = await passThrough((status, user) => {
    statuses.push(status)
    users.add(user)
  })
  await sendSampleQueries(passing.url)
  await passing.close()
  assert.equal(statuses.length, SAMPLE_QUERIES.length)
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 200, 200, 200, 200, 200, 200, 200, 500, 500],
  )
  assert.deepEqual(users, new Set(['kirsten.holm', 'jens.kvist', 'aase.bruun', 'mads.lykke', 'bente.oestergaard']))
})

/** Stands where the proxy would. */
async function passThrough(saw: (status: number, user: string) => void) {
  const proxy = createServer((incoming, outgoing) => {
    const forwarded = request(server.url, { method: 'POST', headers: incoming.headers }, (answer) => {
      const [, credentials = ''] = incoming.headers.authorization?.split(' ') ?? []
      saw(answer.statusCode ?? 0, Buffer.from(credentials, 'base64').toString().split(':')[0] ?? '')
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(outgoing)
    })
    incoming.pipe(forwarded)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const address = proxy.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const close = async () => {
    proxy.close()
    proxy.closeAllConnections()
    await once(proxy, 'close')
  }
  return { url: new URL(`http://127.0.0.1:${port}/`), close }
}
