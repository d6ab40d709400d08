/** The command as an operator meets it: help, exit codes, what is read from where, what is printed. */
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventually, freePort, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'
import type { Running } from '../support/tilsyn.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'
import type { TestServer } from '../support/xmla.ts'

const COMMANDS = ['up', 'proxy', 'reports', 'interpret', 'searched', 'log', 'token', 'migrate', 'doctor']
const PERSON = '0101475001'
const BORGER = `[Borger].[CPR].&[${PERSON}]`

let upstream: TestServer
let folder: string
let port: number
let proxy: Running

function post(body: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: '/xmla', method: 'POST', headers, agent: false }
    const sent = request(options, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    sent.on('error', reject).end(body)
  })
}

before(async () => {
  upstream = await biServer((incoming, _body, response) => {
    const [status, text] =
      incoming.headers.authorization === undefined ? [401, ''] : [200, dataset([[BORGER, 'Åse Prøvesen']])]
    response.writeHead(status, { 'Content-Type': 'text/xml', 'WWW-Authenticate': 'Basic realm="bi"' })
    response.end(text)
  })
  port = await freePort()
  folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'bi01', upstream: upstream.url }],
    modules: [{ cube: 'Borg*', module: 'Ydelse' }],
    persons: { latestBirth: '2057-12-31' },
  })
  proxy = tilsyn(['proxy'], { cwd: folder })
  await printed(proxy, /proxy listening on http:\/\/127\.0\.0\.1:\d+/)
  const credentials = Buffer.from('kirsten.holm:hemmelig').toString('base64')
  const asked = execute(`SELECT {[Measures].[Antal]} ON 0, {${BORGER}} ON 1 FROM [Borger]`)
  assert.equal(await post(asked, { Authorization: `Basic ${credentials}` }), 200)
  assert.equal(await post(asked), 401)
  await eventually(10_000, async () => {
    const { out } = await run(['log', '--json'], { cwd: folder })
    return out.split('\n').filter((line) => line.includes('"bi01"')).length === 2 ? out : null
  })
})

after(async () => {
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0, 'SIGTERM did not stop the proxy cleanly')
  await upstream.close()
})

test('every command has help, and help is no failure', async () => {
  for (const command of COMMANDS) {
    const { code, out } = await run([command, '--help'], { cwd: folder })
    assert.equal(code, 0, command)
    assert.match(out, new RegExp(`tilsyn ${command}`))
    assert.match(out, /--config FILE/)
  }
  const { code, out } = await run(['--help'], { cwd: folder })
  assert.equal(code, 0)
  for (const command of COMMANDS) assert.match(out, new RegExp(`^ +${command} +\\S`, 'm'))
})

test('wrong usage ends with exit code 2 and says what is right', async () => {
  for (const args of [['lgo'], [], ['log', '--usr', 'x'], ['log', '--limit', 'many'], ['searched', PERSON]]) {
    const { code, err } = await run(args, { cwd: folder })
    assert.equal(code, 2, args.length === 2 && args[0] === 'searched' ? 'searched with an argument' : args.join(' '))
    assert.match(err, /tilsyn/)
    assert.doesNotMatch(err, new RegExp(PERSON), 'what stood on the line is not repeated')
  }
  const broken = await run(['log'], { cwd: scratch({ proxy: { lisen: 'x' } }) })
  assert.equal(broken.code, 2)
  assert.match(broken.err, /proxy\.lisen: unknown; expected one of listen/)
})

test('log prints an entry a line with all columns, criteria, dimensions, measures and persons seen', async () => {
  const { code, out } = await run(['log', '--json', '--user', 'kirsten.holm'], { cwd: folder })
  assert.equal(code, 0)
  const [entry, ...more] = out
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
  assert.equal(more.length, 0)
  assert.ok(entry !== undefined)
  assert.equal(entry['server'], 'bi01')
  assert.equal(entry['module'], 'Ydelse')
  assert.equal(entry['cube'], 'Borger')
  assert.equal(entry['catalog'], 'Kommunedata')
  assert.equal(entry['user_name'], 'kirsten.holm')
  assert.equal(entry['user_source'], 'basic')
  assert.equal(entry['user_confirmed'], true)
  assert.equal(entry['outcome'], 'answered')
  assert.equal(entry['status'], 200)
  assert.equal(entry['persons_seen'], 1)
  assert.equal(entry['language'], 'mdx')
  assert.match(String(entry['asked_at']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  assert.deepEqual(entry['seen'], [{ person: PERSON, place: 'axis' }])
  const criteria = entry['criteria']
  assert.ok(Array.isArray(criteria))
  assert.deepEqual(
    criteria.map((row: Record<string, unknown>) => [row['value'], row['person'], row['origin_clause']]),
    [[BORGER, PERSON, 'axis']],
  )
  assert.deepEqual(entry['measures'], [{ ord: 0, measure: '[Measures].[Antal]', calculated: false, via: null }])
})

test('a refused attempt is an entry, with nobody as its user', async () => {
  const { out } = await run(['log', '--json', '--limit', '100'], { cwd: folder })
  const refused = out
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((entry) => entry['outcome'] === 'refused')
  assert.equal(refused.length, 1)
  assert.equal(refused[0]?.['status'], 401)
  assert.equal(refused[0]?.['user_name'], null)
})

test('searched reads the person number from standard input, and the search is itself an entry', async () => {
  const found = await run(['searched', '--json'], { cwd: folder, input: `${PERSON.slice(0, 6)}-${PERSON.slice(6)}\n` })
  assert.equal(found.code, 0)
  const users = found.out
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((entry) => entry['server'] === 'bi01')
    .map((entry) => entry['user_name'])
  assert.deepEqual(users, [null, 'kirsten.holm'])
  const { out } = await run(['log', '--json', '--module', 'Logning'], { cwd: folder })
  assert.match(out, /"action":"search"/)
})

test('searched --covered tells who may have covered somebody, in lines and as JSON, and is an entry too', async () => {
  const other = { cwd: folder, input: `${PERSON.slice(0, 9)}0\n` }
  const lines = await run(['searched', '--covered'], other)
  assert.equal(lines.code, 0)
  const json = await run(['searched', '--covered', '--json'], other)
  const rows = json.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line))
  assert.equal(lines.out.split('\n').filter((line) => line !== '').length, rows.length)
  assert.ok(rows.every(({ covered, reason }) => covered !== 'no' && reason !== 'named'))
  const { out } = await run(['log', '--json', '--module', 'Logning'], { cwd: folder })
  assert.match(out, /"report":"coverage"/)
})

