/** Every question there is to ask a log, about something else each time. */
import type { LogFilter, RecordReader } from '../../../schema/store/store.ts'
import type { Random } from '../../support/random.ts'
import { cube, FIRST_DAY, moduleName, origin, person, PERSONS, user, USERS, MODULES } from './entries.ts'

export interface Question {
  readonly title: string
  /** Asked this many times; what looks at everything is asked once or twice. */
  readonly times: number
  readonly ask: (reader: RecordReader, random: Random) => Promise<unknown>
}

const DAY_MS = 86_400_000
const PAGE = { limit: 50 }

const day = (random: Random) => FIRST_DAY + random.below(360) * DAY_MS
const week = (random: Random) => {
  const from = day(random)
  return { from, to: from + 7 * DAY_MS }
}
const month = (random: Random) => {
  const of = random.below(12)
  return { from: Date.UTC(2027, of, 1) - 3_600_000, to: Date.UTC(2027, of + 1, 1) - 3_600_000 }
}

const someUser = (random: Random) => user(random.below(USERS))
const someModule = (random: Random) => moduleName(random.below(MODULES))
const someCube = (random: Random) => cube(random.below(3 * MODULES))

const page = (title: string, filter: (random: Random) => LogFilter): Question => ({
  title: `page: ${title}`,
  times: 200,
  ask: (reader, random) => reader.log(filter(random), PAGE),
})

async function fifty(reader: RecordReader, random: Random) {
  return (await reader.log({ to: day(random) }, PAGE)).map(({ logId }) => logId)
}

export const QUESTIONS: readonly Question[] = [
  { title: 'a person', times: 1000, ask: (reader, r) => reader.person(person(r.below(PERSONS)), {}, PAGE) },
  { title: 'a person often asked for', times: 200, ask: (reader, r) => reader.person(person(r.below(50)), {}, PAGE) },
  {
    title: 'a person, one week',
    times: 200,
    ask: (reader, r) => reader.person(person(r.below(PERSONS)), week(r), PAGE),
  },
  page('newest', () => ({})),
  page('newest of a week', week),
  page('user', (r) => ({ user: someUser(r) })),
  page('user, week', (r) => ({ user: someUser(r), ...week(r) })),
  page('user, module', (r) => ({ user: someUser(r), module: someModule(r) })),
  page('user, fault', (r) => ({ user: someUser(r), outcome: 'fault' })),
  page('user, an action never done', (r) => ({ user: someUser(r), action: 'configure' })),
  page('module', (r) => ({ module: someModule(r) })),
  page('module, week', (r) => ({ module: someModule(r), ...week(r) })),
  page('module, refused', (r) => ({ module: someModule(r), outcome: 'refused' })),
  page('module, query, answered', (r) => ({ module: someModule(r), action: 'query', outcome: 'answered' })),
  page('cube', (r) => ({ cube: someCube(r) })),
  page('cube, drillthrough', (r) => ({ cube: someCube(r), action: 'drillthrough' })),
  page('action query', () => ({ action: 'query' })),
  page('action ddl (rare)', () => ({ action: 'ddl' })),
  page('action login (never)', () => ({ action: 'login' })),
  page('answered', () => ({ outcome: 'answered' })),
  page('refused (rare)', () => ({ outcome: 'refused' })),
  page('refused, ddl (rare, rare)', () => ({ outcome: 'refused', action: 'ddl' })),
  page('module, cube of another', () => ({ module: moduleName(0), cube: cube(4) })),
  { title: 'an entry', times: 200, ask: async (reader, r) => reader.entry((await fifty(reader, r))[0] ?? NONE) },
  { title: 'children of 50', times: 200, ask: async (reader, r) => reader.children(await fifty(reader, r)) },
  { title: 'concerning an attribute', times: 50, ask: (reader) => reader.concerning(['[Borger].[CPR]'], {}, PAGE) },
  { title: 'concerning a rare one', times: 50, ask: (reader, r) => reader.concerning(['[Sag].[X]'], week(r), PAGE) },
  { title: 'attributes', times: 20, ask: (reader) => reader.attributes() },
  { title: 'carriers', times: 20, ask: (reader) => reader.carriers() },
  { title: 'statistics of a month', times: 12, ask: (reader, r) => reader.statistics(month(r)) },
  { title: 'statistics of the year', times: 2, ask: (reader) => reader.statistics({}) },
  { title: 'numbers of one of three origins', times: 1, ask: (reader) => reader.numbers(origin(1)) },
]

const NONE = '1' as Awaited<ReturnType<typeof fifty>>[number]
