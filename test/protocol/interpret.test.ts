import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import * as fc from 'fast-check'
import { interpret, interpretGap } from '../../proxy/protocol/interpret.ts'
import type { LogId, Origin } from '../../schema/record/ids.ts'
import { logIdOfPart } from '../../schema/record/ids.ts'
import { FACTS, discover, exchange, execute, record, records, statement } from '../support/exchanges.ts'
import { SETTINGS, fixtureNames, FIXTURES } from '../support/fixture.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { processorMs } from '../support/processor-time.ts'

const BY_KEY = 'SELECT [Measures].[Beløb] ON 0 FROM [Borger] WHERE [Borger].[CPR].&[0101475001]'
const personsOf = (given: Parameters<typeof records>[0]) =>
  records(given).flatMap(({ criteria }) => criteria.flatMap(({ person, personTo }) => [person, personTo]))

test('no bytes, however odd, make it throw, and every exchange is on record', () => {
  const odd = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 200 }).map((text) => new TextEncoder().encode(text)),
    fc.string({ maxLength: 200 }).map((text) => new TextEncoder().encode(statement(text))),
    fc.string({ maxLength: 200 }).map((text) => new TextEncoder().encode(execute(text))),
    fc.string({ maxLength: 60 }).map((text) => new TextEncoder().encode(discover('MDSCHEMA_MEMBERS', text))),
  )
  const header = fc.constantFrom<readonly [string, string]>(
    ['Content-Type', 'text/xml; charset=utf-16'],
    ['Content-Type', 'application/sx+xpress'],
    ['Content-Type', 'application/json; charset=nonsense'],
    ['Content-Encoding', 'gzip'],
    ['Content-Encoding', 'deflate, br, zstd, br'],
    ['Upgrade', 'websocket'],
  )
  fc.assert(
    fc.property(
      odd,
      fc.array(header),
      fc.constantFrom('whole', 'head', 'cut'),
      fc.string(),
      (body, headers, extent, at) => {
        const found = records({ body, headers, extent, target: at })
        assert.ok(found.length >= 1)
        assert.equal(found[0]?.logId, exchange({}).logId)
      },
    ),
    { numRuns: 2000 },
  )
})

test('a real request with any of its bytes changed or cut off is still on record', () => {
  const bodies = fixtureNames().map((name) => {
    const file = readFileSync(join(FIXTURES, name, 'request.http'))
    return file.subarray(file.indexOf('\n\n') + 2)
  })
  const mutated = fc.tuple(fc.constantFrom(...bodies), fc.nat(), fc.nat(255), fc.nat()).map(([body, at, byte, cut]) => {
    const copy = Uint8Array.from(body.subarray(0, body.length - (cut % 3 === 0 ? cut % (body.length + 1) : 0)))
    if (copy.length > 0) copy[at % copy.length] = byte
    return copy
  })
  fc.assert(
    fc.property(mutated, (body) => {
      assert.ok(records({ body }).length >= 1)
    }),
    { numRuns: 1500 },
  )
})

test('a large hostile request takes time in proportion to its size', () => {
  const mega = (unit: string) => unit.repeat(Math.ceil(1_000_000 / unit.length))
  const bodies = [
    statement(mega('"0101475001x",')),
    statement(`EVALUATE ${mega('"010147-5001"')}`),
    statement(mega('[a].[')),
    statement(mega('/*')),
    statement(`SELECT {${mega('[Borger].[CPR].&[0101475001],')}[x]} ON 0 FROM [B]`),
    execute(mega('<Batch><Statement>x</Statement></Batch>')),
    discover('MDSCHEMA_MEMBERS', mega('<MEMBER_NAME>0101475001</MEMBER_NAME>')),
    discover('MDSCHEMA_MEMBERS', `<COORDINATE>${mega('[a].[0101475001],')}</COORDINATE>`),
    statement('x', mega('<Catalog>x</Catalog>')),
    mega('{"cpr":"010147-5001",'),
    mega('<a b="'),
    mega('<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'),
    mega('%30'),
    mega('1'),
    mega('010147-5001 '),
  ]
  for (const body of bodies) {
    const tookMs = processorMs(() => assert.ok(records({ body, target: body.slice(0, 100_000) }).length >= 1))
    assert.ok(tookMs < 8_000, `${body.slice(0, 60)}… took ${tookMs.toFixed()} ms`)
  }
})

