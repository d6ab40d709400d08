import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { LogId } from '../../../schema/record/ids.ts'
import type { Criterion, QueryRecord } from '../../../schema/record/record.ts'
import { interpret } from '../../../proxy/protocol/interpret.ts'
import { answerReader } from '../../../proxy/protocol/answer-reader.ts'
import { fieldSetsOf } from '../../../proxy/protocol/json/qlik/set-analysis.ts'
import { Learned } from '../../../proxy/protocol/learned/learned.ts'
import { FACTS, exchange } from '../../support/exchanges.ts'
import { SETTINGS } from '../../support/fixture.ts'

const [ANNA, BENT] = ['0101475001', '0202485002']
const SOCKET = '77' as LogId

/** One WebSocket, call after call; what was learnt is written and read back between any two. */
class Talk {
  #learned = new Learned()
  #id = 0

  say(method: string, handle: number, params: unknown, opened: string | null = null): QueryRecord {
    this.#id += 1
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#id, handle, method, params })
    const made = exchange({ method: 'SAY', target: '/app/sager', body, headers: [] })
    const { asked, answered } = made
    const facts = { ...FACTS, opened }
    const said = {
      ...made,
      asked: { ...asked, socket: SOCKET },
      answered: answered === null ? null : { ...answered, facts },
    }
    const { records, lessons } = interpret(said, SETTINGS, this.#learned)
    this.#learned.learn(lessons, asked.askedAt)
    this.#learned = Learned.from(JSON.parse(JSON.stringify(this.#learned.written))) ?? assert.fail('not read back')
    const [record] = records
    assert.ok(record !== undefined)
    return record
  }
}

const TABLE = {
  qInfo: { qId: 'borgere', qType: 'table' },
  qHyperCubeDef: {
    qDimensions: [{ qDef: { qFieldDefs: ['[CPR nr]'] } }, { qLibraryId: 'dim-1' }],
    qMeasures: [{ qDef: { qDef: 'Sum({<År={2030}>} Beløb)' } }],
  },
}

const line = ({ dimension, operator, value, valueTo, originClause }: Criterion) =>
  `${originClause}: ${dimension ?? '?'} ${operator} ${value}${valueTo === null ? '' : ` to ${valueTo}`}`
const lines = ({ criteria }: QueryRecord) => criteria.map(line)
const persons = ({ criteria }: QueryRecord) => criteria.flatMap(({ person }) => person ?? [])

test('what is selected in a WebSocket restricts all that is shown in it after that, and nothing before', () => {
  const talk = new Talk()
  assert.equal(talk.say('OpenDoc', -1, ['Sager'], '1').action, 'session')
  const created = talk.say('CreateSessionObject', 1, [TABLE], '2')
  assert.deepEqual([created.catalog, lines(created)], ['Sager', ['formula: År in 2030']])
  assert.deepEqual(
    created.dimensions.map(({ dimension }) => dimension),
    ['CPR nr', 'library:dim-1'],
  )
  talk.say('GetField', 1, ['CPR nr'], '3')
  const selected = talk.say('SelectValues', 3, [[{ qText: ANNA }, { qNumber: 202485002, qIsNumeric: true }], false])
  assert.deepEqual([selected.action, persons(selected)], ['query', [ANNA, BENT]])
  const shown = talk.say('GetHyperCubeData', 2, ['/qHyperCubeDef', [{ qTop: 0, qHeight: 50 }]])
  assert.deepEqual(
    [shown.action, shown.report, shown.catalog, persons(shown)],
    ['query', 'borgere', 'Sager', [ANNA, BENT]],
  )
  assert.deepEqual(lines(shown).slice(1), [`slicer: CPR nr in ${ANNA}`, 'slicer: CPR nr in 202485002'])
  assert.deepEqual(
    shown.measures.map(({ measure }) => measure),
    ['Sum({<År={2030}>} Beløb)'],
  )
  talk.say('ClearAll', 1, [])
  assert.deepEqual(lines(talk.say('GetLayout', 2, [])), ['formula: År in 2030'])
})

test('a selection is known however many objects are open, and however much they and earlier selections say', () => {
  const talk = new Talk()
  talk.say('OpenDoc', -1, ['Sager'], '1')
  talk.say('GetField', 1, ['CPR nr'], '2')
  talk.say('GetField', 1, ['Notat'], '3')
  const measures = Array.from({ length: 20 }, (_, i) => ({
    qDef: { qDef: `Sum(Beløb${i}) / ${'Count(x) + '.repeat(20)}1` },
  }))
  for (let i = 4; i < 600; i += 1) {
    const object = { qInfo: { qId: `objekt ${i}` }, qHyperCubeDef: { qMeasures: i % 5 === 0 ? measures : [] } }
    talk.say('CreateSessionObject', 1, [object], String(i))
  }
  talk.say('SelectValues', 3, [Array.from({ length: 300 }, (_, i) => ({ qText: `${i}${'lang'.repeat(500)}` }))])
  talk.say('SelectValues', 2, [[{ qText: ANNA }]])
  const shown = talk.say('GetLayout', 595, [])
  assert.deepEqual([shown.report, shown.measures.length, persons(shown)], ['objekt 595', 20, [ANNA]])
  talk.say('SelectValues', 2, [[{ qText: BENT }]])
  assert.deepEqual(persons(talk.say('GetLayout', 595, [])), [BENT])
})

test('what is selected by a handle that nobody knows restricts all that is shown after it', () => {
  const talk = new Talk()
  talk.say('SelectValues', 7, [[{ qText: ANNA }]])
  talk.say('CreateSessionObject', 1, [TABLE], '2')
  assert.deepEqual(persons(talk.say('GetLayout', 2, [])), [ANNA])
})

test('who is clicked on in a list that was searched is whoever was searched for', () => {
  const talk = new Talk()
  talk.say('GetObject', 1, ['borgerliste'], '2')
  talk.say('SearchListObjectFor', 2, ['/qListObjectDef', `*${ANNA}*`])
  const clicked = talk.say('SelectListObjectValues', 2, ['/qListObjectDef', [5], true])
  assert.deepEqual([persons(clicked), lines(clicked).at(-1)], [[ANNA], 'filter: borgerliste element #5'])
  talk.say('AbortListObjectSearch', 2, ['/qListObjectDef'])
  assert.deepEqual(persons(talk.say('GetLayout', 2, [])), [ANNA])
  talk.say('ClearAll', 1, [])
  talk.say('SelectListObjectValues', 2, ['/qListObjectDef', [6], true])
  assert.deepEqual(lines(talk.say('GetLayout', 2, [])), ['slicer: borgerliste element #6'])
})

test('what is shown by a handle that nobody knows is restricted by what is selected', () => {
  const talk = new Talk()
  talk.say('GetField', 1, ['CPR nr'], '3')
  talk.say('SelectValues', 3, [[{ qText: ANNA }]])
  const shown = talk.say('GetLayout', 44, [])
  assert.deepEqual([shown.action, persons(shown)], ['query', [ANNA]])
})

test('a second click adds, a search is remembered until it is accepted, and going back leaves the selections unknown', () => {
  const talk = new Talk()
  talk.say('CreateSessionObject', 1, { qProp: { qListObjectDef: { qDef: { qFieldDefs: ['Borger'] } } } }, '2')
  assert.deepEqual(lines(talk.say('SearchListObjectFor', 2, ['/qListObjectDef', 'Jens'])), [
    'filter: Borger contains Jens',
  ])
  assert.deepEqual(lines(talk.say('GetListObjectData', 2, ['/qListObjectDef', []])), [])
  assert.deepEqual(lines(talk.say('AcceptListObjectSearch', 2, ['/qListObjectDef', false])), [
    'filter: Borger contains Jens',
  ])
  assert.deepEqual(lines(talk.say('GetLayout', 2, [])), ['slicer: Borger contains Jens'])
  talk.say('SelectListObjectValues', 2, ['/qListObjectDef', [4], false])
  talk.say('SelectListObjectValues', 2, ['/qListObjectDef', [9], true])
  assert.deepEqual(lines(talk.say('GetLayout', 2, [])), ['slicer: Borger element #4', 'slicer: Borger element #9'])
  talk.say('Back', 1, [])
  assert.deepEqual(lines(talk.say('GetLayout', 2, [])), ['slicer: selections unknown '])
  talk.say('ApplyBookmark', 1, ['b1'])
  assert.deepEqual(lines(talk.say('GetLayout', 2, [])), ['slicer: bookmark = b1'])
})

test('fields by pattern and bounds, exclusions, ranges of measures, and searches over all fields', () => {
  const talk = new Talk()
  talk.say('GetField', 1, { qFieldName: '[Født år]' }, '3')
  assert.deepEqual(lines(talk.say('Select', 3, ['>=2028<=2031'])), ['filter: Født år range 2028 to 2031'])
  assert.deepEqual(lines(talk.say('Select', 3, ['010147*'])), ['filter: Født år matches 010147*'])
  assert.deepEqual(lines(talk.say('SelectExcluded', 3, [])), ['filter: Født år not in 010147*'])
  assert.deepEqual(lines(talk.say('ClearAllButThis', 3, [])), [])
  talk.say('CreateSessionObject', 1, [TABLE], '2')
  const ranged = talk.say('RangeSelectHyperCubeValues', 2, [
    '/qHyperCubeDef',
    [{ qRange: { qMin: 10, qMax: 1010000000 }, qMeasureIx: 0 }],
  ])
  assert.equal(lines(ranged)[0], 'filter: Sum({<År={2030}>} Beløb) range 10 to 1010000000')
  assert.deepEqual(persons(ranged), [])
  const found = talk.say('SearchResults', 1, [{ qSearchFields: ['*'] }, [ANNA, 'Jens'], { qOffset: 0 }])
  assert.deepEqual(lines(found), [`filter: ? contains ${ANNA}`, 'filter: ? contains Jens'])
  assert.deepEqual(persons(found), [ANNA])
})

test('set analysis restricts fields by values, searches, intervals and exclusions', () => {
  const sets = (expression: string) =>
    fieldSetsOf(expression).map(({ field, op, values }) => `${field} ${op} ${values.join('|')}`)
  assert.deepEqual(sets(`Sum({$<CPR={'1','2'}, [År x]-={2023}>} Beløb)`), ['CPR in 1|2', 'År x not in 2023'])
  assert.deepEqual(sets(`Count({1<Navn={"Jens*"}, Alder={">=18<=30"}>} CPR) / Sum(a < b)`), [
    'Navn matches Jens*',
    'Alder range 18|30',
  ])
  assert.deepEqual(sets(`Sum({<A={x, 'y''z'}>*<B+={1}>} X) + Sum({BM1 - $<C=>} Y)`), ["A in x|y'z", 'B in 1'])
  assert.deepEqual(sets(`Sum({<CPR=P({1<Sag={'7'}>} CPR), D={"=Sum(X)>5"}>} Y)`), [
    'D expression =Sum(X)>5',
    'Sag in 7',
  ])
  assert.deepEqual(sets(`If(a<b, 'x', "y") // {<A={1}>}`), [])
})

test('the handle that an answer gives is read from the answer', () => {
  const read = (text: string) => {
    const reader = answerReader('json', { latestBirth: '2026-01-01', attributes: [] }, 20)
    reader.write(text)
    return reader.end()
  }
  const answer = { jsonrpc: '2.0', id: 2, result: { qReturn: { qType: 'Doc', qHandle: 4, qGenericId: 'x' } } }
  assert.equal(read(JSON.stringify(answer)).opened, '4')
  const fault = { jsonrpc: '2.0', id: 2, error: { code: 2, parameter: 'x', message: 'Invalid' } }
  assert.deepEqual([read(JSON.stringify(fault)).opened, read(JSON.stringify(fault)).faultCode], [null, '2'])
})

test('sets within sets end, however deep', () => {
  assert.ok(fieldSetsOf('{<A=P('.repeat(15_000)).length <= 15_000)
})

test("Cube's queries over a WebSocket are read as those over HTTP are", () => {
  const query = { measures: ['Sager.antal'], filters: [{ member: 'Borger.cpr', operator: 'equals', values: [ANNA] }] }
  const body = JSON.stringify({ messageId: '1', requestId: 'x', method: 'load', params: { query } })
  const made = exchange({ method: 'SAY', target: '/', body, headers: [] })
  const [record] = interpret({ ...made, asked: { ...made.asked, socket: SOCKET } }, SETTINGS).records
  assert.deepEqual([record?.cube, record?.opaque, record === undefined ? [] : persons(record)], ['Sager', null, [ANNA]])
})

test('no call makes the reading throw, and no person in one is lost', () => {
  const methods = fc.constantFrom('SelectValues', 'Select', 'CreateSessionObject', 'GetLayout', 'Evaluate', 'Foo')
  fc.assert(
    fc.property(methods, fc.jsonValue(), fc.integer({ min: -1, max: 3 }), (method, params, handle) => {
      const talk = new Talk()
      talk.say('GetField', 1, ['constructor'], '1')
      talk.say(method, handle, params, '2')
      const record = talk.say(method, handle, [params, { x: `borger ${ANNA}` }])
      assert.ok(persons(record).some((person) => person === ANNA))
    }),
    { numRuns: 300 },
  )
  fc.assert(fc.property(fc.string(), (text) => void fieldSetsOf(`{<${text}`)))
})
