/** Cells: sums over the facts that lie under every member of a tuple. */
import { AMOUNT, COUNT, FACTS, MEASURES } from './cube.ts'
import type { Hierarchy, Member } from './cube.ts'
import { SampleFault } from './fault.ts'

/** At most one member of each hierarchy; those not named have their default member. */
export type Tuple = readonly Member[]

/** How much one statement may cost, in tuples made and cells computed; hostile sets of sets end here. */
export class Budget {
  #left = 500_000

  spend(amount: number): void {
    this.#left -= amount
    if (this.#left < 0) throw new SampleFault('too-large')
  }
}

/** Joins tuples; `later` decides where both name a hierarchy. */
export function joined(earlier: Tuple, later: Tuple): Tuple {
  const named = new Set(later.map(({ hierarchy }) => hierarchy))
  return [...earlier.filter(({ hierarchy }) => !named.has(hierarchy)), ...later]
}

export function measureOf(tuple: Tuple): Member {
  return tuple.find(({ hierarchy }) => hierarchy === MEASURES) ?? COUNT
}

/** The value at a tuple, `null` where nothing was paid. The slicer's tuples are added up. */
export function cell(tuple: Tuple, slicer: readonly Tuple[], budget: Budget): number | null {
  const values = slicer.map((slice) => one(joined(slice, tuple), budget)).filter((value) => value !== null)
  if (values.length === 0) return null
  const sum = values.reduce((total, value) => total + value, 0)
  return measureOf(joined(slicer[0] ?? [], tuple)) === AMOUNT ? sum / 100 : sum
}

function one(tuple: Tuple, budget: Budget): number | null {
  const narrowing = tuple.filter(({ hierarchy, parent }) => hierarchy !== MEASURES && parent !== null)
  const [smallest, ...others] = narrowing.map(({ facts }) => facts).sort((a, b) => a.size - b.size)
  const found = [...(smallest ?? FACTS.keys())].filter((fact) => others.every((facts) => facts.has(fact)))
  budget.spend(1 + (smallest?.size ?? FACTS.length) / 100)
  if (found.length === 0) return null
  const amount = measureOf(tuple) === AMOUNT
  return found.reduce((sum, fact) => sum + ((amount ? FACTS[fact]?.amount : FACTS[fact]?.count) ?? 0), 0)
}

/** The hierarchies of a set, in the order of its tuples. */
export function hierarchiesOf(tuples: readonly Tuple[]): readonly Hierarchy[] {
  return tuples[0]?.map(({ hierarchy }) => hierarchy) ?? []
}

export const defaultMember = (hierarchy: Hierarchy): Member => {
  const [member] = hierarchy.members
  if (member === undefined) throw new Error(`the sample's hierarchy ${hierarchy.name} has no members`)
  return member
}
