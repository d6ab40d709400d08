/**
 * Nothing changed: what Mondrian answers reaches the client byte for byte. Each request is sent twice without the proxy,
 * to see whether Mondrian itself says the same twice, and once through it.
 *
 * Left out of the comparison: hop-by-hop headers (RFC 9110 section 7.6.1 "Connection") and `Date`, which Jetty does not
 * send. Made the same before comparing: the id in the answer to BeginSession, which Mondrian draws anew each time.
 */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { GUARDED, OPEN, run, xmla } from './lab.ts'
import type { Mondrian } from './lab.ts'
import { Tilsyn } from './tilsyn.ts'

let folder = ''
let open: Tilsyn
let guarded: Tilsyn
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tilsyn-bytes-'))
  open = await Tilsyn.before(OPEN.url)
  guarded = await Tilsyn.before(GUARDED.url)
})
after(async () => {
  await open.remove()
  await guarded.remove()
  await rm(folder, { recursive: true })
})

/** What curl sends, and how: options of curl beside the address. */
interface Sent {
  readonly body?: string | Buffer
  readonly options?: readonly string[]
  readonly to?: Mondrian
}

const TEXT_XML = ['-H', 'Content-Type: text/xml; charset=utf-8']
const asRevisor = ['--user', 'revisor:revisor']
const person = 'SELECT {[Measures].[Beløb]} ON COLUMNS, {[Borger].[CPR].&[0101475001]} ON ROWS FROM [Borger]'
const manyRows =
  'SELECT {[Measures].[Antal], [Measures].[Beløb]} ON COLUMNS, NON EMPTY CrossJoin([Borger].[CPR].Members, [Tid].[Aar].Members) ON ROWS FROM [Borger]'

/** The envelope that xmla.sh makes of its arguments. */
async function envelope(...args: readonly string[]): Promise<string> {
  const { code, stdout } = await xmla(OPEN.url, '--print', ...args)
  assert.equal(code, 0)
  return stdout.trimEnd()
}

const request =
  (...args: readonly string[]) =>
  async (): Promise<Sent> => ({ body: await envelope(...args) })

const discoverMembers = (...restrictions: readonly string[]) =>
  request('discover', 'MDSCHEMA_MEMBERS', 'CUBE_NAME=Borger', ...restrictions)

const encoded = (name: string, encode: (text: string) => Buffer) => async (): Promise<Sent> => {
  const text = await envelope('execute', person)
  return { body: encode(text.replace('encoding="UTF-8"', `encoding="${name}"`)) }
}

const inCdata = async (): Promise<Sent> => {
  const text = await envelope('execute', person)
  const body = text.replace(/<Statement>[^]*<\/Statement>/, `<Statement>\n<![CDATA[\n${person}]]>\n</Statement>`)
  return { body, options: ['-H', 'Transfer-Encoding: chunked'] }
}

const toGuarded = (options: readonly string[], statement: string) => async (): Promise<Sent> => {
  return { body: await envelope('execute', statement), options, to: GUARDED }
}

