import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Schedule } from '../../../reports/retention/schedule.ts'
import type { RetentionConfig } from '../../../schema/config/retention.ts'
import { openRetention, openStore } from '../../../schema/store/open.ts'
import { embedded } from '../../schema/store/backend-embedded.ts'
import { ORIGIN, range, sample } from '../../schema/store/sample.ts'
import { KEEPING } from '../service.ts'

const DAY = 86_400_000
const at = (text: string) => Date.parse(text)

interface Line {
  readonly level: string
  readonly facts: Readonly<Record<string, unknown>>
}

async function given(t: TestContext, some: Partial<RetentionConfig> = {}) {
  const scratch = await embedded.scratch()
  const { location } = scratch
  const store = await openStore(location)
  const clock = { now: at('2026-11-10T12:00:00+01:00') }
  // One a day, from 1 April on.
  const records = range(220, (i) => sample(1 + i, { askedAt: at('2026-04-01T12:00:00+02:00') + i * DAY }))
  await store.writer.write({ origin: ORIGIN, position: 220, records })
  const lines: Line[] = []
  const say = (level: string) => (facts: Line['facts']) => void lines.push({ level, facts })
  const config = { ...KEEPING, automatic: true, atMinute: 150, connection: null, ...some }
  const service = () =>
    new Schedule({
      config,
      store,
      openRetention: () => openRetention(location),
      logger: { info: say('info'), warn: say('warn'), error: say('error') },
      now: () => clock.now,
    })
  const schedule = service()
  t.after(async () => {
    await schedule.close()
    await store.close()
    await scratch.drop()
  })
  const left = async () => (await store.reader.log({ user: 'KOMMUNE\\abc' }, { limit: 1000 })).length
  return { schedule, service, store, clock, lines, left }
}

test('once a day what is too old is deleted', async (t) => {
  const { schedule, clock, left, lines } = await given(t)
  await schedule.look()
  assert.equal(await left(), 220 - 39)
  clock.now += 60_000
  await schedule.look()
  assert.equal(lines.length, 1)
  clock.now = at('2026-11-11T02:29:00+01:00')
  await schedule.look()
  assert.equal(await left(), 220 - 39)
  clock.now = at('2026-11-11T02:30:00+01:00')
  await schedule.look()
  assert.equal(await left(), 220 - 40)
  assert.deepEqual(
    lines.map(({ level, facts }) => [level, facts['entries']]),
    [
      ['info', 39],
      ['info', 1],
    ],
  )
})

test('the hour that there is not, and the hour that there is twice, are one night each', async (t) => {
  const { schedule, clock, store, lines } = await given(t)
  clock.now = at('2027-03-28T01:59:00+01:00')
  await schedule.look()
  assert.equal(lines.length, 0)
  // 02:30 is left out that night.
  clock.now += 60_000
  await schedule.look()
  assert.equal(lines.length, 1)
  clock.now = at('2027-10-31T02:30:00+02:00')
  await store.writer.write({ origin: ORIGIN, position: 500, records: [sample(500, { askedAt: at('2026-11-30') })] })
  await schedule.look()
  assert.equal(lines.length, 2)
  await store.writer.write({ origin: ORIGIN, position: 501, records: [sample(501, { askedAt: at('2026-11-30') })] })
  clock.now = at('2027-10-31T02:30:00+01:00')
  await schedule.look()
  assert.equal(lines.length, 2)
})

test('where nothing is deleted by itself the operator is reminded, once a day', async (t) => {
  const { schedule, clock, left, lines } = await given(t, { automatic: false })
  await schedule.look()
  await schedule.look()
  assert.equal(await left(), 220)
  assert.deepEqual(
    lines.map(({ level, facts }) => [level, facts['code'], facts['oldest']]),
    [['warn', 'RETENTION_OVERDUE', '2026-04-01T10:00:00.000Z']],
  )
  clock.now += DAY
  await schedule.look()
  assert.equal(lines.length, 2)
})

test('a store that is away is tried again within the hour', async (t) => {
  const { schedule, clock, store, left, lines } = await given(t)
  const known = store.reader.oldest.bind(store.reader)
  store.reader.oldest = () => Promise.reject(new TypeError('away'))
  await schedule.look()
  store.reader.oldest = known
  await schedule.look()
  assert.deepEqual([lines.map(({ level }) => level), await left()], [['error'], 220])
  clock.now += 600_000
  await schedule.look()
  assert.equal(await left(), 220 - 39)
})

test('two services beside one store delete once', async (t) => {
  const { schedule, service, store, left } = await given(t)
  const other = service()
  await Promise.all([schedule.look(), other.look()])
  await other.close()
  assert.equal(await left(), 220 - 39)
  assert.equal((await store.reader.log({ action: 'delete' }, { limit: 9 })).length, 2)
})
