/**
 * A small cube of persons and the queries that can be put to it: each query as MDX, and as what it does, worked out member
 * by member. What the record makes of the MDX is held against that.
 */
import * as fc from 'fast-check'
import type { PersonNumber } from '../../../../schema/record/ids.ts'

/** Invented: nobody was born on these days. Alike in part, so that patterns hit several. */
export const PEOPLE = [
  '0707415285',
  '0707416110',
  '0807415285',
  '1507415286',
  '1507314285',
  '3107416110',
  '6707415285',
  '0707417AB2',
] as PersonNumber[]

export interface Cube {
  /** Who is in it, in the server's order of members. */
  readonly people: readonly PersonNumber[]
  readonly stored: 'plain' | 'hyphen' | 'with name'
  /** Who lives in district 1, and who in the municipality asked for. */
  readonly district: ReadonlySet<PersonNumber>
  readonly municipality: ReadonlySet<PersonNumber>
}

type Members = ReadonlySet<PersonNumber>

export interface Part<T> {
  readonly text: (cube: Cube) => string
  readonly of: (cube: Cube) => T
}

type Condition = Part<(person: PersonNumber) => boolean>

export interface Query extends Part<Members> {}

export const cubes: fc.Arbitrary<Cube> = fc.record({
  people: fc.shuffledSubarray(PEOPLE, { minLength: 2 }),
  stored: fc.constantFrom('plain', 'hyphen', 'with name'),
  district: fc.subarray(PEOPLE).map((people) => new Set(people)),
  municipality: fc.subarray(PEOPLE).map((people) => new Set(people)),
})

export function nameOf(person: PersonNumber, { stored }: Cube): string {
  if (stored === 'plain') return person
  return stored === 'hyphen' ? `${person.slice(0, 6)}-${person.slice(6)}` : `${person} Åse Prøvesen`
}

const only = (cube: Cube, keep: (person: PersonNumber) => boolean): Members => new Set(cube.people.filter(keep))
const person = fc.constantFrom(...PEOPLE)
const NAME = '[Borger].[CPR].CurrentMember.Name'

const member: fc.Arbitrary<Part<Members>> = person.map((one) => ({
  text: (cube) => `[Borger].[CPR].&[${nameOf(one, cube)}]`,
  of: (cube) => only(cube, (each) => each === one),
}))

const whole: fc.Arbitrary<Part<Members>> = fc
  .constantFrom(
    '[Borger].[CPR].[CPR].Members',
    '[Borger].[CPR].Members',
    'Borger.CPR.AllMembers',
    '[Borger].[CPR].[All].Children',
    'Descendants([Borger].[CPR].[All])',
    '[Borger].[CPR].[CPR]',
  )
  .map((text) => ({ text: () => text, of: (cube) => only(cube, () => true) }))

const district: fc.Arbitrary<Part<Members>> = fc
  .constantFrom('[Borger].[CPR].[Distrikt 1].Children', 'Descendants([Borger].[CPR].[Distrikt 1])')
  .map((text) => ({ text: () => text, of: (cube) => only(cube, (each) => cube.district.has(each)) }))

const range: fc.Arbitrary<Part<Members>> = fc.tuple(person, person).map(([from, to]) => ({
  text: (cube) => `{[Borger].[CPR].&[${nameOf(from, cube)}]:[Borger].[CPR].&[${nameOf(to, cube)}]}`,
  of(cube) {
    const [a, b] = [cube.people.indexOf(from), cube.people.indexOf(to)]
    return only(cube, (each) => a >= 0 && b >= a && cube.people.indexOf(each) >= a && cube.people.indexOf(each) <= b)
  },
}))

/** A piece of somebody's number, as people search. */
const piece = fc.tuple(person, fc.nat(9), fc.integer({ min: 1, max: 10 })).map(([one, from, length]) => {
  const cut = one.slice(from, from + length)
  return cut === '' ? one.slice(0, 6) : cut
})
const first = fc.tuple(person, fc.integer({ min: 1, max: 10 }), fc.boolean()).map(([one, length, hyphen]) => {
  const written = hyphen ? `${one.slice(0, 6)}-${one.slice(6)}` : one
  return written.slice(0, length)
})

