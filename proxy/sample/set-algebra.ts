/** What can be done with sets of tuples without knowing where they came from. */
import type { Budget, Tuple } from './cells.ts'
import { membersOf } from './cube.ts'
import type { Member } from './cube.ts'
import { SampleFault } from './fault.ts'

export type Tuples = readonly Tuple[]

const keyOf = (tuple: Tuple): string => tuple.map(({ uniqueName }) => uniqueName).join()

export function distinct(tuples: Tuples): Tuples {
  return [...new Map(tuples.toReversed().map((tuple) => [keyOf(tuple), tuple])).values()].toReversed()
}

export function without(tuples: Tuples, taken: Tuples): Tuples {
  const keys = new Set(taken.map(keyOf))
  return tuples.filter((tuple) => !keys.has(keyOf(tuple)))
}

export function range(first: Member, last: Member): Tuples {
  const level = membersOf(first.hierarchy, first.level)
  return level.slice(level.indexOf(first), level.indexOf(last) + 1).map((member) => [member])
}

export function product(left: Tuples, right: Tuples, budget: Budget): Tuples {
  budget.spend(left.length * right.length)
  const taken = new Set(left[0]?.map(({ hierarchy }) => hierarchy))
  if (right[0]?.some(({ hierarchy }) => taken.has(hierarchy))) throw new SampleFault('hierarchy-twice')
  return left.flatMap((a) => right.map((b) => [...a, ...b]))
}

export function hierarchized(tuples: Tuples): Tuples {
  const compare = (a: Tuple, b: Tuple) =>
    a.map((member, i) => member.ordinal - (b[i]?.ordinal ?? 0)).find((difference) => difference !== 0) ?? 0
  return tuples.toSorted(compare)
}
