import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'

const MAIN = join(import.meta.dirname, '../../schema/main.ts')
const EXAMPLES = join(import.meta.dirname, '../../docs/mappings')
const CAPTURES = join(import.meta.dirname, '../../../shared/captures')
const folder = mkdtempSync(join(tmpdir(), 'tilsyn-trial-'))
after(() => rmSync(folder, { recursive: true }))

function interpret(...options: readonly string[]) {
  const given = ['interpret', '--latest-birth', '2057-12-31', ...options]
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...given], { cwd: folder, encoding: 'utf8' })
  return { status, stdout, stderr }
}

interface Printed {
  readonly readBy: string | null
  readonly mappings: readonly { foreign: string | null; unmatched: readonly string[]; missing: readonly string[] }[]
  readonly records: readonly { opaque: string | null; personsSeen: number | null; userName: string | null }[]
  readonly personsBeside: readonly string[]
}
const printed = (text: string): Printed => JSON.parse(text) as Printed

const EXAMPLE = join(EXAMPLES, 'example-bi-xml')
const MAPPING = join(EXAMPLE, 'mapping.json')

test('an exchange tried with its mapping is printed as it would be recorded, with who read it and whom it leaves out', () => {
  const { status, stdout } = interpret('--exchange', EXAMPLE, '--mapping', MAPPING)
  const { readBy, mappings, records, personsBeside } = printed(stdout)
  assert.deepEqual([status, readBy, records.length, records[0]?.opaque], [0, 'example-bi-xml', 1, null])
  assert.deepEqual([mappings[0]?.foreign, mappings[0]?.unmatched, mappings[0]?.missing], [null, [], []])
  assert.equal(records[0]?.personsSeen, 1)
  assert.deepEqual(personsBeside, ['1703445217'])
})

test('as text it says where the mapping found nothing, and what it promised and had not', () => {
  const mapping = join(folder, 'unfit.json')
  const written = {
    name: 'unfit',
    match: { path: '*' },
    body: 'xml',
    report: '/call/nothing',
    cube: { at: '/x', required: true },
  }
  writeFileSync(mapping, JSON.stringify({ ...written, measures: [{ each: '//measure', measure: '@name' }] }))
  const { status, stdout } = interpret('--exchange', EXAMPLE, '--mapping', mapping, '--format', 'text')
  assert.equal(status, 1)
  assert.match(stdout, /^read by +unfit$/m)
  assert.match(stdout, /^ +missing +cube$/m)
  assert.match(stdout, /^ +nothing at +cube, report$/m)
  assert.match(stdout, /^ +opaque +misfit$/m)
  assert.match(stdout, /^ +Beløb$/m)
  assert.match(stdout, /no named criterion holds: .*0101475001/)
})

test('a mapping that does not fit is told with the part of its rule that does not', () => {
  const { status, stdout } = interpret('--exchange', join(EXAMPLES, 'example-bi-json'), '--mapping', MAPPING)
  assert.deepEqual([status, printed(stdout).readBy, printed(stdout).mappings[0]?.foreign], [1, null, 'path'])
})

test('a mistake in a mapping ends it with exit code 2, file, place and expectation', () => {
  const mapping = join(folder, 'wrong.json')
  writeFileSync(mapping, '{"name":"x","match":{"path":"bi"},"body":"yaml","criterea":[]}')
  const form = interpret('--exchange', EXAMPLE, '--mapping', mapping)
  assert.equal(form.status, 2)
  assert.match(form.stderr, /wrong\.json:\n/)
  assert.match(form.stderr, /match\.path: expected a path that begins with \/ or \*/)
  assert.match(form.stderr, /body: expected one of \["xml","json","form","target"\]/)
  assert.match(form.stderr, /criterea: unknown; expected one of name, /)

  writeFileSync(mapping, '{"name":"x","match":{"path":"/bi"},"body":"xml","cube":"a["}')
  const path = interpret('--exchange', EXAMPLE, '--mapping', mapping)
  assert.equal(path.status, 2)
  assert.match(path.stderr, /wrong\.json:\n +cube: expected an XPath/)
})

test('a place without an exchange, and a head that is none, end it with exit code 2 and what was expected', () => {
  const missing = interpret('--exchange', join(folder, 'nowhere'))
  assert.equal(missing.status, 2)
  assert.match(missing.stderr, /nowhere:\n +request\.head: expected a folder, or a prefix, with this file/)
  writeFileSync(join(folder, 'odd.request.head'), 'hello\n')
  const odd = interpret('--exchange', join(folder, 'odd'))
  assert.equal(odd.status, 2)
  assert.match(odd.stderr, /odd\.request\.head:\n +line 1: expected a line such as POST/)
})

test('an exchange without an answer has the outcome unknown; one named by a prefix is read like one in a folder', () => {
  writeFileSync(join(folder, '01-xmla.request.head'), 'POST /xmla HTTP/1.1\r\nContent-Type: text/xml\r\n')
  const statement = 'SELECT FROM [Borger] WHERE [Borger].[CPR].&amp;[0101475001]'
  writeFileSync(
    join(folder, '01-xmla.request.body'),
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>' +
      `<Execute xmlns="urn:schemas-microsoft-com:xml-analysis"><Command><Statement>${statement}</Statement></Command>` +
      '<Properties><PropertyList/></Properties></Execute></Body></Envelope>',
  )
  const { status, stdout } = interpret('--exchange', join(folder, '01-xmla'), '--format', 'text')
  assert.equal(status, 0)
  assert.match(stdout, /^read by +xmla$/m)
  assert.match(stdout, /^ +outcome +unknown$/m)
  assert.match(stdout, /person 0101475001/)
})

test('a capture of a real server is read', (t) => {
  if (!existsSync(CAPTURES)) return t.diagnostic('left out: there is no ../shared/captures here')
  const { status, stdout } = interpret('--exchange', join(CAPTURES, '07-execute-slicer'))
  assert.deepEqual([status, printed(stdout).readBy, printed(stdout).records.length], [0, 'xmla', 1])
})

test('an option that belongs to an exchange is wrong without one', () => {
  const { status, stderr } = interpret('--mapping', MAPPING)
  assert.equal(status, 2)
  assert.match(stderr, /--mapping belongs to --exchange/)
})

test('mappings of the configuration are tried as the proxy would', () => {
  const config = join(folder, 'tilsyn.config.json')
  writeFileSync(config, JSON.stringify({ mappings: [MAPPING], modules: [{ catalog: 'kommune*', module: 'Ydelser' }] }))
  const { status, stdout } = interpret('--exchange', EXAMPLE, '--config', config)
  assert.deepEqual([status, printed(stdout).readBy], [0, 'example-bi-xml'])
  rmSync(config)
})

test('the proxy does not start with a mapping whose paths cannot be used', () => {
  const [config, mapping] = [join(folder, 'start.config.json'), join(folder, 'start.mapping.json')]
  writeFileSync(mapping, '{"name":"x","match":{"path":"/bi"},"body":"json","cube":"$.a["}')
  writeFileSync(config, JSON.stringify({ mappings: [mapping], proxy: { listen: '127.0.0.1:0' } }))
  const given = [MAIN, 'proxy', '--config', config]
  const { status, stderr } = spawnSync(process.execPath, given, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  assert.equal(status, 2)
  assert.match(stderr, /start\.mapping\.json:\n +cube: expected a JSONPath/)
})
