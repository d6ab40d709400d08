import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { AnswerFacts } from '../../../proxy/exchange.ts'
import { JsonAnswerReader } from '../../../proxy/protocol/json/answer.ts'
import { factsOf } from '../../support/fixture.ts'
import { closeReader } from '../../support/fixture.ts'

// A person of the rules' past, one born later, and one whose number lost its zero.
const PAST = '0101475001'
const LATER = '0202485002'
const RULES = { latestBirth: '2047-06-30', attributes: [] }

function read(text: string, size = 1 << 16): AnswerFacts {
  const reader = new JsonAnswerReader(RULES, 20)
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += size) reader.writeBytes(bytes.subarray(at, at + size))
  return reader.end()
}

const answer = (value: unknown): AnswerFacts => read(JSON.stringify(value))
const seen = ({ persons }: AnswerFacts): string[] => persons.map(({ person, place }) => `${person} ${place}`).sort()

const SELECT = [
  {
    Kind: 1,
    Value: 'G0',
    Name: 'Borger.CPR',
    GroupKeys: [{ Source: { Entity: 'Borger', Property: 'CPR' }, Calc: 'G0' }],
  },
  { Kind: 1, Value: 'G1', Name: 'Borger.Distrikt' },
  { Kind: 2, Value: 'M0', Name: 'Sum(Ydelse.Beløb)' },
]
const shape = (rows: unknown[], dictionaries = {}) => ({
  results: [
    {
      result: {
        data: { descriptor: { Select: SELECT }, dsr: { DS: [{ PH: [{ DM0: rows }], ValueDicts: dictionaries }] } },
      },
    },
  ],
})