test('a text that is no person number is refused with exit code 2, without repeating it', async () => {
  const { code, err } = await run(['searched'], { cwd: folder, input: '9999999999\n' })
  assert.equal(code, 2)
  assert.doesNotMatch(err, /9999999999/)
})

test('interpret tells what would be logged, for good queries and for bad', async () => {
  const queries = [
    {
      id: 'a',
      lang: 'mdx',
      text: 'SELECT {[Measures].[Antal]} ON 0 FROM [Borger] WHERE (StrToMember(@p))',
      parameters: { p: BORGER },
    },
    { id: 'b', lang: 'mdx', text: `SELECT ( FROM ${BORGER}` },
    { id: 'c', text: `EVALUATE FILTER('Borger', 'Borger'[CPR] = "${PERSON}")` },
  ]
  const input = `${queries.map((query) => JSON.stringify(query)).join('\n')}\nnot json\n`
  const { code, out, err } = await run(['interpret', '--latest-birth', '2057-12-31'], { cwd: folder, input })
  const lines = out
    .trim()
    .split('\n')
    .map((line): Record<string, unknown> => JSON.parse(line))
  assert.deepEqual(
    lines.map((line) => [line['id'], line['kind'], line['persons']]),
    [
      ['a', 'select', [PERSON]],
      ['b', 'opaque', [PERSON]],
      ['c', lines[2]?.['kind'], [PERSON]],
    ],
  )
  assert.equal(lines[0]?.['cube'], 'Borger')
  assert.match(err, /line 4/)
  assert.equal(code, 1)
})

test('doctor finds its planted query in the tables', async () => {
  const { code, out } = await run(['doctor'], { cwd: folder })
  assert.match(out, /ok +planted query: is entry \d+ of the log/)
  assert.doesNotMatch(out, /FAILED/)
  assert.equal(code, 0)
})

test('doctor fails, and says where, when nothing is running', async () => {
  const dead = await freePort()
  const cwd = scratch({
    proxy: { listen: `127.0.0.1:${await freePort()}` },
    servers: [{ name: 'bi02', upstream: `http://127.0.0.1:${dead}` }],
  })
  const { code, out } = await run(['doctor'], { cwd })
  assert.equal(code, 1)
  assert.match(out, /FAILED +BI server bi02: no answer \(ECONNREFUSED\)/)
  assert.match(out, /FAILED +proxy: no answer .*tilsyn up/)
})

test('log --json prints a very long query whole', async () => {
  const long = `SELECT FROM [Borger] -- ${'x'.repeat(300_000)}`
  await post(execute(long), { Authorization: `Basic ${Buffer.from('long.writer:x').toString('base64')}` })
  const line = await eventually(20_000, async () => {
    const { out } = await run(['log', '--json', '--user', 'long.writer'], { cwd: folder })
    return out === '' ? null : out
  })
  assert.equal((JSON.parse(line) as { query: string }).query, long)
})

test('migrate can be run again and changes nothing', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'tilsyn-migrate-'))
  assert.match((await run(['migrate'], { cwd })).out, /applied/)
  const again = await run(['migrate'], { cwd })
  assert.equal(again.code, 0)
  assert.doesNotMatch(again.out, /applied/)
})

test('without the database every command says why, with exit code 1 and without the password', async () => {
  const connection = `Server=127.0.0.1,${await freePort()};Database=x;User Id=u;Password=Hemmelig-1;Encrypt=false`
  const cwd = scratch({ store: { kind: 'mssql' } })
  const env = { TILSYN_MSSQL: connection }
  for (const args of [['migrate'], ['log'], ['searched'], ['token', '--role', 'auditor'], ['doctor']]) {
    const { code, out, err } = await run(args, { cwd, env, input: `${PERSON}\n` })
    assert.equal(code, 1, args.join(' '))
    assert.match(out + err, /SQL Server: no connection: nobody listens/, args.join(' '))
    assert.doesNotMatch(out + err, /Hemmelig|0101475001/)
  }
})

test('a second proxy on the same journal is refused with a clear message', async () => {
  const { code, err } = await run(['proxy'], { cwd: folder })
  assert.equal(code, 1)
  assert.match(err, /JOURNAL_LOCKED/)
})
