/** Execute: one MDX statement, read by the product's own parser, and its answer as a dataset or flattened rowset. */
import type { Definition, Select } from '../language/mdx/ast.ts'
import { parseMdx } from '../language/mdx/read.ts'
import { StatementLimitError, StatementSyntaxError } from '../language/syntax-error.ts'
import type { Rowset } from './answer.ts'
import { Budget, cell } from './cells.ts'
import type { Tuple } from './cells.ts'
import { CUBE } from './cube.ts'
import { dataset, flattened } from './dataset.ts'
import type { Dataset } from './dataset.ts'
import { setOf } from './evaluate.ts'
import type { Scope } from './evaluate.ts'
import { SampleFault } from './fault.ts'
import { fold } from './members.ts'
import { plain } from './names.ts'

const MAX_CELLS = 100_000

export type Executed =
  { readonly kind: 'tabular'; readonly rowset: Rowset } | { readonly kind: 'multidimensional'; readonly root: string }

/** @throws SampleFault */
export function execute(statement: string, tabular: boolean): Executed {
  const answered = evaluate(parse(statement))
  if (tabular) return { kind: 'tabular', rowset: flattened(answered) }
  return { kind: 'multidimensional', root: dataset(answered) }
}

function parse(statement: string): Select {
  const [only, ...others] = statements(statement)
  if (only === undefined) throw new SampleFault('syntax')
  if (only.body.kind !== 'select' || others.length > 0) throw new SampleFault('unsupported')
  return only.body
}

function statements(text: string) {
  try {
    return parseMdx(text)
  } catch (cause) {
    if (cause instanceof StatementSyntaxError) throw new SampleFault('syntax', cause.region.start, { cause })
    if (cause instanceof StatementLimitError) throw new SampleFault('too-large', undefined, { cause })
    throw cause
  }
}

function evaluate({ definitions, axes, from, slicer }: Select): Dataset {
  if (from.kind !== 'cube') throw new SampleFault('unsupported')
  const [cube, ...rest] = from.name.segments
  if (cube === undefined || rest.length > 0 || plain(cube) !== fold(CUBE)) throw new SampleFault('unknown-name')
  const scope: Scope = { slicer: [[]], budget: new Budget(), current: [], sets: new Map(definitions.map(namedSet)) }
  const slices = slicer === null ? [[]] : setOf(slicer, scope)
  const sliced = { ...scope, slicer: slices }
  const sets = axes
    .toSorted((a, b) => a.number - b.number)
    .map((axis, i) => {
      if (axis.number !== i) throw new SampleFault('axis-gap')
      return { nonEmpty: axis.nonEmpty, tuples: setOf(axis.set, sliced) }
    })
  refuseTwice([...sets.map(({ tuples }) => tuples), slicer === null ? [] : slices])
  return fill(sets, slices, scope.budget)
}

function namedSet({ kind, name, formula }: Definition): [string, Definition['formula']] {
  const [segment] = name.segments
  if (kind !== 'set' || segment === undefined) throw new SampleFault('unsupported')
  return [plain(segment), formula]
}

function refuseTwice(sets: readonly (readonly Tuple[])[]): void {
  const hierarchies = sets.flatMap(([tuple]) => tuple?.map(({ hierarchy }) => hierarchy) ?? [])
  if (new Set(hierarchies).size < hierarchies.length) throw new SampleFault('hierarchy-twice')
}

interface AxisSet {
  readonly nonEmpty: boolean
  readonly tuples: readonly Tuple[]
}

/** Computes the cells; axis 0 varies fastest. NON EMPTY drops the tuples along which every cell is empty. */
function fill(sets: readonly AxisSet[], slicer: readonly Tuple[], budget: Budget): Dataset {
  const size = sets.reduce((product, { tuples }) => product * tuples.length, 1)
  if (size > MAX_CELLS) throw new SampleFault('too-large')
  const whole = sets.map(({ tuples }) => tuples)
  const filled = new Set(cellsOf(whole, slicer, budget).flatMap(({ at, value }) => (value === null ? [] : at)))
  const axes = sets.map(({ nonEmpty, tuples }) => (nonEmpty ? tuples.filter((tuple) => filled.has(tuple)) : tuples))
  return { axes, slicer, cells: cellsOf(axes, slicer, budget).map(({ value }) => value) }
}

function cellsOf(axes: readonly (readonly Tuple[])[], slicer: readonly Tuple[], budget: Budget) {
  const places = axes.reduce<readonly (readonly Tuple[])[]>(
    (inner, tuples) => tuples.flatMap((tuple) => inner.map((place) => [...place, tuple])),
    [[]],
  )
  return places.map((at) => ({ at, value: cell(at.flat(), slicer, budget) }))
}