const CASES: Readonly<Record<string, () => Promise<Sent>>> = {
  'Discover of data sources': request('discover', 'DISCOVER_DATASOURCES'),
  'Discover of properties': request('discover', 'DISCOVER_PROPERTIES'),
  'Discover of cubes with schema': request('--content', 'SchemaData', 'discover', 'MDSCHEMA_CUBES'),
  'Discover of a person': discoverMembers('MEMBER_UNIQUE_NAME=[Borger].[CPR].&[0101475001]'),
  'Discover of a district': discoverMembers('MEMBER_UNIQUE_NAME=[Borger].[Sønderå].[Bymidten]', 'TREE_OP=1'),
  'Discover of an unknown type': request('discover', 'MDSCHEMA_KPIS'),
  'one person': request('execute', person),
  'one person with schema': request('--content', 'SchemaData', 'execute', person),
  'one person, tabular': request('--format', 'Tabular', 'execute', person),
  'drill-through': request('--format', 'Tabular', 'execute', `DRILLTHROUGH MAXROWS 5 ${person}`),
  'every person in three years': request('execute', manyRows),
  'an empty statement': request('execute', ''),
  'an unknown measure': request('execute', 'SELECT {[Measures].[Findes ikke]} ON COLUMNS FROM [Borger]'),
  'a fault that lies about its encoding': request('execute', 'SELECT {[Measures].[Beløb]} ON COLUMNS FROM [Løn]'),
  'a syntax error': request('execute', 'SELECT {[Measures].[Beløb] ON COLUMNS FROM [Borger]'),
  'an unknown catalog': request('--catalog', 'Findes & ikke', 'execute', person),
  'beginning a session': request('--begin-session', 'execute', ''),
  'a query in a session': request('--session', '12345', 'execute', person),
  'ending a session': request('--end-session', '12345', 'execute', ''),
  'a WS-Security name': request('--security', 'prøve:hemmelig', '--begin-session', 'execute', ''),
  'UTF-16': encoded('UTF-16', (text) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])),
  'Latin-1': encoded('ISO-8859-1', (text) => Buffer.from(text, 'latin1')),
  'CDATA in chunks': inCdata,
  'unreadable XML': async () => ({ body: '<Envelope><unclosed>' }),
  'no body at all': async () => ({ body: '' }),
  'a content type that Mondrian refuses': async () => ({
    ...(await request('execute', person)()),
    options: ['-H', 'Content-Type: application/json'],
  }),
  'Expect: 100-continue': async () => ({
    ...(await request('execute', person)()),
    options: ['-H', 'Expect: 100-continue'],
  }),
  'HTTP/1.0': async () => ({ ...(await request('execute', person)()), options: ['--http1.0'] }),
  GET: async () => ({ options: ['--get'] }),
  'no password': toGuarded([], person),
  'a wrong password': toGuarded(['--user', 'revisor:forkert'], person),
  'the right password': toGuarded(asRevisor, person),
  'a refused look-up': toGuarded(['--user', 'sagsbehandler:sagsbehandler'], person),
  'a name and password beyond ASCII': toGuarded(
    ['--user', 'økonom:kroner&øre'],
    'SELECT {[Measures].[Budget]} ON COLUMNS FROM [Økonomi]',
  ),
  'gzip, small': toGuarded([...asRevisor, '-H', 'Accept-Encoding: gzip'], person),
  'gzip, large': toGuarded([...asRevisor, '-H', 'Accept-Encoding: gzip'], manyRows),
}

interface Answer {
  readonly statusLine: string
  readonly headers: readonly string[]
  readonly body: string
}

const HOP_BY_HOP = /^(?:connection|keep-alive|proxy-[a-z-]+|te|trailer|transfer-encoding|upgrade|date):/i

async function send(url: URL, { body, options = [] }: Sent): Promise<Answer> {
  const place = (name: string) => join(folder, name)
  const data = body === undefined ? [] : ['--data-binary', `@${place('body')}`]
  if (body !== undefined) await writeFile(place('body'), body)
  const type = options.some((option) => option.startsWith('Content-Type:')) ? [] : TEXT_XML
  const into = ['-D', place('head'), '-o', place('answer')]
  // curl leaves no file for an empty answer.
  await writeFile(place('answer'), '')
  const args = ['-sS', '--max-time', '60', '-A', 'curl', ...type, ...options, ...into, ...data, url.href]
  const { code, stderr } = await run('curl', args)
  assert.equal(code, 0, stderr)
  const heads = (await readFile(place('head'), 'latin1')).trimEnd().split('\r\n\r\n')
  const [statusLine = '', ...headers] = heads.at(-1)?.split('\r\n') ?? []
  const text = (await readFile(place('answer'))).toString('latin1')
  return { statusLine, headers: headers.filter((line) => !HOP_BY_HOP.test(line)), body: sameSession(text) }
}

function sameSession(body: string): string {
  return body.replace(/(<Session [^>]*SessionId=")[^"]*/, '$1…')
}

for (const [name, make] of Object.entries(CASES)) {
  test(`${name}: the answer is the same with the proxy and without`, async () => {
    const sent = await make()
    const upstream = (sent.to ?? OPEN).url
    const proxied = (sent.to === GUARDED ? guarded : open).url
    const direct = await send(upstream, sent)
    assert.deepEqual(await send(upstream, sent), direct, 'Mondrian itself answers differently each time')
    assert.deepEqual(await send(proxied, sent), direct)
  })
}
