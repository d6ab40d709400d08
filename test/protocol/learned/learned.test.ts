import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { Lesson, XmlaSession } from '../../../proxy/protocol/knowledge.ts'
import { Learned } from '../../../proxy/protocol/learned/learned.ts'
import type { ModelFact } from '../../../proxy/exchange.ts'

const HOUR = 3_600_000
const NOW = 1_800_000_000_000

const session = (user: string, definitions: readonly string[] = []): XmlaSession => ({
  kind: 'xmla',
  ids: ['s'],
  user,
  properties: { catalog: 'K' },
  definitions,
})
const begun = (id: string, user = id, server = 'bi'): Lesson => ({
  kind: 'session',
  server,
  id,
  session: session(user),
})
const measure = (cube: string, name: string, catalog: string | null = 'K'): ModelFact => ({
  kind: 'measure',
  catalog,
  cube,
  name,
})
const model = (...facts: ModelFact[]): Lesson => ({ kind: 'model', server: 'bi', facts })
const again = (learned: Learned): Learned => {
  const read = Learned.from(JSON.parse(JSON.stringify(learned.written)))
  return read ?? assert.fail()
}
const userOf = (learned: Learned, id: string, at = NOW, server = 'bi') => {
  const found = learned.session(server, id, at)
  return found?.kind === 'xmla' ? found.user : null
}

test('two servers may give the same session id', () => {
  const learned = new Learned()
  learned.learn([begun('1', 'anna', 'a'), begun('1', 'bo', 'b')], NOW)
  assert.deepEqual([userOf(learned, '1', NOW, 'a'), userOf(learned, '1', NOW, 'b')], ['anna', 'bo'])
  assert.equal(userOf(learned, '1', NOW, 'c'), null)
})

test('a session that nobody has used for a day is over by the time of the requests; one in use lives on', () => {
  const learned = new Learned()
  learned.learn([begun('idle'), begun('busy')], NOW)
  assert.deepEqual([userOf(learned, 'idle', NOW + 24 * HOUR), userOf(learned, 'idle', NOW + 25 * HOUR)], ['idle', null])
  assert.equal(learned.learn([{ kind: 'session-used', server: 'bi', id: 'busy' }], NOW + HOUR / 2), false)
  for (let hour = 2; hour <= 40; hour += 2) {
    assert.equal(learned.learn([{ kind: 'session-used', server: 'bi', id: 'busy' }], NOW + hour * HOUR), true)
  }
  assert.equal(userOf(again(learned), 'busy', NOW + 60 * HOUR), 'busy')
})

test('learning the same again changes nothing', () => {
  const learned = new Learned()
  const lessons = [begun('1'), model(measure('Borger', '[Measures].[Antal]'))]
  assert.deepEqual([learned.learn(lessons, NOW), learned.learn(lessons, NOW + 1000)], [true, false])
})

test('the least recently used sessions are forgotten beyond ten thousand, and when they say too much together', () => {
  const learned = new Learned()
  for (let i = 0; i < 10_000; i++) learned.learn([begun(`${i}`)], NOW)
  learned.learn([{ kind: 'session-used', server: 'bi', id: '0' }], NOW + 2 * HOUR)
  learned.learn([begun('one more')], NOW + 2 * HOUR)
  assert.deepEqual([userOf(learned, '0'), userOf(learned, '1'), learned.written.sessions.length], ['0', null, 10_000])
  const long = 'x'.repeat(150_000)
  for (let i = 0; i < 200; i++) {
    learned.learn([{ kind: 'session', server: 'bi', id: `long ${i}`, session: session('u', [long]) }], NOW)
  }
  assert.ok(JSON.stringify(learned.written).length < 20_000_000)
  assert.equal(userOf(learned, 'long 199'), 'u')
  const huge = session('u', ['x'.repeat(200_000)])
  assert.equal(learned.learn([{ kind: 'session', server: 'bi', id: 'huge', session: huge }], NOW), false)
})

