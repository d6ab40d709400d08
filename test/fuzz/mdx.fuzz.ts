/**
 * Queries made at random: grown by a grammar with somebody's number somewhere in what is live, and then cut and patched.
 *
 * What is grown must be read, print back to the same tree, and tell the number. What is patched may be refused, but only
 * by our own two errors, and in a time that its length explains; what of it is read prints back to the same tree too.
 */
import assert from 'node:assert/strict'
import type { Statement } from '../../proxy/language/mdx/ast.ts'
import { printStatements } from '../../proxy/language/mdx/printer.ts'
import { parseMdx, readMdx } from '../../proxy/language/mdx/read.ts'
import { StatementLimitError, StatementSyntaxError } from '../../proxy/language/syntax-error.ts'
import type { Random } from '../support/random.ts'
import { campaign } from './campaign.ts'

const PERSON = '[Borger].[CPR].&[0707334285]'

/** Of processor time, for a text of at most some 10 kB. */
const MOST_MS = 2000

const PLACES = ['[Tid].[År]', '[Sted].[Kommune].[Kommune]', 'Ydelse', '[a]]b].[c.d]', '[Køn].[Køn]'] as const
const MEMBERS = [
  '[Tid].[År].&[2031]',
  '[Sted].[Nordby].[Havnen]',
  '[X].[y].&[1]&[2]',
  'Ydelse.Hjælp',
  '[Køn].[Alle]',
] as const
const MEASURES = ['[Measures].[Antal]', 'Measures.Beløb', '[Measures].[Snit]'] as const
const BLANKS = [' ', '\n', '\t', ' /* [x] */ ', ' -- y\n', '\u00a0'] as const
const NOISE = [
  '[',
  ']',
  '(',
  ')',
  '{',
  '}',
  "'",
  '"',
  '.',
  '&',
  ',',
  ':',
  '--',
  '/*',
  ' AS ',
  ' ON 0 ',
  'SELECT ',
  '@',
  ';',
  '\\"',
  '<x>',
] as const

/** A text that grows; `@` stands for where the person is to be. */
class Grammar {
  readonly #random: Random
  constructor(random: Random) {
    this.#random = random
  }

  set(depth: number): string {
    const { below, of } = {
      below: (n: number) => this.#random.below(n),
      of: <T>(items: readonly [T, ...T[]]) => this.#random.of(items),
    }
    if (depth <= 0) return of([`${of(PLACES)}.Members`, `{${of(MEMBERS)}}`, `${of(MEMBERS)}.Children`, 'udvalg'])
    const set = () => this.set(depth - 1)
    switch (below(14)) {
      case 0:
        return `{${set()},${of(BLANKS)}${set()}}`
      case 1:
        return `CrossJoin(${set()}, ${set()})`
      case 2:
        return `${set()} * ${set()}`
      case 3:
        return `Filter(${set()}, ${this.condition(depth - 1)})`
      case 4:
        return `TopCount(${set()}, ${below(50)}, ${of(MEASURES)})`
      case 5:
        return `Generate(${set()}, {${of(PLACES)}.CurrentMember})`
      case 6:
        return `Except(${set()}, ${set()})`
      case 7:
        return `Descendants(${set()}, ${of(PLACES)})`
      case 8:
        return `Order(${set()}, ${this.value(depth - 1)}, BDESC)`
      case 9:
        return `StrToSet("{${of(MEMBERS)}}", CONSTRAINED)`
      case 10:
        return `{${of(MEMBERS)} : ${of(MEMBERS)}}`
      case 11:
        return `DrilldownLevel(${set()}, , ${below(3)}, INCLUDE_CALC_MEMBERS)`
      case 12:
        return `IIf(${this.condition(depth - 1)}, ${set()}, ${set()})`
      default:
        return `Hierarchize(Union(${set()}, ${set()}))`
    }
  }

  condition(depth: number): string {
    const random = this.#random
    switch (random.below(6)) {
      case 0:
        return `${this.value(depth)} > ${random.below(1000)}`
      case 1:
        return `NOT IsEmpty(${random.of(MEASURES)})`
      case 2:
        return `InStr(${random.of(PLACES)}.CurrentMember.Name, "Bro""gaard") > 0`
      case 3:
        return `${random.of(PLACES)}.CurrentMember IS ${random.of(MEMBERS)}`
      case 4:
        return `${random.of(PLACES)}.CurrentMember NOT IN ${this.set(0)}`
      default:
        return depth <= 0 ? '1 = 1' : `(${this.condition(depth - 1)}) OR ${this.condition(depth - 1)}`
    }
  }