// name, answer, kind, rows, fault code, persons
const ANSWERS: readonly (readonly [string, unknown, string, number | null, string | null, readonly string[]])[] = [
  [
    'executeQueries',
    { results: [{ tables: [{ rows: [{ 'Borger[CPR]': PAST }, { 'Borger[CPR]': LATER }] }] }] },
    'rowset',
    2,
    null,
    [`${PAST} column`, `${LATER} column`],
  ],
  [
    'executeQueries, a fault beside rows',
    { results: [{ tables: [{ rows: [{ 'Borger[Navn]': `Åse ${PAST}` }] }], error: { code: 'Cut', message: LATER } }] },
    'rowset',
    1,
    'Cut',
    [`${PAST} cell`],
  ],
  [
    'executeQueries, a fault',
    { error: { code: 'DatasetExecuteQueriesError', 'pbi.error': { details: [{ detail: { value: PAST } }] } } },
    'fault',
    null,
    'DatasetExecuteQueriesError',
    [],
  ],
  [
    'data shape with a dictionary',
    shape(
      [
        {
          S: [
            { N: 'G0', T: 1, DN: 'D0' },
            { N: 'M0', T: 4 },
          ],
          C: [0, 1010101010],
        },
        { C: [1], R: 2 },
      ],
      { D0: [PAST, LATER], D1: ['0303485003'] },
    ),
    'rowset',
    2,
    null,
    [`${PAST} column`, `${LATER} column`],
  ],
  [
    'data shape with numbers and bits',
    shape([
      {
        S: [
          { N: 'G1', T: 1 },
          { N: 'G0', T: 4 },
          { N: 'M0', T: 4 },
        ],
        C: ['Bakken', 101475001, 202485002],
      },
      { C: [202485002, 101475001], R: 1 },
      { C: [303485003], R: 1, Ø: 2 },
    ]),
    'rowset',
    3,
    null,
    [`${PAST} column`, `${LATER} column`],
  ],
  [
    'data shape, a fault',
    {
      results: [
        {
          result: { data: { dsr: { DataShapes: [{ 'odata.error': { code: 'rsError', message: { value: PAST } } }] } } },
        },
      ],
    },
    'fault',
    null,
    'rsError',
    [],
  ],
  [
    'Cube',
    {
      results: [
        {
          query: { measures: ['Y.sum'], filters: [{ values: [LATER] }] },
          data: [{ 'B.navn': PAST, 'Y.sum': '1010101010' }],
        },
      ],
    },
    'rowset',
    1,
    null,
    [`${PAST} cell`],
  ],
  ['Cube, still reckoning', { error: 'Continue wait' }, 'empty', 0, null, []],
  ['Cube, a fault', { type: 'UserError', error: `Error: no such member ${PAST}` }, 'fault', null, 'UserError', []],
  [
    'Superset',
    {
      result: [
        {
          query: `WHERE cpr = '${LATER}'`,
          colnames: ['cpr', 'n'],
          data: [
            { cpr: PAST, n: 1 },
            { cpr: 202485002, n: 1010101010 },
          ],
        },
      ],
    },
    'rowset',
    2,
    null,
    [`${PAST} column`, `${LATER} column`],
  ],
  [
    'Superset, a fault',
    { errors: [{ message: PAST, error_type: 'GENERIC_DB_ENGINE_ERROR' }] },
    'fault',
    null,
    'GENERIC_DB_ENGINE_ERROR',
    [],
  ],
  [
    'Superset, a fault among results',
    { result: [{ status: 'failed', error: `${PAST} unknown`, data: [] }] },
    'fault',
    null,
    'failed',
    [],
  ],
  [
    'Metabase, names behind the rows',
    {
      data: {
        rows: [
          [101475001, 1010101010],
          [202485002, 5],
        ],
        cols: [{ name: 'nr', display_name: 'CPR-nummer' }, { name: 'antal' }],
      },
    },
    'rowset',
    2,
    null,
    [`${PAST} column`, `${LATER} column`],
  ],
  [
    'Metabase, a fault',
    {
      status: 'failed',
      class: 'x',
      error: `Syntax error near ${PAST}`,
      error_type: 'invalid-query',
      data: { rows: [], cols: [] },
    },
    'fault',
    null,
    'invalid-query',
    [],
  ],
  [
    'Looker',
    [{ 'borger.navn': `Åse (${PAST})` }, { 'borger.cpr': { value: 202485002 } }],
    'rowset',
    2,
    null,
    [`${PAST} cell`, `${LATER} column`],
  ],
  ['Looker, pivoted', [{ sum: { [PAST]: 3 } }], 'rowset', 1, null, [`${PAST} cell`]],
  ['Looker, a fault', [{ looker_error: `no field ${PAST}` }], 'rowset', 1, 'looker_error', []],
  ['Tableau', { data: [{ CPR: LATER, 'SUM(Beløb)': 1010101010 }] }, 'rowset', 1, null, [`${LATER} column`]],
  [
    'Tableau, a fault',
    { errorCode: '400802', message: `Unknown ${PAST}`, datetime: '2026' },
    'fault',
    null,
    '400802',
    [],
  ],
  [
    'Druid groupBy',
    [{ version: 'v1', event: { cpr: LATER, sum: 1010101010 } }, { event: { navn: PAST } }],
    'rowset',
    2,
    null,
    [`${PAST} cell`, `${LATER} column`],
  ],
  ['Druid topN', [{ timestamp: '2025', result: [{ navn: 'a' }, { navn: 'b' }, { navn: 'c' }] }], 'rowset', 3, null, []],
  [
    'Druid scan',
    [
      { columns: ['navn', 'cpr'], events: [['Åse', 101475001]] },
      {
        columns: ['navn', 'cpr'],
        events: [
          ['Bo', 7],
          ['Ib', 8],
        ],
      },
    ],
    'rowset',
    3,
    null,
    [`${PAST} column`],
  ],
  [
    'Druid, a fault',
    { error: 'druidException', errorCode: 'invalidInput', errorMessage: PAST },
    'fault',
    null,
    'invalidInput',
    [],
  ],
  [
    'Saiku',
    {
      cellset: [
        [
          { value: 'CPR', type: 'ROW_HEADER_HEADER' },
          { value: 'Antal', type: 'COLUMN_HEADER' },
        ],
        [
          { value: LATER, type: 'ROW_HEADER', properties: { uniquename: `[Borger].[CPR].[${LATER}]` } },
          { value: '1010101010', type: 'DATA_CELL' },
        ],
      ],
    },
    'rowset',
    1,
    null,
    [`${LATER} column`],
  ],
  [
    'Qlik',
    {
      jsonrpc: '2.0',
      id: 7,
      result: {
        qLayout: {
          qHyperCube: {
            qDimensionInfo: [{ qFallbackTitle: 'Personnummer' }],
            qMeasureInfo: [{ qFallbackTitle: 'Sum' }],
            qDataPages: [
              {
                qMatrix: [
                  [
                    { qText: LATER, qNum: 'NaN' },
                    { qText: '1010101010', qNum: 1010101010 },
                  ],
                ],
              },
            ],
          },
        },
      },
    },
    'rowset',
    1,
    null,
    [`${LATER} column`],
  ],
  [
    'Qlik, a fault',
    { jsonrpc: '2.0', id: 7, error: { code: -32602, parameter: PAST, message: 'Invalid params' } },
    'fault',
    null,
    '-32602',
    [],
  ],
  ['an object of texts', { title: PAST, other: 1010101010 }, 'other', null, null, [`${PAST} text`]],
]