test('a cube is the union of what was said of it, and what is said again replaces it', () => {
  const learned = new Learned()
  const hierarchy = {
    kind: 'hierarchy',
    catalog: 'K',
    cube: 'Borger',
    dimension: '[Borger]',
    name: '[Borger].[CPR]',
  } as const
  learned.learn([model({ ...hierarchy, allMember: '[Borger].[CPR].[Alle]', defaultMember: null })], NOW)
  learned.learn([model({ ...hierarchy, allMember: null, defaultMember: '[Borger].[CPR].[Ingen]' })], NOW)
  learned.learn(
    [model({ kind: 'level', catalog: 'K', cube: 'Borger', hierarchy: '[Borger].[CPR]', name: '[Borger].[CPR].[Nr]' })],
    NOW,
  )
  const measures = { ...hierarchy, name: '[Measures]', dimension: '[Measures]', allMember: null }
  learned.learn(
    [model({ ...measures, defaultMember: '[Measures].[Antal]' }, measure('BORGER', '[Measures].[antal]'))],
    NOW,
  )
  learned.learn(
    [model({ ...measures, defaultMember: '[Measures].[Beløb]' }, measure('Borger', '[Measures].[Antal]'))],
    NOW,
  )
  for (const known of [learned, again(learned)]) {
    const found = known.model('bi', 'k', 'borger') ?? assert.fail()
    assert.deepEqual(found.hierarchies.get('[BORGER].[CPR]'), {
      name: '[Borger].[CPR]',
      dimension: '[Borger]',
      allMember: '[Borger].[CPR].[Alle]',
      defaultMember: '[Borger].[CPR].[Ingen]',
    })
    assert.equal(found.levels.get('[BORGER].[CPR].[NR]')?.hierarchy, '[Borger].[CPR]')
    assert.deepEqual([...found.measures], [['[MEASURES].[ANTAL]', '[Measures].[Antal]']])
    assert.equal(found.defaultMeasure, '[Measures].[Beløb]')
  }
})

test('without a catalog a cube is found where the server has one of that name only', () => {
  const learned = new Learned()
  learned.learn([model(measure('Borger', 'a', 'K'), measure('Sag', 'b', 'K'), measure('Sag', 'c', 'L'))], NOW)
  const measureOf = (catalog: string | null, cube: string) => learned.model('bi', catalog, cube)?.measures.get(cube)
  assert.ok(learned.model('bi', null, 'Borger') !== null)
  assert.equal(learned.model('bi', null, 'Sag'), null)
  assert.equal(learned.model('bi', 'M', 'Borger'), null)
  assert.equal(learned.model('elsewhere', null, 'Borger'), null)
  assert.equal(measureOf('K', 'Sag'), undefined)
})

test('cubes are bounded in size and number', () => {
  const learned = new Learned()
  learned.learn([model(...Array.from({ length: 30_000 }, (_, i) => measure('One', `m${i}`)))], NOW)
  assert.equal(learned.model('bi', 'K', 'One')?.measures.size, 20_000)
  assert.equal(learned.learn([model(measure('One', 'one more'), measure('Two', 'x'.repeat(2000)))], NOW), false)
  for (let i = 0; i < 1500; i++) learned.learn([model(measure(`cube ${i}`, 'm'))], NOW)
  assert.equal(learned.written.models.length, 1000)
  assert.equal(learned.model('bi', 'K', 'One'), null)
  for (let cube = 0; cube < 15; cube++) {
    learned.learn([model(...Array.from({ length: 19_000 }, (_, i) => measure(`large ${cube}`, `m${i}`)))], NOW)
  }
  const facts = learned.written.models.reduce((sum, { measures }) => sum + measures.length, 0)
  assert.ok(facts <= 200_000, `${facts}`)
})

test('what is read back is what was written, or nothing', () => {
  const learned = new Learned()
  learned.learn([begun('1'), model(measure('Borger', '[Measures].[Antal]', null))], NOW)
  assert.deepEqual(again(learned).written, learned.written)
  const sound = JSON.stringify(learned.written)
  for (const [part, other] of [
    ['"kind":"xmla"', '"kind":"other"'],
    ['"user":"1"', '"user":1'],
    ['"definitions":[]', '"definitions":[1]'],
    ['{"catalog":"K"}', '["K"]'],
    ['{"catalog":"K"}', '{"catalog":null}'],
    ['"at":', '"when":'],
    ['"hierarchies":[]', '"hierarchies":[{}]'],
    ['"levels":[]', '"levels":{}'],
    ['"measures":["[Measures].[Antal]"]', '"measures":null'],
    ['"sessions"', '"session"'],
  ] as const) {
    assert.ok(sound.includes(part), part)
    assert.equal(Learned.from(JSON.parse(sound.replace(part, other))), null, part)
  }
  fc.assert(fc.property(fc.jsonValue(), (value) => assert.equal(Learned.from(value), null)))
})