  value(depth: number): string {
    const random = this.#random
    if (depth <= 0) return random.of(MEASURES)
    switch (random.below(5)) {
      case 0:
        return `Sum(${this.set(depth - 1)}, ${random.of(MEASURES)})`
      case 1:
        return `${this.value(depth - 1)} / ${this.value(depth - 1)} - 1.5E3`
      case 2:
        return `(${random.of(MEMBERS)}, ${random.of(MEASURES)})`
      case 3:
        return `CASE WHEN ${this.condition(depth - 1)} THEN ${this.value(depth - 1)} ELSE NULL END`
      default:
        return `Count(${this.set(depth - 1)})`
    }
  }

  /** Sets that hold the person, in whatever way a set may. */
  withPerson(depth: number): string {
    const random = this.#random
    if (depth <= 0) return random.of([`{${PERSON}}`, PERSON, `{${PERSON}.Parent}`, `StrToMember("${PERSON}")`])
    const inner = this.withPerson(depth - 1)
    const around = random.of([
      `{${inner}, ${this.set(0)}}`,
      `CrossJoin(${this.set(1)}, ${inner})`,
      `Filter(${inner}, ${this.condition(1)})`,
      `Except(${this.set(1)}, ${inner})`,
      `Exists(${this.set(1)}, ${inner})`,
      `Generate(${inner}, ${this.set(0)})`,
      `Order(${this.set(1)}, Sum(${inner}, ${random.of(MEASURES)}))`,
      `Head(${inner}, ${random.below(5)})`,
      `Ukendt(${inner})`,
      `(${inner})`,
    ])
    return around
  }

  statement(): string {
    const random = this.#random
    const [axis, slicer, within, named] = [0, 1, 2, 3].map((place) => place === random.below(4))
    const person = this.withPerson(random.below(4))
    const formula = this.value(2)
    const parts = [
      `WITH SET udvalg AS ${named === true ? person : this.set(1)}`,
      `MEMBER [Measures].[Snit] AS ${random.below(2) === 0 ? formula : `'${formula.replaceAll("'", "''")}'`}, SOLVE_ORDER = 5`,
      `SELECT NON EMPTY ${axis === true ? person : this.set(3)} DIMENSION PROPERTIES MEMBER_CAPTION ON ${random.of(['0', 'COLUMNS', 'AXIS(0)'])},`,
      `{udvalg} HAVING ${this.condition(1)} ON 1`,
      `FROM (SELECT ${within === true ? person : this.set(1)} ON 0 FROM [Borger])`,
      `WHERE (${slicer === true ? person : random.of(MEMBERS)}, ${random.of(MEASURES)})`,
      'CELL PROPERTIES VALUE',
    ]
    const text = parts.join(random.of(BLANKS))
    // The places are drawn one by one, so that none of them may have got the person.
    return text.includes(PERSON) ? text : text.replace('WHERE (', `WHERE (${PERSON}, `)
  }
}

function patched(random: Random, text: string): string {
  let now = text
  for (let edits = 1 + random.below(4); edits > 0; edits--) {
    const at = random.below(now.length + 1)
    const piece =
      random.below(3) === 0 ? now.slice(random.below(now.length), random.below(now.length)) : random.of(NOISE)
    now = now.slice(0, at) + piece.slice(0, 2000) + now.slice(at + random.below(15))
  }
  return now
}

const bodies = (statements: readonly Statement[]) => statements.map(({ body }) => body)

/** The trees, or `null` where the text was refused as it should be. */
function treesOf(text: string): readonly Statement[] | null {
  const before = process.threadCpuUsage()
  try {
    readMdx(text)
    return parseMdx(text)
  } catch (error) {
    assert.ok(error instanceof StatementSyntaxError || error instanceof StatementLimitError, String(error))
    return null
  } finally {
    const { user, system } = process.threadCpuUsage(before)
    assert.ok((user + system) / 1000 < MOST_MS, `${text.length} characters took ${(user + system) / 1000} ms`)
  }
}

function assertPrintsBack(trees: readonly Statement[]): void {
  const printed = printStatements(trees)
  assert.deepEqual(bodies(parseMdx(printed)), bodies(trees), printed)
}

campaign('MDX', (random) => {
  const text = new Grammar(random).statement()
  const trees = treesOf(text)
  assert.ok(trees !== null, text)
  assertPrintsBack(trees)
  const values = readMdx(text).flatMap(({ criteria }) => criteria.flatMap((criterion) => criterion.values))
  assert.ok(values.includes(PERSON), text)
  const broken = treesOf(patched(random, text))
  if (broken !== null) assertPrintsBack(broken)
})
