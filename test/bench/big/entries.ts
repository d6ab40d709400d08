/**
 * A municipality's log, made up: the same entry for the same number, whoever asks and in whatever order, so that a file can
 * be added to and compared. All people are invented (born 2028 to 2057), and so are users, cubes and modules.
 *
 * What is like life: few users ask most, and few persons are asked for most; people work on weekdays between eight and four
 * in Copenhagen, each in one to three modules; most entries are queries that are answered; every fourth names a person,
 * every eighth shows some.
 */
import { firstLogIdAt, logId } from '../../../schema/record/ids.ts'
import type { LogId, Origin, PersonNumber } from '../../../schema/record/ids.ts'
import { entryAbout } from '../../../schema/record/nothing-known.ts'
import type {
  Action,
  Criterion,
  DimensionUse,
  MeasureUse,
  Outcome,
  QueryRecord,
  Seen,
} from '../../../schema/record/record.ts'
import { Random } from '../../support/random.ts'

export const PERSONS = 60_000
export const USERS = 4000
export const MODULES = 30
/** Users of one team work in the same modules: user `n` and user `n + TEAMS`. */
export const TEAMS = 40
export const CUBES = 90
export const FIRST_DAY = Date.UTC(2027, 0, 1)
export const MONTHS = 12

const HOUR_MS = 3_600_000
const DAYS = 365

const two = (n: number) => String(n).padStart(2, '0')

/** Born 2028 to 2057; the fifth to seventh digits say so. */
export function person(n: number): PersonNumber {
  const [day, month, year] = [1 + (n % 28), 1 + (Math.floor(n / 28) % 12), 28 + (Math.floor(n / 336) % 30)]
  return `${two(day)}${two(month)}${two(year)}${5000 + Math.floor(n / 10_080)}` as PersonNumber
}

export const user = (n: number): string => `KOMMUNE\\bruger${n}`
export const moduleName = (n: number): string => `Modul ${n} – økonomi og børn`
export const cube = (n: number): string => `Kube ${n}`
export const origin = (n: number): Origin => `bi0${n}-00000${n}` as Origin

/** The smaller, the more often: as a square, so that the first tenth gets a third. */
const skewed = (random: Random, end: number) => Math.floor(random.next() ** 2 * end)

/** One of the modules in which a user works, mostly the first of them; few modules have most teams. */
function moduleOf(random: Random, userNo: number): number {
  const team = userNo % TEAMS
  const first = Math.floor((team / TEAMS) ** 2 * MODULES)
  return (first + 7 * skewed(random, 1 + (team % 3))) % MODULES
}

/** How much of a day's work is done in each hour of the wall clock. */
const HOURS = [1, 1, 1, 1, 1, 3, 12, 60, 130, 150, 140, 90, 120, 130, 95, 40, 12, 6, 5, 4, 3, 2, 1, 1]
const WEEKDAYS = [0.03, 1, 1, 1, 1, 0.8, 0.03]
/** Summer time: of 2027, from the last Sunday of March to that of October. */
const isSummer = (ms: number) => ms >= Date.UTC(2027, 2, 28, 1) && ms < Date.UTC(2027, 9, 31, 1)

/** When entry `share` (0 to 1) of the year was asked: more of them where more work is done. */
export function clock(): (share: number) => number {
  const starts: number[] = []
  const sums: number[] = [0]
  for (let hour = 0; hour < DAYS * 24; hour++) {
    const at = FIRST_DAY + hour * HOUR_MS
    const wall = new Date(at + (isSummer(at) ? 2 : 1) * HOUR_MS)
    const weight = (HOURS[wall.getUTCHours()] ?? 0) * (WEEKDAYS[wall.getUTCDay()] ?? 0)
    starts.push(at)
    sums.push((sums.at(-1) ?? 0) + weight)
  }
  const all = sums.at(-1) ?? 1
  return (share) => {
    const wanted = share * all
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((sums[middle] ?? 0) <= wanted) low = middle
      else high = middle - 1
    }
    const [before = 0, after = all] = [sums[low], sums[low + 1]]
    const part = after === before ? 0 : (wanted - before) / (after - before)
    return Math.floor((starts[low] ?? FIRST_DAY) + part * (HOUR_MS - 1))
  }
}

const ACTIONS: readonly (readonly [number, Action])[] = [
  [0.62, 'query'],
  [0.78, 'discover'],
  [0.92, 'metadata'],
  [0.96, 'drillthrough'],
  [0.99, 'session'],
  [0.9999, 'command'],
  [1, 'ddl'],
]
const OUTCOMES: readonly (readonly [number, Outcome])[] = [
  [0.97, 'answered'],
  [0.99, 'fault'],
  [0.998, 'aborted'],
  [0.9999, 'refused'],
  [1, 'unknown'],
]

