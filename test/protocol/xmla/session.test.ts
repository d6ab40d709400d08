import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answered, AnswerFacts, Exchange } from '../../../proxy/exchange.ts'
import { interpret } from '../../../proxy/protocol/interpret.ts'
import { Learned } from '../../../proxy/protocol/learned/learned.ts'
import type { QueryRecord } from '../../../schema/record/record.ts'
import type { Given } from '../../support/exchanges.ts'
import { FACTS, discover, exchange, execute, statement } from '../../support/exchanges.ts'
import { SETTINGS } from '../../support/fixture.ts'

const XMLA = 'urn:schemas-microsoft-com:xml-analysis'
const HOUR = 3_600_000

interface Asks extends Given {
  readonly user?: string | null
  readonly source?: Exchange['asked']['identity']['source']
  readonly confirmed?: boolean
  readonly header?: string
  readonly facts?: Partial<AnswerFacts>
  readonly status?: number
  readonly server?: string
  readonly hoursLater?: number
}

/** A proxy that keeps what exchanges teach, as the recorder does. */
class Proxy {
  readonly #learned: Learned

  constructor(learned = new Learned()) {
    this.#learned = learned
  }

  ask({
    user = null,
    source,
    confirmed = user !== null,
    header = '',
    facts = {},
    status = 200,
    ...given
  }: Asks): QueryRecord {
    const body = String(given.body).replace('<s:Header>', `<s:Header>${header}`)
    const answered: Partial<Answered> = {
      status,
      userConfirmed: confirmed,
      facts: { ...FACTS, ...facts },
      ...given.answered,
    }
    const made = exchange({ ...given, body, answered })
    const identity = { user, source: source ?? (user === null ? 'none' : 'basic'), workstation: null } as const
    const askedAt = made.asked.askedAt + (given.hoursLater ?? 0) * HOUR
    const asked = { ...made.asked, identity, askedAt, server: given.server ?? 'bi' }
    const { records, lessons } = interpret({ ...made, asked }, SETTINGS, this.#learned)
    this.#learned.learn(lessons, askedAt)
    return records[0] ?? assert.fail()
  }

  begin(id: string, given: Asks = {}): QueryRecord {
    const header = `<BeginSession xmlns="${XMLA}" mustUnderstand="1"/>`
    return this.ask({ body: statement('', PROPERTIES), header, ...given, facts: { opened: id, ...given.facts } })
  }
}

const PROPERTIES =
  '<Catalog>Kommunedata</Catalog><CustomData>sag 7</CustomData><Roles>Sagsbehandler</Roles>' +
  '<SspropInitAppName>Regneark</SspropInitAppName><EffectiveUserName>KOMMUNE\\hanne</EffectiveUserName>' +
  '<LocaleIdentifier>1030</LocaleIdentifier>'
const within = (id: string): string => `<Session xmlns="${XMLA}" SessionId="${id}"/>`
const QUERY = statement('SELECT [Measures].[Antal] ON 0 FROM [Borger]')

test('what a session was begun with holds in it, where a request does not say otherwise', () => {
  const proxy = new Proxy()
  const begun = proxy.begin('s1')
  assert.deepEqual([begun.action, begun.sessionId], ['session', 's1'])
  const { catalog, customData, effectiveRoles, application, effectiveUser, module, sessionId } = proxy.ask({
    body: QUERY,
    header: within('s1'),
  })
  assert.deepEqual(
    [catalog, customData, effectiveRoles, application, effectiveUser, module, sessionId],
    ['Kommunedata', 'sag 7', 'Sagsbehandler', 'Regneark', 'KOMMUNE\\hanne', 'Borgersager', 's1'],
  )
  const own = proxy.ask({ body: statement('SELECT FROM [X]', '<catalog>Andet</catalog>'), header: within('s1') })
  assert.deepEqual([own.catalog, own.customData], ['Andet', 'sag 7'])
  assert.equal(proxy.ask({ body: QUERY, header: within('s1') }).catalog, 'Kommunedata')
  const found = proxy.ask({ body: discover('MDSCHEMA_CUBES', ''), header: within('s1') })
  assert.deepEqual([found.catalog, found.customData], ['Kommunedata', 'sag 7'])
})

for (const [shape, header] of [
  ['prefixed and with mustUnderstand', `<XA:Session xmlns:XA="${XMLA}" mustUnderstand="1" SessionId="s1"/>`],
  ['with the attribute in another case', `<Session xmlns="${XMLA}" sessionID="s1"></Session>`],
  ['in the SOAP header', within('s1')],
] as const) {
  test(`a session ${shape} is the same session`, () => {
    const proxy = new Proxy()
    proxy.begin('s1')
    assert.equal(proxy.ask({ body: QUERY, header }).catalog, 'Kommunedata')
  })
}

test('a session may stand in the head, of the request and of the answer', () => {
  const proxy = new Proxy()
  proxy.begin('', { facts: { opened: null }, answered: { headers: [['X-AS-SessionID', 's2']] } })
  const headers = [
    ['Content-Type', 'text/xml'],
    ['x-as-sessionid', 's2'],
  ] as const
  assert.deepEqual(
    [proxy.ask({ body: QUERY, headers }).catalog, proxy.ask({ body: QUERY, headers }).sessionId],
    ['Kommunedata', 's2'],
  )
})

test('a session first seen under way teaches what its requests say, each a part', () => {
  const proxy = new Proxy()
  proxy.ask({ body: statement('SELECT FROM [X]', '<Catalog>K</Catalog>'), header: within('s'), user: 'anna' })
  proxy.ask({
    body: statement('SELECT FROM [X]', '<Catalog>L</Catalog><CustomData>d</CustomData>'),
    header: within('s'),
    user: 'anna',
  })
  const { catalog, customData } = proxy.ask({ body: QUERY, header: within('s'), user: 'anna' })
  assert.deepEqual([catalog, customData], ['K', 'd'])
})

test('a name of WS-Security given when the session began holds in it', () => {
  const security =
    '<Security xmlns="http://schemas.xmlsoap.org/ws/2002/04/secext"><UsernameToken><Username>grethe</Username></UsernameToken></Security>'
  const proxy = new Proxy()
  const begin = `${security}<BeginSession xmlns="${XMLA}"/>`
  proxy.ask({ body: QUERY, header: begin, facts: { opened: 's' } })
  assert.equal(proxy.ask({ body: QUERY, header: within('s') }).effectiveUser, 'grethe')
})

test('a request that names nobody has the user who was confirmed when the session began', () => {
  const proxy = new Proxy()
  proxy.begin('s', { user: 'KOMMUNE\\anna' })
  const { userName, userSource, userConfirmed } = proxy.ask({ body: QUERY, header: within('s') })
  assert.deepEqual([userName, userSource, userConfirmed], ['KOMMUNE\\anna', 'session', true])
})

test('the user of a session never stands in for one that a request brings, readable or not', () => {
  const proxy = new Proxy()
  proxy.begin('s', { user: 'anna' })
  const bo = proxy.ask({ body: QUERY, header: within('s'), user: 'bo' })
  assert.deepEqual([bo.userName, bo.userSource], ['bo', 'basic'])
  const ticket = proxy.ask({ body: QUERY, header: within('s'), source: 'kerberos' })
  assert.deepEqual([ticket.userName, ticket.userSource, ticket.catalog], [null, 'kerberos', null])
})

test('a user who was not confirmed, or a refusal, or a fault, begins nothing', () => {
  for (const given of [
    { user: 'anna', confirmed: false },
    { user: 'anna', status: 401 },
    { user: 'anna', facts: { kind: 'fault', faultCode: 'x' } },
    { user: 'anna', facts: { faultCode: 'x' } },
    { user: 'anna', facts: { decoded: false } },
    { user: 'anna', answered: { ending: 'upstream-gone' } },
  ] as const) {
    const proxy = new Proxy()
    proxy.begin('s', given)
    assert.equal(proxy.ask({ body: QUERY, header: within('s') }).userName, null, JSON.stringify(given))
  }
})

test('a session that the BI server does not go on with confirms nobody', () => {
  const proxy = new Proxy()
  proxy.begin('s', { user: 'anna' })
  const gone = proxy.ask({ body: QUERY, header: within('s'), facts: { kind: 'fault', faultCode: '0xC10C0006' } })
  assert.deepEqual([gone.userName, gone.userSource, gone.userConfirmed], ['anna', 'session', false])
})

test('another user in a session takes nothing over, teaches nothing in it, and is told of', () => {
  const proxy = new Proxy()
  proxy.begin('s', { user: 'KOMMUNE\\anna' })
  const more = statement('SELECT FROM [X]', '<Cube>Andet</Cube>')
  const bo = proxy.ask({ body: more, header: within('s'), user: 'KOMMUNE\\bo' })
  assert.deepEqual(
    [bo.catalog, bo.customData, bo.effectiveUser, bo.faultCode, bo.outcome],
    [null, null, null, 'session-of-another-user', 'answered'],
  )
  const refused = proxy.ask({ body: more, header: within('s'), user: 'bo', facts: { kind: 'fault', faultCode: 'E1' } })
  assert.equal(refused.faultCode, 'E1')
  for (const user of ['kommune\\ANNA', 'anna', 'KOMMUNE\\anna']) {
    const anna = proxy.ask({ body: statement('SELECT 1 ON 0'), header: within('s'), user })
    assert.deepEqual([anna.catalog, anna.cube, anna.faultCode], ['Kommunedata', null, null])
  }
})

test('who names a second session in the head changes nothing in it, and does not end it', () => {
  const header = (id: string) => ({
    headers: [
      ['Content-Type', 'text/xml'],
      ['X-AS-SessionID', id],
    ] as const,
  })
  for (const user of ['KOMMUNE\\bo', null]) {
    const proxy = new Proxy()
    proxy.begin('a', { user: 'KOMMUNE\\anna' })
    proxy.begin('b', { user: 'KOMMUNE\\bo', body: statement('', '<Catalog>Bos</Catalog>') })
    const more = statement("CREATE SESSION SET [X] AS '{[Borger].[CPR].&[0101475001]}'", '<Cube>C</Cube>')
    const told = proxy.ask({ body: more, header: within('b'), user, ...header('a') })
    assert.deepEqual(
      [told.catalog, told.faultCode, told.userName],
      ['Bos', user === null ? null : 'session-of-another-user', 'KOMMUNE\\bo'],
    )
    const end = `<EndSession xmlns="${XMLA}" SessionId="b"/>`
    proxy.ask({ body: statement(''), header: end, user, ...header('a') })
    const { userName, catalog } = proxy.ask({ body: QUERY, header: within('a') })
    assert.deepEqual([userName, catalog], ['KOMMUNE\\anna', 'Kommunedata'])
  }
})

test('what a BI server answers to somebody else takes no session from who began it', () => {
  const proxy = new Proxy()
  proxy.begin('a', { user: 'anna' })
  proxy.ask({ body: QUERY, user: 'bo', facts: { opened: 'a' } })
  assert.equal(proxy.ask({ body: QUERY, header: within('a') }).userName, 'anna')
})

test('a session that is begun anew takes nothing from the one before, though its id stands in the head', () => {
  const proxy = new Proxy()
  proxy.begin('a')
  const headers = [['X-AS-SessionID', 'a']] as const
  const begun = proxy.begin('b', { body: statement('SELECT FROM [X]', '<Catalog>L</Catalog>'), headers })
  assert.deepEqual([begun.catalog, begun.effectiveUser], ['L', null])
  assert.equal(proxy.ask({ body: QUERY, header: within('b') }).effectiveUser, null)
})

test('a session that goes by two ids is one: what is said under either holds under both, and it ends under both', () => {
  const proxy = new Proxy()
  proxy.begin('soap', { answered: { headers: [['X-AS-SessionID', 'head']] } })
  const inHead = { headers: [['x-as-sessionid', 'head']] as const }
  const create = "CREATE SESSION SET [Borger].[De to] AS '{[Borger].[CPR].&[0101475001],[Borger].[CPR].&[0203486110]}'"
  proxy.ask({ body: statement(create), ...inHead })
  const later = { body: statement('SELECT [De to] ON 0 FROM [Borger]'), header: within('soap') }
  assert.equal(proxy.ask(later).criteria.length, 2)
  proxy.ask({ body: statement(''), header: `<EndSession xmlns="${XMLA}" SessionId="soap"/>` })
  assert.deepEqual([proxy.ask(later).catalog, proxy.ask({ body: QUERY, ...inHead }).catalog], [null, null])
})

test('a session that is named under ever more ids holds no more than a few of them', () => {
  const learned = new Learned()
  const proxy = new Proxy(learned)
  proxy.begin('s')
  for (let i = 0; i < 20; i += 1) {
    const headers = [['x-as-sessionid', `other${i}`]] as const
    proxy.ask({ body: QUERY, header: within('s'), headers })
  }
  assert.ok(learned.written.sessions.length <= 4)
  assert.equal(proxy.ask({ body: QUERY, header: within('s') }).catalog, 'Kommunedata')
})

test('another spelling of a user, which nobody can be sure of, takes nothing over and is not accused', () => {
  const proxy = new Proxy()
  proxy.begin('s', { user: 'KOMMUNE\\anna' })
  for (const user of ['anna@kommune.dk', 'ANDEN\\anna']) {
    const found = proxy.ask({ body: QUERY, header: within('s'), user })
    assert.deepEqual([found.catalog, found.faultCode, found.userName], [null, null, user])
  }
  const own = proxy.ask({ body: QUERY, header: within('s'), user: 'KOMMUNE\\anna' })
  assert.equal(own.catalog, 'Kommunedata')
})

test('a session begun by nobody gives nobody away, whoever joins it', () => {
  const proxy = new Proxy()
  proxy.begin('s')
  assert.equal(proxy.ask({ body: QUERY, header: within('s'), user: 'anna' }).catalog, 'Kommunedata')
  assert.equal(proxy.ask({ body: QUERY, header: within('s') }).userName, null)
})

test('a session ends with EndSession, after a day without use, and is of one server only', () => {
  const proxy = new Proxy()
  proxy.begin('s')
  assert.equal(proxy.ask({ body: QUERY, header: within('s'), server: 'other' }).catalog, null)
  for (const hoursLater of [20, 40, 60]) {
    assert.equal(proxy.ask({ body: QUERY, header: within('s'), hoursLater }).catalog, 'Kommunedata')
  }
  assert.equal(proxy.ask({ body: QUERY, header: within('s'), hoursLater: 90 }).catalog, null)
  proxy.begin('t')
  const end = `<EndSession xmlns="${XMLA}" SessionId="t"/>`
  const ended = proxy.ask({ body: statement(''), header: end })
  assert.deepEqual([ended.action, ended.query, ended.catalog], ['session', 'EndSession', 'Kommunedata'])
  assert.equal(proxy.ask({ body: QUERY, header: within('t') }).catalog, null)
})

test('a member created in the session leads to the person behind it in a later query', () => {
  const proxy = new Proxy()
  proxy.begin('s')
  const create = "CREATE SESSION MEMBER CURRENTCUBE.[Borger].[CPR].[Den ene] AS '[Borger].[CPR].&[0101475001]'"
  assert.equal(proxy.ask({ body: statement(create), header: within('s') }).action, 'ddl')
  const later = statement('SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE [Borger].[CPR].[Den ene]')
  const persons = (header: string) => proxy.ask({ body: later, header }).criteria.map(({ person }) => person)
  assert.ok(persons(within('s')).includes('0101475001' as never))
  assert.ok(!persons(within('other')).includes('0101475001' as never))
  proxy.ask({ body: statement('DROP SESSION MEMBER CURRENTCUBE.[Borger].[CPR].[Den ene]'), header: within('s') })
  assert.ok(!persons(within('s')).includes('0101475001' as never))
})

test('a set that the BI server refused to create is none', () => {
  const proxy = new Proxy()
  proxy.begin('s')
  const create = "CREATE SESSION SET [Borger].[De to] AS '{[Borger].[CPR].&[0101475001],[Borger].[CPR].&[0203486110]}'"
  const later = statement('SELECT [De to] ON 0 FROM [Borger]')
  const persons = () => proxy.ask({ body: later, header: within('s') }).criteria.length
  proxy.ask({ body: statement(create), header: within('s'), facts: { kind: 'fault', faultCode: 'x' } })
  const before = persons()
  proxy.ask({ body: statement(create), header: within('s') })
  assert.deepEqual([before, persons()], [0, 2])
})

test('with the metadata that passed by, a name is split where hierarchy ends and member begins', () => {
  const proxy = new Proxy()
  const path = statement(
    'SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE [Borger].[Sønderå].[Bymidten]',
    '<Catalog>K</Catalog>',
  )
  const place = { catalog: null, cube: 'Borger' } as const
  const hierarchy = {
    kind: 'hierarchy',
    name: '[Borger]',
    dimension: '[Borger]',
    allMember: null,
    defaultMember: null,
  } as const
  const measures = {
    kind: 'hierarchy',
    name: '[Measures]',
    dimension: '[Measures]',
    allMember: null,
    defaultMember: '[Measures].[Beløb]',
  } as const
  const before = proxy.ask({ body: path }).criteria[0]?.hierarchy
  proxy.ask({
    body: discover('MDSCHEMA_HIERARCHIES', '<CATALOG_NAME>K</CATALOG_NAME>'),
    facts: {
      kind: 'rowset',
      model: [
        { ...place, ...hierarchy },
        { ...place, ...measures },
      ],
    },
  })
  const after = proxy.ask({ body: path }).criteria[0]
  assert.notEqual(before, null)
  assert.deepEqual([after?.dimension, after?.hierarchy], ['[Borger]', null])
  const plain = proxy.ask({ body: statement('SELECT FROM [Borger]', '<Catalog>K</Catalog>') })
  assert.deepEqual(
    plain.measures.map(({ measure }) => measure),
    ['[Measures].[Beløb]'],
  )
  const elsewhere = proxy.ask({ body: statement('SELECT FROM [Borger]', '<Catalog>L</Catalog>') })
  assert.deepEqual(elsewhere.measures, [])
})

test('an Execute that says nothing is an entry about the session', () => {
  const proxy = new Proxy()
  assert.equal(proxy.ask({ body: execute('') }).query, 'Execute')
})
