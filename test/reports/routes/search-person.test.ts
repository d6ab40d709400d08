import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Ajv } from 'ajv'
import type { HitRow } from '../../../reports/query/row.ts'
import { personPage } from '../../../reports/routes/schemas.ts'
import { ANNA, BENT, CARLA, criterion, invented, NOON } from '../invented.ts'
import { service } from '../service.ts'
import { STORES } from '../stores.ts'

const HOUR_MS = 3_600_000
const hyphened = (person: string) => `${person.slice(0, 6)}-${person.slice(6)}`

interface Found {
  readonly hits: readonly HitRow[]
  readonly next: string | null
}

for (const { name, open } of STORES) {
  const opened = await open([
    invented({ seq: 1, askedAt: NOON - 5 * HOUR_MS, criteria: [criterion({ value: ANNA, person: ANNA })] }),
    invented({ seq: 2, askedAt: NOON - 4 * HOUR_MS, seen: [{ person: ANNA, place: 'axis' }], personsSeen: 1 }),
    invented({
      seq: 3,
      askedAt: NOON - 3 * HOUR_MS,
      userName: 'KOMMUNE\\søren',
      criteria: [criterion({ operator: 'range', value: BENT, valueTo: ANNA, person: BENT, personTo: ANNA })],
      seen: [{ person: ANNA, place: 'cell' }],
      personsSeen: 1,
    }),
    invented({ seq: 4, askedAt: NOON - 2 * HOUR_MS, criteria: [criterion({ value: BENT, person: BENT })] }),
  ])
  after(opened.close)
  const s = await service(opened.store)
  const auditor = await s.bearer('auditor')
  const post = (payload: object) =>
    s.app.inject({ method: 'POST', url: '/api/v1/search/person', headers: auditor, payload })
  const before = { to: new Date(NOON).toISOString() }

  test(`${name}: who searched for a person, who saw them, and who did both, newest first`, async () => {
    for (const person of [ANNA, hyphened(ANNA)]) {
      const answer = await post({ person, ...before })
      assert.equal(answer.statusCode, 200)
      const { hits, next } = answer.json<Found>()
      assert.deepEqual(
        hits.map(({ seq, how, places, criteria }) => [seq, how, places, criteria.length]),
        [
          [3, 'both', ['cell'], 1],
          [2, 'seen', ['axis'], 0],
          [1, 'searched', [], 1],
        ],
      )
      assert.equal(next, null)
    }
  })

  test(`${name}: an answer has exactly the fields its schema names`, async () => {
    const check = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(personPage)
    const found = (await post({ person: ANNA, ...before })).json<Found>()
    assert.ok(check(found), JSON.stringify(check.errors))
    const [hit] = found.hits
    assert.ok(hit !== undefined)
    assert.deepEqual(Object.keys(hit).sort(), Object.keys(personPage.properties.hits.items.properties).sort())
    assert.equal(hit.user_name, 'KOMMUNE\\søren')
    assert.equal(hit.asked_at, new Date(NOON - 3 * HOUR_MS).toISOString())
    assert.equal(hit.criteria[0]?.person_to, ANNA)
  })

  test(`${name}: pages follow each other without hole or repetition`, async () => {
    const seen: number[] = []
    let next: string | null = null
    do {
      const page: Found = (await post({ person: ANNA, ...before, limit: 1, ...(next ? { before: next } : {}) })).json()
      assert.equal(page.hits.length, 1)
      seen.push(...page.hits.map((hit) => hit.seq))
      next = page.next
    } while (next !== null)
    assert.deepEqual(seen, [3, 2, 1])
  })

  test(`${name}: the search is a hit of the next search for the same person, told apart by its module`, async () => {
    assert.equal((await post({ person: CARLA })).json<Found>().hits.length, 0)
    const [hit, ...more] = (await post({ person: CARLA })).json<Found>().hits
    assert.deepEqual(more, [])
    assert.equal(hit?.module, 'Logning')
    assert.equal(hit?.action, 'search')
    assert.equal(hit?.user_name, 'a test auditor')
    assert.equal(hit?.row_count, 0)
    assert.equal(hit?.criteria[0]?.origin_clause, 'restriction')
  })

  test(`${name}: a period keeps what lies in it`, async () => {
    const from = new Date(NOON - 4 * HOUR_MS).toISOString()
    const to = new Date(NOON - 3 * HOUR_MS).toISOString()
    const { hits } = (await post({ person: ANNA, from, to })).json<Found>()
    assert.deepEqual(
      hits.map((hit) => hit.seq),
      [2],
    )
    const day = (await post({ person: ANNA, from: '2026-02-02', to: '2026-02-02' })).json<Found>()
    assert.equal(day.hits.filter((hit) => hit.module !== 'Logning').length, 3)
  })
}

const MISTAKES: readonly (readonly [string, object, string, RegExp])[] = [
  ['no person number', { person: 'Anna' }, '/body/person', /person number/],
  ['a day that does not exist', { person: CARLA, from: '2026-02-30' }, '/body/from', /ISO 8601/],
  ['a period that ends before it begins', { person: CARLA, from: '2026-02-02', to: '2026-02-01' }, '/body/to', /after/],
  ['a page that is no log id', { person: CARLA, before: 'x' }, '/body/before', /log id/],
  ['a number as text', { person: CARLA, limit: '5' }, '/body/limit', /whole number/],
  ['too many rows', { person: CARLA, limit: 1000 }, '/body/limit', /1 to 200/],
  ['a person as a number', { person: 102_304_001 }, '/body/person', /person number/],
  ['nobody', {}, '/body/person', /this field/],
  ['a misspelt filter', { person: CARLA, form: '2026-02-01' }, '/body', /no fields but person, from, to/],
  ['a person number in the purpose', { person: CARLA, purpose: `about ${ANNA}` }, '/body/purpose', /without person/],
]

for (const [what, payload, place, expected] of MISTAKES) {
  test(`${what} is refused with place and expectation, without an echo, and is logged as refused`, async () => {
    const [memory] = STORES
    assert.ok(memory !== undefined)
    const { store } = await memory.open([])
    const s = await service(store)
    const headers = await s.bearer('auditor')
    const answer = await s.app.inject({ method: 'POST', url: '/api/v1/search/person', headers, payload })
    assert.equal(answer.statusCode, 400)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    const { errors } = answer.json<{ errors: { place: string; expected: string }[] }>()
    assert.equal(errors[0]?.place, place)
    assert.match(errors[0]?.expected ?? '', expected)
    for (const number of [ANNA, CARLA]) assert.ok(!answer.body.includes(number))
    const [entry] = await store.reader.log({}, { limit: 5 })
    assert.deepEqual([entry?.module, entry?.outcome, entry?.status], ['Logning', 'refused', 400])
  })
}

test('a body that is no JSON, or too large, or a form, is refused', async () => {
  const s = await service()
  const headers = { ...(await s.bearer('auditor')), 'content-type': 'application/json' }
  const send = (payload: string, type = 'application/json') =>
    s.app.inject({
      method: 'POST',
      url: '/api/v1/search/person',
      headers: { ...headers, 'content-type': type },
      payload,
    })
  assert.equal((await send(`{"person": ${ANNA}`)).statusCode, 400)
  assert.ok(!(await send(`{"person": ${ANNA}`)).body.includes(ANNA))
  assert.equal((await send(JSON.stringify({ person: ANNA, purpose: 'x'.repeat(20_000) }))).statusCode, 413)
  assert.equal((await send(`person=${ANNA}`, 'application/x-www-form-urlencoded')).statusCode, 415)
})
