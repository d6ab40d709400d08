/**
 * The cube `Borger` of the catalog `Prøvekommune`: hierarchies, members and facts, all in memory and the same on every
 * run. Unique names are written as Analysis Services writes them, a level and a key: `[Borger].[CPR].&[…]`.
 */
import { DISTRICTS, PEOPLE } from './people.ts'

export const CATALOG = 'Prøvekommune'
export const CUBE = 'Borger'

export interface Level {
  readonly name: string
  readonly uniqueName: string
  /** 0 is the All level, or the only level of the measures. */
  readonly number: number
}

export interface Member {
  readonly hierarchy: Hierarchy
  readonly level: Level
  /** What stands between the brackets of a path. */
  readonly name: string
  readonly key: string
  readonly caption: string
  readonly uniqueName: string
  readonly parent: Member | null
  readonly children: Member[]
  /** Place within its hierarchy, depth first. */
  readonly ordinal: number
  /** Numbers of the facts under this member. */
  readonly facts: Set<number>
}

export interface Hierarchy {
  readonly name: string
  readonly uniqueName: string
  /** Axis of the model in MDSCHEMA_DIMENSIONS: 1 time, 2 measures, 3 other. */
  readonly dimensionType: 1 | 2 | 3
  readonly levels: readonly Level[]
  /** All members, depth first; the default member is the first. */
  readonly members: Member[]
}

export interface Fact {
  readonly count: number
  /** In øre, so that sums are exact. */
  readonly amount: number
}

/** A name in brackets, as it stands in a unique name. */
export const bracketed = (name: string): string => `[${name.replaceAll(']', ']]')}]`

function hierarchy(name: string, dimensionType: Hierarchy['dimensionType'], levels: readonly string[]): Hierarchy {
  const uniqueName = bracketed(name)
  const named = levels.map((level, number) => ({
    name: level,
    uniqueName: `${uniqueName}.${bracketed(level)}`,
    number,
  }))
  return { name, uniqueName, dimensionType, levels: named, members: [] }
}

interface NewMember {
  readonly name: string
  readonly key?: string
  readonly caption?: string
}

function add(to: Hierarchy, parent: Member | null, { name, key = name, caption = name }: NewMember): Member {
  const level = to.levels[parent === null ? 0 : parent.level.number + 1]
  if (level === undefined) throw new Error(`the sample's hierarchy ${to.name} has no level for a member`)
  const byPath = to.dimensionType === 2 || parent === null
  const uniqueName = byPath ? `${to.uniqueName}.${bracketed(name)}` : `${level.uniqueName}.&${bracketed(key)}`
  const member: Member = {
    hierarchy: to,
    level,
    name,
    key,
    caption,
    uniqueName,
    parent,
    children: [],
    ordinal: to.members.length,
    facts: new Set(),
  }
  parent?.children.push(member)
  to.members.push(member)
  return member
}

export const MEASURES = hierarchy('Measures', 2, ['MeasuresLevel'])
export const COUNT = add(MEASURES, null, { name: 'Antal' })
export const AMOUNT = add(MEASURES, null, { name: 'Beløb' })

const CITIZEN = hierarchy('Borger', 3, ['(All)', 'Kommune', 'Distrikt', 'CPR'])
const BENEFIT = hierarchy('Ydelse', 3, ['(All)', 'Ydelse'])
const TIME = hierarchy('Tid', 1, ['(All)', 'År'])
const SEX = hierarchy('Køn', 3, ['(All)', 'Køn'])

export const HIERARCHIES: readonly Hierarchy[] = [MEASURES, CITIZEN, BENEFIT, TIME, SEX]

const BENEFITS = [
  { key: 'FO10', name: 'Kontanthjælp' },
  { key: 'SY10', name: 'Sygedagpenge' },
  { key: 'SY20', name: 'Førtidspension' },
  { key: 'FA10', name: 'Tilskud til børn & unge' },
  { key: 'BO10', name: 'Boligstøtte' },
  { key: 'BO40', name: "Borgers 'eget' tillæg" },
] as const
const YEARS = ['2022', '2023', '2024'] as const

const benefits = addAll(BENEFIT, 'Alle ydelser', BENEFITS)
const years = addAll(
  TIME,
  'Al tid',
  YEARS.map((name) => ({ name })),
)
const sexes = addAll(SEX, 'Alle køn', [{ name: 'Kvinde' }, { name: 'Mand' }])
const citizens = addCitizens()

function addAll(to: Hierarchy, all: string, children: readonly NewMember[]): Member[] {
  const root = add(to, null, { name: all })
  return children.map((child) => add(to, root, child))
}

/** Facts are a fixed function of person, benefit and year: about two of five combinations were paid. */
export const FACTS: readonly Fact[] = payments()

function payments(): Fact[] {
  const facts: Fact[] = []
  const record = (fact: Fact, places: readonly (Member | undefined)[]): void => {
    for (const place of places) {
      for (let at: Member | null | undefined = place; at; at = at.parent) at.facts.add(facts.length)
    }
    facts.push(fact)
  }
  citizens.forEach(({ member, sex }, i) => {
    benefits.forEach((benefit, j) => {
      years.forEach((year, k) => {
        const draw = (i * 7 + j * 5 + k * 3 + ((i * j) % 4)) % 10
        if (draw > 3) return
        const amount = 40_000 + ((i * 7919 + j * 104_729 + k * 15_485) % 1_900_000)
        record({ count: 1 + draw, amount }, [member, benefit, year, sexes.find((s) => s.name === sex)])
      })
    })
  })
  return facts
}

function addCitizens(): { readonly member: Member; readonly sex: string }[] {
  const root = add(CITIZEN, null, { name: 'Alle borgere' })
  return Object.entries(DISTRICTS).flatMap(([municipality, districts]) => {
    const above = add(CITIZEN, root, { name: municipality })
    return districts.flatMap((name) => {
      const district = add(CITIZEN, above, { name })
      const living = PEOPLE.filter((person) => person.district === name)
      return living.map(({ cpr, name, sex }) => ({ member: add(CITIZEN, district, { name: cpr, caption: name }), sex }))
    })
  })
}

/** The members of one level, in order. */
export function membersOf(of: Hierarchy, level: Level): Member[] {
  return of.members.filter((member) => member.level === level)
}