const drawn = <T>(of: readonly (readonly [number, T])[], at: number, otherwise: T): T =>
  of.find(([share]) => at < share)?.[1] ?? otherwise

/** So many in turn are of the same of three proxies. */
export const BATCH = 1000

export const proxyOf = (n: number): number => 1 + (Math.floor(n / BATCH) % 3)
/** Without holes for each of the three. */
export const seqOf = (n: number): number => Math.floor(n / (3 * BATCH)) * BATCH + (n % BATCH) + 1

/** Entry `n` of `total`, from 0. */
export function entry(n: number, total: number, when: (share: number) => number): QueryRecord {
  const random = new Random(n * 2_654_435_761)
  const askedAt = when(n / total)
  const of = proxyOf(n)
  const [action, outcome] = [drawn(ACTIONS, random.next(), 'query'), drawn(OUTCOMES, random.next(), 'answered')]
  const [cubeNo, userNo] = [random.below(3), skewed(random, USERS)]
  const moduleNo = moduleOf(random, userNo)
  const asked = random.next() < 0.25 ? person(skewed(random, PERSONS)) : null
  const shown = random.next() < 0.125 ? 1 + random.below(6) : 0
  const text = `SELECT {[Measures].[Antal], [Measures].[Udgift]} ON 0, NON EMPTY {[Organisation].[Enhed].Members} ON 1 FROM [${cube(moduleNo * 3 + cubeNo)}]`
  return {
    ...entryAbout({ logId: idOf(askedAt, of, n), origin: origin(of), seq: seqOf(n) }, askedAt),
    durationMs: Math.floor(5 + 40 / (0.001 + random.next())),
    module: moduleName(moduleNo),
    server: `olap${1 + (moduleNo % 2)}`,
    catalog: 'Kommune',
    cube: cube(moduleNo * 3 + cubeNo),
    application: random.next() < 0.8 ? 'Microsoft Excel' : 'TARGIT Decision Suite',
    userName: user(userNo),
    organisation: `Afdeling ${userNo % 70}`,
    userSource: 'ntlm',
    userConfirmed: true,
    ip: `10.${userNo >> 8}.${userNo & 255}.7`,
    action,
    language: 'mdx',
    query: asked === null ? text : `${text} WHERE ([Borger].[CPR].&[${asked}])`,
    outcome,
    status: 200,
    cellCount: random.below(400),
    answerBytes: 2000 + random.below(60_000),
    requestBytes: 1600,
    requestHash: null,
    personsSeen: shown,
    decoded: true,
    criteria: criteria(random, asked),
    dimensions: dimensions(random, asked),
    measures: MEASURES.slice(0, 1 + random.below(2)),
    seen: Array.from({ length: shown }, (): Seen => ({ person: person(skewed(random, PERSONS)), place: 'axis' })),
  }
}

function idOf(askedAt: number, of: number, n: number): LogId {
  const id = logId(String(BigInt(firstLogIdAt(askedAt)) + BigInt((of << 14) + ((n % 64) << 8))))
  if (id === null) throw new Error('no id at that time')
  return id
}

function criterion(hierarchy: string, value: string, who: PersonNumber | null): Criterion {
  const dimension = hierarchy.slice(0, hierarchy.indexOf(']') + 1)
  const rest = { operator: '=', valueTo: null, personTo: null, originClause: 'slicer' } as const
  return { dimension, hierarchy, level: null, value, person: who, ...rest }
}

function criteria(random: Random, asked: PersonNumber | null): Criterion[] {
  const others = [criterion('[Tid].[År]', String(2020 + random.below(8)), null)]
  if (random.next() < 0.5) others.push(criterion('[Organisation].[Enhed]', `Enhed ${random.below(300)}`, null))
  return asked === null ? others : [criterion('[Borger].[CPR]', asked, asked), ...others]
}

const HIERARCHIES = [
  'Organisation].[Enhed',
  'Tid].[Måned',
  'Konto].[Art',
  'Borger].[Alder',
  'Ydelse].[Type',
  'Sag].[Status',
]

function dimensions(random: Random, asked: PersonNumber | null): DimensionUse[] {
  const one = HIERARCHIES[skewed(random, HIERARCHIES.length)] ?? ''
  const names = asked === null ? [`[${one}]`] : [`[${one}]`, '[Borger].[CPR]']
  return names.map((hierarchy, axis) => {
    return { dimension: hierarchy.slice(0, hierarchy.indexOf(']') + 1), hierarchy, level: null, axis: String(axis) }
  })
}

const MEASURES: readonly MeasureUse[] = [
  { measure: '[Measures].[Antal]', calculated: false, via: null },
  { measure: '[Measures].[Udgift]', calculated: true, via: null },
]