test('settings and exchange survive being posted to another thread', () => {
  const given = exchange({ body: statement(BY_KEY) })
  assert.deepEqual(interpret(structuredClone(given), structuredClone(SETTINGS)), interpret(given, SETTINGS))
})

test('the interface is told by the body, whatever SOAPAction and path say', () => {
  const headers = [['SOAPAction', '"urn:schemas-microsoft-com:xml-analysis:Discover"']] as const
  assert.equal(record({ body: statement(BY_KEY), headers, target: '/anything' }).action, 'query')
})

for (const [coding, code] of [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['deflate', deflateRawSync],
  ['br', brotliCompressSync],
  ['zstd', zstdCompressSync],
] as const) {
  test(`a request in ${coding} (${code.name}) is understood, and its hash is that of the bytes on the wire`, () => {
    const body = code(statement(BY_KEY))
    const found = record({ body, headers: [['Content-Encoding', coding]] })
    assert.equal(found.query, BY_KEY)
    assert.equal(found.requestHash, record({ body, headers: [] }).requestHash)
    assert.equal(found.requestBytes, body.length)
  })
}

test('a request that unfolds without end is kept as it came', () => {
  const body = gzipSync(new Uint8Array(40 * 1024 * 1024))
  const found = record({ body, headers: [['Content-Encoding', 'gzip']] })
  assert.equal(found.opaque, 'limits')
  assert.equal(found.query, `data:application/octet-stream;base64,${body.toString('base64')}`)
})

