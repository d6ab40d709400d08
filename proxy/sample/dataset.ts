/** The two shapes in which the answer to a query leaves: MDDataSet with tuples, and the flattened rowset. */
import { INSTANCE } from './answer.ts'
import type { Column, Row, Rowset } from './answer.ts'
import { hierarchiesOf, joined, measureOf } from './cells.ts'
import type { Tuple } from './cells.ts'
import { COUNT, CUBE, HIERARCHIES, MEASURES } from './cube.ts'
import type { Hierarchy, Member } from './cube.ts'
import { ancestors } from './members.ts'
import { leaf, text } from './xml.ts'

export interface Dataset {
  readonly axes: readonly (readonly Tuple[])[]
  readonly slicer: readonly Tuple[]
  /** One for each combination of tuples; axis 0 varies fastest. */
  readonly cells: readonly (number | null)[]
}

const MDDATASET = 'urn:schemas-microsoft-com:xml-analysis:mddataset'
const COUNTS = new Intl.NumberFormat('da-DK', { maximumFractionDigits: 0 })
const AMOUNTS = new Intl.NumberFormat('da-DK', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

export function dataset(answered: Dataset): string {
  const named = answered.axes.map((tuples, i) => ({ name: `Axis${i}`, tuples, hierarchies: hierarchiesOf(tuples) }))
  const slicer = { name: 'SlicerAxis', ...slicerAxis(answered) }
  const axes = [...named, slicer]
  const info = axes.map(({ name, hierarchies }) => axisInfo(name, hierarchies)).join('')
  const cellInfo = '<CellInfo><Value name="VALUE"/><FmtValue name="FORMATTED_VALUE"/></CellInfo>'
  const cubeInfo = `<CubeInfo><Cube>${leaf('CubeName', CUBE)}</Cube></CubeInfo>`
  const olapInfo = `<OlapInfo>${cubeInfo}<AxesInfo>${info}</AxesInfo>${cellInfo}</OlapInfo>`
  const data = axes.map(({ name, tuples }) => axisData(name, tuples)).join('')
  const cells = answered.cells.map((value, ordinal) => cellData(value, ordinal, tupleAt(answered, ordinal))).join('')
  return `<root xmlns="${MDDATASET}" ${INSTANCE}>${olapInfo}<Axes>${data}</Axes><CellData>${cells}</CellData></root>`
}

/** The hierarchies that stand on no axis, at the slicer's members or their default ones. */
function slicerAxis({ axes, slicer }: Dataset): { tuples: readonly Tuple[]; hierarchies: readonly Hierarchy[] } {
  const shown = new Set(axes.flatMap(hierarchiesOf))
  const sliced = new Set(hierarchiesOf(slicer))
  const rest = HIERARCHIES.filter((hierarchy) => !shown.has(hierarchy) && !sliced.has(hierarchy))
  const defaults = rest.flatMap(({ members }) => members.slice(0, 1))
  const tuples = slicer.map((tuple) => [...tuple, ...defaults])
  return { tuples, hierarchies: hierarchiesOf(tuples) }
}

function axisInfo(name: string, hierarchies: readonly Hierarchy[]): string {
  const described = hierarchies.map(({ uniqueName }) => {
    const property = (element: string, column: string) => `<${element} name="${text(`${uniqueName}.[${column}]`)}"/>`
    const properties = [
      property('UName', 'MEMBER_UNIQUE_NAME'),
      property('Caption', 'MEMBER_CAPTION'),
      property('LName', 'LEVEL_UNIQUE_NAME'),
      property('LNum', 'LEVEL_NUMBER'),
      property('DisplayInfo', 'DISPLAY_INFO'),
    ]
    return `<HierarchyInfo name="${text(uniqueName)}">${properties.join('')}</HierarchyInfo>`
  })
  return `<AxisInfo name="${name}">${described.join('')}</AxisInfo>`
}

function axisData(name: string, tuples: readonly Tuple[]): string {
  const written = tuples.map((tuple) => `<Tuple>${tuple.map(memberData).join('')}</Tuple>`)
  return `<Axis name="${name}"><Tuples>${written.join('')}</Tuples></Axis>`
}

function memberData({ hierarchy, uniqueName, caption, level, children }: Member): string {
  const said =
    leaf('UName', uniqueName) +
    leaf('Caption', caption) +
    leaf('LName', level.uniqueName) +
    leaf('LNum', String(level.number)) +
    leaf('DisplayInfo', String(children.length))
  return `<Member Hierarchy="${text(hierarchy.uniqueName)}">${said}</Member>`
}

/** Empty cells are left out: the client knows them by the gap in the ordinals. */
function cellData(value: number | null, ordinal: number, tuple: Tuple): string {
  if (value === null) return ''
  const counted = measureOf(tuple) === COUNT
  const typed = leaf('Value', String(value), ` xsi:type="xsd:${counted ? 'int' : 'double'}"`)
  const formatted = leaf('FmtValue', (counted ? COUNTS : AMOUNTS).format(value))
  return `<Cell CellOrdinal="${ordinal}">${typed}${formatted}</Cell>`
}

function tupleAt({ axes, slicer }: Dataset, ordinal: number): Tuple {
  let rest = ordinal
  const tuple = axes.flatMap((tuples) => {
    const at = tuples[rest % tuples.length] ?? []
    rest = Math.floor(rest / tuples.length)
    return at
  })
  return joined(slicer[0] ?? [], tuple)
}

/**
 * A row for each tuple of the axes above 0, with the caption of every level down to the deepest shown, and a column for
 * each tuple of axis 0.
 */
export function flattened(answered: Dataset): Rowset {
  const [first = [[]], ...others] = answered.axes
  const places = others.reduce<readonly Tuple[]>(
    (inner, tuples) => tuples.flatMap((tuple) => inner.map((place) => [...place, ...tuple])),
    [[]],
  )
  const levels = hierarchiesOf(places).flatMap((hierarchy) => levelColumns(hierarchy, places))
  const values = first.map((tuple) => ({ name: columnName(tuple), type: valueType(tuple, answered) }))
  const rows = places.map((place, row): Row => {
    const cells = first.map((tuple, i) => [columnName(tuple), answered.cells[row * first.length + i] ?? null])
    return { ...captions(place), ...Object.fromEntries(cells) }
  })
  return { columns: [...levels, ...values], rows }
}

const captionColumn = (levelName: string): string => `${levelName}.[MEMBER_CAPTION]`

function levelColumns(hierarchy: Hierarchy, places: readonly Tuple[]): Column[] {
  const shown = places.flatMap((place) => place.filter((member) => member.hierarchy === hierarchy))
  const deepest = Math.max(...shown.map(({ level }) => level.number))
  const levels = hierarchy.levels.filter(({ number }) => number <= deepest && (number > 0 || hierarchy === MEASURES))
  return levels.map(({ uniqueName }) => ({ name: captionColumn(uniqueName), type: 'string' }))
}

function captions(place: Tuple): Row {
  const line = place.flatMap((member) => [member, ...ancestors(member)])
  return Object.fromEntries(line.map(({ level, caption }) => [captionColumn(level.uniqueName), caption]))
}

/** A query without axes has one cell, that of its slicer. */
function columnName(tuple: Tuple): string {
  return tuple.length === 0 ? COUNT.uniqueName : tuple.map(({ uniqueName }) => uniqueName).join('.')
}

function valueType(tuple: Tuple, { slicer }: Dataset): Column['type'] {
  return measureOf(joined(slicer[0] ?? [], tuple)) === COUNT ? 'int' : 'double'
}