const literal = (text: string, holds: (name: string) => boolean): Condition => ({
  text: () => text,
  of: (cube) => (each) => holds(nameOf(each, cube)),
})

const atom: fc.Arbitrary<Condition> = fc.oneof(
  first.map((v) => literal(`Left(${NAME}, ${v.length}) = "${v}"`, (name) => name.startsWith(v))),
  piece.map((v) => literal(`InStr(${NAME}, "${v}") > 0`, (name) => name.includes(v))),
  piece.map((v) => literal(`Right(${NAME}, ${v.length}) = "${v}"`, (name) => name.endsWith(v))),
  first.map((v) => literal(`${NAME} >= "${v}"`, (name) => name >= v)),
  first.map((v) => literal(`${NAME} < "${v}"`, (name) => name < v)),
  first.map((v) => literal(`${NAME} = "${v}"`, (name) => name === v)),
  first.map((v) => literal(`${NAME} <> "${v}"`, (name) => name !== v)),
)

const joined = (word: string, a: Condition, b: Condition, join: (a: boolean, b: boolean) => boolean): Condition => ({
  text: (cube) => `(${a.text(cube)} ${word} ${b.text(cube)})`,
  of: (cube) => (each) => join(a.of(cube)(each), b.of(cube)(each)),
})

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: atom },
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => joined('AND', a, b, (x, y) => x && y)),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => joined('OR', a, b, (x, y) => x || y)),
    tie('condition').map((a): Condition => ({ text: (c) => `NOT (${a.text(c)})`, of: (c) => (p) => !a.of(c)(p) })),
  ),
}))

const filtered = ([base, c]: [Part<Members>, Condition]): Part<Members> => ({
  text: (cube) => `Filter(${base.text(cube)}, ${c.text(cube)})`,
  of: (cube) => new Set([...base.of(cube)].filter(c.of(cube))),
})

const { set } = fc.letrec<{ set: Part<Members> }>((tie) => ({
  set: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: member },
    { weight: 2, arbitrary: range },
    { weight: 3, arbitrary: fc.tuple(whole, condition).map(filtered) },
    whole,
    district,
    fc.tuple(tie('set'), tie('set')).map(([a, b]) => ({
      text: (cube: Cube) => `{${a.text(cube)}, ${b.text(cube)}}`,
      of: (cube: Cube) => new Set([...a.of(cube), ...b.of(cube)]),
    })),
    fc.tuple(tie('set'), tie('set')).map(([a, b]) => ({
      text: (cube: Cube) => `Except(${a.text(cube)}, ${b.text(cube)})`,
      of: (cube: Cube) => new Set([...a.of(cube)].filter((each) => !b.of(cube).has(each))),
    })),
    {
      weight: 2,
      arbitrary: fc.tuple(tie('set'), condition).map(filtered),
    },
  ),
}))

/** Persons on an axis or in the slicer, perhaps narrowed by one sub-select or two, and perhaps to a municipality. */
export const queries: fc.Arbitrary<Query> = fc
  .record({
    shown: set,
    onAxis: fc.boolean(),
    subcubes: fc.array(set, { maxLength: 2 }),
    municipality: fc.boolean(),
  })
  .map(({ shown, onAxis, subcubes, municipality }) => ({
    text(cube) {
      const from = subcubes.reduce((inner, sub) => `(SELECT ${braced(sub.text(cube))} ON 0 FROM ${inner})`, '[Sag]')
      const where = [...(onAxis ? [] : [braced(shown.text(cube))]), ...(municipality ? ['[Kommune].[Navn].&[7]'] : [])]
      const rows = onAxis ? `, ${braced(shown.text(cube))} ON 1` : ''
      return `SELECT {[Measures].[Antal]} ON 0${rows} FROM ${from}${where.length > 0 ? ` WHERE (${where.join(', ')})` : ''}`
    },
    of(cube) {
      const sets = [shown, ...subcubes].map((part) => part.of(cube))
      const within = (each: PersonNumber) => sets.every((one) => one.has(each))
      return only(cube, (each) => within(each) && (!municipality || cube.municipality.has(each)))
    },
  }))

const braced = (text: string): string => (/^[{]|^(?:Except|Filter|Descendants)\(/.test(text) ? text : `{${text}}`)
