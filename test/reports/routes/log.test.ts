import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Ajv } from 'ajv'
import type { EntryRow, LogRow } from '../../../reports/query/row.ts'
import { logPage, wholeEntry } from '../../../reports/routes/schemas.ts'
import { ANNA, BENT, criterion, invented, NOON, unknownId } from '../invented.ts'
import { service } from '../service.ts'
import { STORES } from '../stores.ts'

interface Log {
  readonly entries: readonly LogRow[]
  readonly next: string | null
}

const whole = invented({
  seq: 1,
  askedAt: NOON - 4000,
  query: `SELECT "<script>" ON 0 FROM [Udgifter] -- ${'æøå '.repeat(20_000)}`,
  criteria: [criterion({ value: ANNA, person: ANNA })],
  dimensions: [{ dimension: '[Tid]', hierarchy: '[Tid].[År]', level: null, axis: '0' }],
  measures: [
    { measure: 'Beløb', calculated: true, via: null },
    { measure: 'Antal', calculated: false, via: 'Beløb' },
  ],
  seen: [{ person: BENT, place: 'cell' }],
  personsSeen: 1,
})
const others = [
  invented({ seq: 2, askedAt: NOON - 3000, module: 'Løn', cube: 'Lønkørsel', userName: 'KOMMUNE\\bo' }),
  invented({ seq: 3, askedAt: NOON - 2000, outcome: 'fault', faultCode: 'XMLAnalysisError.0xc10a', status: 500 }),
  invented({ seq: 4, askedAt: NOON - 1000, action: 'drillthrough', userName: null, userSource: 'none' }),
]

for (const { name, open } of STORES) {
  const opened = await open([whole, ...others])
  after(opened.close)
  const s = await service(opened.store)
  const headers = await s.bearer('auditor')
  const get = (url: string) => s.app.inject({ url, headers })
  const seqs = async (query: string) => {
    const answer = await get(`/api/v1/log?to=${new Date(NOON).toISOString()}&${query}`)
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.json<Log>().entries.map((entry) => entry.seq)
  }

  test(`${name}: the log is newest first, and each filter keeps what it names`, async () => {
    assert.deepEqual(await seqs(''), [4, 3, 2, 1])
    assert.deepEqual(await seqs('user=KOMMUNE%5Cbo'), [2])
    assert.deepEqual(await seqs(`module=${encodeURIComponent('Løn')}`), [2])
    assert.deepEqual(await seqs('cube=Udgifter'), [4, 3, 1])
    assert.deepEqual(await seqs('action=drillthrough'), [4])
    assert.deepEqual(await seqs('outcome=fault'), [3])
    assert.deepEqual(await seqs(`from=${new Date(NOON - 2000).toISOString()}`), [4, 3])
    assert.deepEqual(await seqs('cube=Udgifter&outcome=answered&limit=1'), [4])
  })

  test(`${name}: the log pages by key, and its rows are what the schema names`, async () => {
    const check = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(logPage)
    const found: number[] = []
    let next: string | null = null
    do {
      const before: string = next === null ? '' : `&before=${next}`
      const page: Log = (await get(`/api/v1/log?module=${encodeURIComponent('Økonomi')}&limit=2${before}`)).json()
      assert.ok(check(page), JSON.stringify(check.errors))
      found.push(...page.entries.map((entry) => entry.seq))
      next = page.next
    } while (next !== null)
    assert.deepEqual(found, [4, 3, 1])
  })

  test(`${name}: one entry has its criteria, dimensions, measures, persons seen, and the query uncut`, async () => {
    const check = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(wholeEntry)
    const answer = await get(`/api/v1/log/${whole.logId}`)
    const entry = answer.json<EntryRow>()
    assert.ok(check(entry), JSON.stringify(check.errors))
    assert.equal(entry.log_id, whole.logId)
    assert.equal(entry.query, whole.query)
    assert.equal(entry.criteria[0]?.person, ANNA)
    assert.deepEqual(entry.dimensions, [
      { ord: 0, dimension: '[Tid]', hierarchy: '[Tid].[År]', level: null, axis: '0' },
    ])
    assert.deepEqual(
      entry.measures.map(({ ord, measure, via }) => [ord, measure, via]),
      [
        [0, 'Beløb', null],
        [1, 'Antal', 'Beløb'],
      ],
    )
    assert.deepEqual(entry.seen, [{ person: BENT, place: 'cell' }])
    assert.equal(answer.headers['cache-control'], 'no-store')
  })

  test(`${name}: asking for an entry that is not there is answered, and logged with no rows`, async () => {
    const answer = await get(`/api/v1/log/${unknownId}`)
    assert.equal(answer.statusCode, 404)
    assert.match(String(answer.headers['content-type']), /problem\+json/)
    const [use] = await opened.store.reader.log({ module: 'Logning' }, { limit: 1 })
    assert.deepEqual([use?.report, use?.outcome, use?.rowCount], ['entry', 'answered', 0])
  })

  test(`${name}: the filters asked with are criteria of the entry about it`, async () => {
    await get('/api/v1/log?user=KOMMUNE%5Cbo&from=2026-02-01')
    const [use] = await opened.store.reader.log({ module: 'Logning' }, { limit: 1 })
    assert.ok(use !== undefined)
    const entry = await opened.store.reader.entry(use.logId)
    assert.deepEqual(
      entry?.criteria.map(({ hierarchy, operator, value }) => [hierarchy, operator, value]),
      [
        ['user_name', '=', 'KOMMUNE\\bo'],
        ['asked_at', '>=', '2026-01-31T23:00:00.000Z'],
      ],
    )
  })
}

const MISTAKES: readonly (readonly [string, string])[] = [
  ['/api/v1/log?limit=x', '/query/limit'],
  ['/api/v1/log?limit=201', '/query/limit'],
  ['/api/v1/log?action=steal', '/query/action'],
  ['/api/v1/log?usr=bo', '/query'],
  ['/api/v1/log?from=yesterday', '/query/from'],
  ['/api/v1/log?from=2026-02-02&to=2026-02-01', '/query/to'],
  ['/api/v1/log?before=-1', '/query/before'],
  ['/api/v1/log/x', '/params/id'],
  ['/api/v1/log/99999999999999999999', '/params/id'],
  ['/api/v1/log/9999999999999999999', '/params/id'],
]

for (const [url, place] of MISTAKES) {
  test(`${url} is refused at ${place}`, async () => {
    const s = await service()
    const answer = await s.app.inject({ url, headers: await s.bearer('auditor') })
    assert.equal(answer.statusCode, 400)
    assert.equal(answer.json<{ errors: { place: string }[] }>().errors[0]?.place, place)
  })
}
