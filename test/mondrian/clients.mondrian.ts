/** Another client nobody here wrote, X4R, in its session; and requests in the encodings that old clients send. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { OPEN, run, x4r, xmla } from './lab.ts'
import * as ledger from './ledger.ts'
import { onlooker } from './onlooker.ts'
import type { Onlooker } from './onlooker.ts'
import { Tilsyn } from './tilsyn.ts'

const BY_KEY = 'SELECT {[Measures].[Beløb]} ON COLUMNS, {[Borger].[CPR].&[0101475001]} ON ROWS FROM [Borger]'
const BY_NAME = 'SELECT {[Measures].[Beløb]} ON COLUMNS, {[Borger.Navn].[Åse Prøvesen]} ON ROWS FROM [Borger]'

let seen: Onlooker
let tilsyn: Tilsyn
before(async () => {
  seen = await onlooker(OPEN.url)
  tilsyn = await Tilsyn.before(seen.url)
})
after(async () => {
  await tilsyn.remove()
  await seen.close()
})

test('X4R prints the same through the proxy, and its statements are in the log once, in its session', async () => {
  const direct = await x4r(OPEN.url, '--user', 'prøve:øre', BY_KEY, BY_NAME)
  const before = seen.arrived.length
  const proxied = await x4r(tilsyn.url, '--user', 'prøve:øre', BY_KEY, BY_NAME)
  assert.equal(proxied.code, 0, proxied.stderr)
  assert.deepEqual(proxied, direct)
  const entries = await tilsyn.logOf(seen.arrived.length)
  // The first number is the set-up's.
  const mine = entries.filter(({ seq }) => seq > before + 1)
  ledger.assertEachStatementOnce(mine, seen.arrived.slice(before))
  const queries = mine.filter(ledger.isStatement)
  assert.equal(queries.length, 2)
  const sessions = new Set(queries.map(({ session_id }) => session_id))
  assert.equal(sessions.size, 1)
  assert.ok(!sessions.has(null))
  assert.deepEqual(
    queries[0]?.criteria.map(({ person }) => person),
    ['0101475001'],
  )
})

const ENCODINGS: Readonly<Record<string, (text: string) => { readonly bytes: Buffer; readonly headers?: string[] }>> = {
  'UTF-16': (text) => ({
    bytes: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text.replace('"UTF-8"', '"UTF-16"'), 'utf16le')]),
  }),
  'ISO-8859-1': (text) => ({ bytes: Buffer.from(text.replace('"UTF-8"', '"ISO-8859-1"'), 'latin1') }),
  'CDATA in chunks': (text) => ({
    bytes: Buffer.from(text.replace(/<Statement>[^]*<\/Statement>/, `<Statement><![CDATA[\n${BY_NAME}]]></Statement>`)),
    headers: ['-H', 'Transfer-Encoding: chunked'],
  }),
}

for (const [name, encode] of Object.entries(ENCODINGS)) {
  test(`a statement sent as ${name} is in the log as Mondrian read it`, async () => {
    const { stdout } = await xmla(OPEN.url, '--print', 'execute', BY_NAME)
    const { bytes, headers = [] } = encode(stdout.trimEnd())
    const args = ['-sS', '-H', 'Content-Type: text/xml', ...headers, '--data-binary', '@-', tilsyn.url.href]
    const answer = await run('curl', args, { input: bytes })
    assert.ok(answer.stdout.includes('Åse Prøvesen'), answer.stdout)
    const entries = await tilsyn.logOf(seen.arrived.length)
    const last = entries.at(-1)
    assert.equal(last?.query.trim(), BY_NAME)
    assert.equal(last.outcome, 'answered')
    assert.equal(last.cube, 'Borger')
    assert.ok(last.criteria.some(({ value }) => value.includes('Åse Prøvesen')))
  })
}