for (const [name, bytes, contentType] of [
  ['UTF-16 with its mark', Buffer.from(`\ufeff${statement(BY_KEY)}`, 'utf16le'), 'text/xml; charset=utf-8'],
  ['UTF-16 without one', Buffer.from(statement(BY_KEY), 'utf16le'), 'text/xml'],
  ['big-endian UTF-16', Buffer.from(`\ufeff${statement(BY_KEY)}`, 'utf16le').swap16(), 'text/xml'],
  ['ISO-8859-1 said in the head', Buffer.from(statement(BY_KEY), 'latin1'), 'text/xml; charset=iso-8859-1'],
  ['ISO-8859-1 said nowhere', Buffer.from(statement(BY_KEY), 'latin1'), 'text/xml; charset=utf-8'],
  ['UTF-8 with its mark', Buffer.from(`\ufeff${statement(BY_KEY)}`), 'text/xml; charset=iso-8859-1'],
  [
    'ISO-8859-1 in the declaration, UTF-8 in the head',
    Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${statement(BY_KEY)}`, 'latin1'),
    'text/xml; charset=utf-8',
  ],
] as const) {
  test(`a statement in ${name} is read with its Danish letters`, () => {
    assert.equal(record({ body: bytes, headers: [['Content-Type', contentType]] }).query, BY_KEY)
  })
}

test('of a request over the capture limit the head is kept, and what it names is on record', () => {
  const whole = statement(`${BY_KEY} ${' '.repeat(50)} rest`)
  const head = whole.slice(0, whole.indexOf('rest'))
  const answered = { requestBytes: 9_000_000, requestHash: 'ab'.repeat(32) }
  const found = record({ body: head, extent: 'head', answered })
  assert.deepEqual([found.opaque, found.language, found.query], ['too-large', 'xmla', head])
  assert.deepEqual([found.requestBytes, found.requestHash], [9_000_000, 'ab'.repeat(32)])
  assert.deepEqual(personsOf({ body: head, extent: 'head', answered }).filter(Boolean), ['0101475001'])
})

test('the head of a CDATA statement, cut within a letter and compressed, gives up its persons', () => {
  const xml = `${execute('').split('</Command>')[0]}<Statement><![CDATA[${BY_KEY} /* ${'x'.repeat(5000)} å`
  const body = Buffer.from(xml).subarray(0, -1)
  const coded = gzipSync(body)
  for (const given of [
    { body, extent: 'head' as const },
    {
      body: coded.subarray(0, coded.length - 8),
      extent: 'head' as const,
      headers: [['Content-Encoding', 'gzip']] as const,
    },
  ]) {
    assert.equal(record(given).opaque, 'too-large')
    assert.ok(personsOf(given).includes('0101475001' as never))
  }
})

test('a request that broke off is opaque, and names whom it named', () => {
  const body = statement(BY_KEY).slice(0, -30)
  const given = { body, extent: 'cut' as const, answered: { ending: 'client-gone' as const, status: null } }
  assert.deepEqual([record(given).opaque, record(given).outcome], ['unreadable', 'aborted'])
  assert.ok(personsOf(given).includes('0101475001' as never))
})

test('SOAP that is not well formed is kept whole, with where it broke and whom it names', () => {
  const body = statement(BY_KEY).replace('&amp;', '&')
  const found = record({ body })
  assert.deepEqual([found.opaque, found.query], ['unreadable', body])
  assert.match(found.opaqueAt ?? '', /^1:\d+$/)
  assert.deepEqual(personsOf({ body }).filter(Boolean), ['0101475001'])
})

test('a DOCTYPE is refused: an entity could hide a person from us and not from the server', () => {
  const body = `<!DOCTYPE x [<!ENTITY p "0101475001">]>${statement(BY_KEY)}`
  assert.deepEqual([record({ body }).opaque, record({ body }).action], ['unknown-protocol', 'request'])
  assert.ok(personsOf({ body }).includes('0101475001' as never))
})

test('binary XML is kept whole and unread, with the application its head tells', () => {
  const body = Uint8Array.of(0xdf, 0xff, 1, 2, 0)
  const headers = [
    ['Content-Type', 'application/sx'],
    ['SspropInitAppName', 'Excel'],
  ] as const
  const found = record({ body, headers })
  assert.deepEqual([found.opaque, found.language, found.application], ['unreadable', 'xmla', 'Excel'])
  assert.equal(found.query, 'data:application/sx;base64,3/8BAgA=')
})

test('another interface is kept whole, with the persons its target and body name and no password', () => {
  const body = JSON.stringify({ cpr: 101475001, note: 'om 0203486110', amount: 12, password: 'hemmelig' })
  const given = { body, headers: [['Content-Type', 'application/json']] as const, target: '/api?CPR=150441%2D7322' }
  const found = record(given)
  assert.deepEqual([found.action, found.opaque, found.language], ['request', 'unknown-protocol', null])
  assert.equal(found.query, body.replace('hemmelig', '…'))
  assert.deepEqual(personsOf(given).filter(Boolean), ['1504417322', '0101475001', '0203486110'])
  assert.ok(found.criteria.every(({ originClause }) => originClause === 'mentioned'))
})

test('persons in the escapes of a form and of JSON are criteria', () => {
  const bodies = [
    ['application/x-www-form-urlencoded', 'nr=010147%2D5001&x=1'],
    ['application/x-www-form-urlencoded; charset=utf-8', 'nr=010147+5001'],
    ['application/json', String.raw`{"nr":"01014\u00375001"}`],
  ] as const
  for (const [type, body] of bodies) {
    const { criteria, query } = record({ headers: [['Content-Type', type]], body })
    assert.deepEqual([query, criteria.map(({ person }) => person)], [body, ['0101475001']], body)
  }
})

test('a request whose compression was never finished is opaque, and names whom it named', () => {
  const body = gzipSync(statement('SELECT FROM [Borger] WHERE [Borger].[CPR].&[0101475001]')).subarray(0, -8)
  const headers = [
    ['Content-Type', 'text/xml'],
    ['Content-Encoding', 'gzip'],
  ] as const
  const { opaque, criteria } = record({ headers, body })
  assert.deepEqual([opaque, criteria.map(({ person }) => person)], ['unreadable', ['0101475001']])
})

test('a request without a body is plain, and the persons in its target are criteria', () => {
  const given = { method: 'GET', target: '/borger?cpr=0101475001&token=abc', headers: [] }
  const found = record(given)
  assert.deepEqual([found.action, found.opaque, found.query], ['request', null, 'GET /borger?cpr=0101475001&token=…'])
  assert.deepEqual(personsOf(given).filter(Boolean), ['0101475001'])
  assert.equal(found.requestHash, null)
})

test('opening a WebSocket is a connect', () => {
  const headers = [
    ['Connection', 'keep-alive, Upgrade'],
    ['Upgrade', 'websocket'],
  ] as const
  assert.equal(record({ method: 'GET', headers, answered: { status: 101, facts: null } }).action, 'connect')
})

for (const [outcome, answered] of [
  ['answered', {}],
  ['refused', { status: 401 }],
  ['refused', { status: 403, facts: null }],
  ['refused', { status: 407 }],
  ['refused', { status: 503, ending: 'refused', facts: null }],
  ['refused', { status: 503, ending: 'withheld', facts: null }],
  ['aborted', { status: 502, ending: 'upstream-unreachable', facts: null }],
  ['aborted', { status: 504, ending: 'upstream-timeout', facts: null }],
  ['aborted', { status: 200, ending: 'client-gone' }],
  ['aborted', { status: 200, ending: 'upstream-gone' }],
  ['fault', { status: 500 }],
  ['fault', { status: 404 }],
  ['fault', { status: 200, facts: { ...FACTS, kind: 'fault', faultCode: null } }],
  ['fault', { status: 200, facts: { ...FACTS, faultCode: '3238658121' } }],
  ['unknown', null],
] as const) {
  test(`an exchange that ended so is ${outcome}: ${JSON.stringify(answered)?.slice(0, 60)}`, () => {
    assert.equal(record({ body: statement(BY_KEY), answered }).outcome, outcome)
  })
}

test('without an answer on record nothing is said about it', () => {
  const found = record({ body: statement(BY_KEY), answered: null })
  const { durationMs, status, answerBytes, personsSeen, decoded, userConfirmed } = found
  assert.deepEqual(
    [durationMs, status, answerBytes, personsSeen, decoded, userConfirmed],
    [null, null, null, null, false, false],
  )
})

test('persons that were seen before the reading broke are kept, and the answer counts as not decoded', () => {
  const persons = [{ person: '0101475001' as never, place: 'axis' }]
  const facts = { ...FACTS, decoded: false, rows: null, cells: null, personsSeen: 1, persons }
  const found = record({ body: statement(BY_KEY), answered: { facts, answerBytes: 9 } })
  assert.deepEqual([found.decoded, found.personsSeen, found.seen], [false, 1, persons])
})

test('each statement of a batch is a part of its own; the answer they share stands at the first', () => {
  const one = `<Statement>${BY_KEY.replace('&', '&amp;')}</Statement>`
  const two = '<Statement>SELECT FROM [Økonomi]</Statement>'
  const persons = [{ person: '0101475001' as never, place: 'axis' }]
  const answered = { facts: { ...FACTS, personsSeen: 1, persons } }
  const found = records({ body: execute(`<Batch>${one}${two}</Batch>`), answered })
  assert.deepEqual(
    found.map(({ part, logId, query }) => [part, logId, query]),
    [
      [0, exchange({}).logId, BY_KEY],
      [1, logIdOfPart(exchange({}).logId, 1), 'SELECT FROM [Økonomi]'],
    ],
  )
  assert.deepEqual(
    found.map(({ rowCount, personsSeen, seen }) => [rowCount, personsSeen, seen.length]),
    [
      [1, 1, 1],
      [null, null, 0],
    ],
  )
})

test('what follows the last part is kept in it, with everybody it names', () => {
  const many = Array.from({ length: 400 }, (_, i) => `<Statement>SELECT FROM [C${i}]</Statement>`)
  const person = `<Statement>${BY_KEY.replace('&', '&amp;')}</Statement>`
  const found = records({ body: execute(`<Batch>${many.join('')}${person}</Batch>`) })
  const last = found.at(-1)
  assert.deepEqual([found.length, last?.part, last?.opaque], [256, 255, 'limits'])
  assert.match(last?.query ?? '', /^SELECT FROM \[C255\]\n/)
  assert.ok(last?.query.endsWith(BY_KEY))
  assert.ok(last?.criteria.some((row) => row.person === ('0101475001' as never)))
})

test('an empty statement is about the session', () => {
  assert.deepEqual(
    [record({ body: execute('<Statement> </Statement>') }).action, record({ body: statement('') }).query],
    ['session', 'Execute'],
  )
})

test('a module is named by the first rule that fits, else by the catalog', () => {
  const modules = [
    { application: 'excel*', catalog: 'k*data', module: 'Regneark' },
    { cube: '*', path: '/xm*', module: 'Kube' },
  ]
  const moduleOf = (body: string) => interpret(exchange({ body }), { ...SETTINGS, modules }).records[0]?.module
  const catalog = '<Catalog>Kommunedata</Catalog>'
  const excel = '<SspropInitAppName>EXCEL 16</SspropInitAppName>'
  assert.equal(moduleOf(statement('SELECT', catalog + excel)), 'Regneark')
  assert.equal(moduleOf(statement('SELECT', `${catalog}<Cube>Borger</Cube>`)), 'Kube')
  assert.equal(moduleOf(statement('SELECT', catalog)), 'Kommunedata')
  assert.equal(moduleOf(statement('SELECT')), null)
})

test('a name longer than its column is cut, and two that begin alike stay apart; the query is never cut', () => {
  const long = (end: string) => 'Æ'.repeat(600) + end
  const body = (end: string) => statement(`SELECT FROM [X] -- ${long(end)}`, `<Catalog>${long(end)}</Catalog>`)
  const [a, b] = [record({ body: body('a') }), record({ body: body('b') })]
  assert.equal(a.catalog?.length, 400)
  assert.match(a.catalog ?? '', /^Æ+…[0-9a-f]{8}$/)
  assert.notEqual(a.catalog, b.catalog)
  assert.ok(a.query.endsWith(long('a')))
})

test('who, from where and about what is taken from the body first and from the head then', () => {
  const properties =
    '<sspropinitappname>Rapport</sspropinitappname><SspropInitAppName>Anden</SspropInitAppName><Catalog/><catalog>K</catalog>' +
    '<EffectiveUserName>KOMMUNE\\anbe</EffectiveUserName><Roles>A,B</Roles><CustomData>c</CustomData>' +
    '<DbpropMsmdRequestID>r1</DbpropMsmdRequestID>'
  const headers = [
    ['User-Agent', 'MSOLAP'],
    ['Referer', 'https://portal.test/rapport/7?cpr=0101475001#x'],
    ['X-AS-SessionID', 's1'],
    ['traceparent', '00-ab-cd-01'],
  ] as const
  const found = record({ body: statement(BY_KEY, properties), headers })
  assert.deepEqual([found.application, found.catalog, found.effectiveUser], ['Rapport', 'K', 'KOMMUNE\\anbe'])
  assert.deepEqual([found.effectiveRoles, found.customData, found.correlationId], ['A,B', 'c', 'r1'])
  assert.deepEqual([found.report, found.sessionId], ['https://portal.test/rapport/7', 's1'])
  const bare = record({ body: statement(BY_KEY), headers })
  assert.deepEqual([bare.application, bare.correlationId], ['MSOLAP', '00-ab-cd-01'])
})

test('queries that passed unrecorded are one entry that says how many', () => {
  const gap = {
    seq: 9,
    logId: '42' as LogId,
    origin: 'o-000000' as Origin,
    server: 'bi',
    from: 1000,
    to: 4000,
    count: 17,
  }
  const found = interpretGap(gap, SETTINGS)
  assert.deepEqual([found.action, found.outcome, found.askedAt, found.durationMs], ['gap', 'unknown', 1000, 3000])
  assert.match(found.query, /^17 queries /)
})
