import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Ajv } from 'ajv'
import type { CoveredRow } from '../../../reports/query/row.ts'
import { coveredPage, statusAnswer } from '../../../reports/routes/schemas.ts'
import type { Criterion } from '../../../schema/record/record.ts'
import { ANNA, BENT, criterion, invented, NOON, PERSONS } from '../invented.ts'
import { service, signedIn } from '../service.ts'
import { STORES } from '../stores.ts'

const HOUR_MS = 3_600_000
const at = (hour: number, ...criteria: readonly Partial<Criterion>[]) =>
  invented({ seq: hour, askedAt: NOON - (20 - hour) * HOUR_MS, query: '', criteria: criteria.map(criterion) })
const dimension = { dimension: '[Borger]', hierarchy: '[Borger].[CPR]', level: null, axis: '1' }
const before = { to: new Date(NOON).toISOString() }

interface Found {
  readonly hits: readonly CoveredRow[]
  readonly next: string | null
}

for (const { name, open } of STORES) {
  const records = [
    at(1, { value: ANNA, person: ANNA }),
    at(2, { value: BENT, person: BENT }),
    at(3, { operator: 'starts with', value: ANNA.slice(0, 6), originClause: 'filter' }),
    at(4, { operator: 'range', value: 'a', valueTo: 'b' }),
    { ...at(5), dimensions: [dimension] },
    { ...at(6), opaque: 'syntax', opaqueAt: '1:1' } as const,
    at(7, { hierarchy: '[Konto].[Nr]', value: '7' }),
    at(8, { dimension: '[Sag]', hierarchy: '[Sag].[Part]', value: BENT, person: BENT }),
    at(9, { dimension: '[Sag]', hierarchy: '[Sag].[Part]', operator: 'range', value: 'x', valueTo: 'y' }),
    { ...at(10), dimensions: [{ ...dimension, hierarchy: null }] },
    { ...at(11), criteria: [], action: 'request', personsSeen: 500 } as const,
  ]
  const opened = await open(records)
  after(opened.close)
  const s = await service(opened.store)
  const auditor = await s.bearer('auditor')
  const post = async (payload: object) =>
    s.app.inject({ method: 'POST', url: '/api/v1/search/coverage', headers: auditor, payload })
  const hits = async (payload: object) => (await post({ person: ANNA, ...before, ...payload })).json<Found>()

  test(`${name}: entries that do not name the person and may have covered them are told with why, newest first`, async () => {
    const { hits: found, next } = await hits({})
    assert.deepEqual(
      found.map(({ seq, covered, reason, attribute }) => [seq, covered, reason, attribute]),
      [
        [11, 'possible', 'counted', null],
        [10, 'possible', 'listed', '[Borger]'],
        [9, 'possible', 'range', '[Sag].[Part]'],
        [6, 'possible', 'opaque', null],
        [5, 'possible', 'listed', '[Borger].[CPR]'],
        [4, 'possible', 'range', '[Borger].[CPR]'],
        [3, 'certain', 'prefix', '[Borger].[CPR]'],
      ],
    )
    assert.equal(next, null)
  })

  test(`${name}: pages of entries that may have covered somebody neither skip nor repeat one`, async () => {
    const seqs: number[] = []
    let more: string | null = null
    do {
      const page: Found = await hits({ limit: 2, ...(more === null ? {} : { before: more }) })
      seqs.push(...page.hits.map(({ seq }) => seq))
      more = page.next
    } while (more !== null)
    assert.deepEqual(seqs, [11, 10, 9, 6, 5, 4, 3])
  })

  test(`${name}: an answer has exactly the fields its schema names, and the search is logged for the person`, async () => {
    const check = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(coveredPage)
    assert.ok(check(await hits({})), JSON.stringify(check.errors))
    const [use] = await opened.store.reader.log({ module: 'Logning' }, { limit: 1 })
    assert.deepEqual([use?.report, use?.action, use?.rowCount, use?.outcome], ['coverage', 'search', 7, 'answered'])
    assert.ok(!use?.query.includes(ANNA))
    const [named] = await opened.store.reader.person(ANNA, {}, { limit: 1 })
    assert.equal(named?.entry.logId, use?.logId)
  })

  test(`${name}: what is no person number is refused, and the attempt is an entry`, async () => {
    const answer = await post({ person: '123' })
    assert.equal(answer.statusCode, 400)
    const [use] = await opened.store.reader.log({ module: 'Logning' }, { limit: 1 })
    assert.deepEqual([use?.report, use?.outcome], ['coverage', 'refused'])
  })

  test(`${name}: the status tells attributes that carried persons undeclared, without any number`, async () => {
    const answer = await s.app.inject({ url: '/api/v1/status', headers: await s.bearer('operator') })
    const status = answer.json<{ unmapped_attributes: readonly Record<string, unknown>[] }>()
    assert.deepEqual(status.unmapped_attributes, [
      { attribute: '[Sag].[Part]', entries: 1, more: false, latest_at: new Date(NOON - 12 * HOUR_MS).toISOString() },
    ])
    const check = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(statusAnswer)
    assert.ok(check(status), JSON.stringify(check.errors))
    assert.ok(!answer.body.includes(BENT))
  })

  test(`${name}: the pages lead from the search to who may have been covered, in words`, async () => {
    const browser = await signedIn(s, 'auditor')
    await browser.get('/search')
    const results = await browser.post('/search', { person: ANNA, from: '', to: '2026-02-02', purpose: '' })
    assert.match(results.body, /Vis opslag, der kan have omfattet personen/)
    const page = await browser.post('/search/covered', {
      person: ANNA,
      from: '',
      to: '2026-02-02',
      purpose: '',
      before: '',
    })
    assert.equal(page.statusCode, 200)
    for (const words of ['Måske omfattet', 'Omfattet', 'søgt på begyndelsen af nummeret', 'personer vist som liste']) {
      assert.ok(page.body.includes(words), words)
    }
    const wrong = await browser.post('/search/covered', { person: '1', from: '', to: '', purpose: '', before: '' })
    assert.equal(wrong.statusCode, 400)
    const operator = await signedIn(s, 'operator')
    const state = await operator.get('/status')
    assert.match(state.body, /Felter med personnumre, der ikke er angivet[\s\S]*\[Sag\]\.\[Part\]/)
  })
}

test('a path in the status is cut behind its second name, and shows no long number', async () => {
  const { unmappedAttributes } = await import('../../../reports/query/unmapped.ts')
  const carrier = (attribute: string) => ({ attribute, entries: 100, latestAt: 1 })
  const carriers = async () =>
    ['[B].[Alle].[Distrikt 3].[Anna]', '[B].[Alle].[Distrikt 4]', "'Elev'[Nr 0101475001]", 'person', 'Borger[CPR]'].map(
      carrier,
    )
  const told = await unmappedAttributes({ carriers }, PERSONS)
  assert.deepEqual(
    told.map(({ attribute, entries, more }) => [attribute, entries, more]),
    [
      ['[B].[Alle]', 200, true],
      ["'Elev'[Nr …]", 100, true],
    ],
  )
})