for (const [name, value, kind, rows, faultCode, persons] of ANSWERS) {
  test(`${name}: rows, fault and persons of an answer in JSON`, () => {
    const facts = answer(value)
    assert.deepEqual([facts.kind, facts.rows, facts.faultCode, facts.decoded], [kind, rows, faultCode, true])
    assert.deepEqual(seen(facts), [...persons].sort())
    assert.equal(facts.personsSeen, new Set(persons.map((one) => one.split(' ')[0])).size)
  })
}

test('an answer is read alike wherever it is cut', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ANSWERS), fc.boolean(), fc.integer({ min: 1, max: 40 }), (one, indented, size) => {
      const text = indented ? JSON.stringify(one[1], null, 2) : JSON.stringify(one[1])
      assert.deepEqual(read(text, size), read(text))
    }),
  )
})

test('no bytes make the reader throw', () => {
  const piece = fc.constantFrom('{', '}', '[', ']', ':', ',', '"', '\\', '\\u00', 'C', 'R', '1', 'rows', PAST, 'ø', ' ')
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (pieces, size) => {
      read(pieces.join(''), size)
    }),
    { numRuns: 2000 },
  )
  fc.assert(fc.property(fc.uint8Array(), (bytes) => new JsonAnswerReader(RULES, 20).writeBytes(bytes)))
})

test('a person in escapes is found, in UTF-8 and in UTF-16', async (t) => {
  t.after(closeReader)
  const text = String.raw`{"data":[{"navn":"\u0030\u0031\u0030147-5001"}]}`
  assert.deepEqual(seen(read(text)), [`${PAST} cell`])
  const wide = Buffer.from(`\ufeff{"data":[{"navn":"${PAST}"}]}`, 'utf16le')
  const facts = await factsOf(
    { start: 'HTTP/1.1 200 OK', headers: [['Content-Type', 'application/json']], body: wide },
    7,
  )
  assert.deepEqual([facts?.rows, facts?.personsSeen], [1, 1])
})

test('a person behind what is no JSON is found, and the rows are then not known', () => {
  for (const broken of ['{"data":[{"a":1}]]', '{"data":[{"a":1},', '<html>', '['.repeat(600)]) {
    const facts = read(`${broken} "navn": "${PAST}"`)
    assert.deepEqual(
      [facts.personsSeen, facts.rows, facts.decoded],
      broken.endsWith(',') ? [1, 1, true] : [1, null, false],
      broken,
    )
  }
})

test('a person in a text of megabytes is found wherever it stands, and no part of a longer number is one', () => {
  const long = 'x '.repeat(300_000)
  for (const place of [0, 262_000, 262_136, 262_144, 400_001]) {
    assert.equal(read(`{"a":"${long.slice(0, place)} ${PAST} ${long}"}`, 1000).personsSeen, 1, String(place))
    assert.equal(read(`{"a":"${long.slice(0, place)} 99${PAST} ${long}"}`, 1000).personsSeen, 0, String(place))
  }
})

test('lines of JSON are rows, one each', () => {
  assert.equal(read('{"a":1}\n{"a":2}\n{"a":3}\n').rows, 3)
})

test('the cost of an answer that comes byte by byte stays linear', () => {
  const started = process.cpuUsage().user
  read(`{"a":"${'x'.repeat(200_000)}"}`, 1)
  assert.ok(process.cpuUsage().user - started < 2_000_000)
})
