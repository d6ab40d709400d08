/**
 * The calls of Qlik Engine that select (qlik.dev, "Engine API", Field, GenericObject and Doc): what each asks for, and
 * what is selected after it. A user who clicks on a person has searched for that person, before anything is shown.
 */
import type { QlikHandle, QlikSelection, QlikSession } from '../../knowledge.ts'
import type { Json, MaybeJson } from '../json-value.ts'
import { integerOf, itemsOf, member, oneOrMore, scalarOf, stringOf } from '../json-value.ts'
import type { FieldSet } from './set-analysis.ts'
import { searched } from './set-analysis.ts'
import { clearing, clearingAllBut, own, selecting, toggling } from './session.ts'
import { plain } from './definition.ts'

export interface Selecting {
  readonly sought: readonly FieldSet[]
  readonly after: QlikSession
}

export interface QlikCall {
  readonly method: string
  readonly handle: QlikHandle | null
  readonly param: (index: number, name: string) => MaybeJson
  readonly session: QlikSession
}

type Select = (call: QlikCall) => Selecting

/** `null`: the call does not select. */
export function selectionOf(call: QlikCall): Selecting | null {
  const { handle } = call
  // A handle that nobody has seen given may be a field's: what is selected in it restricts all the same.
  const select = handle === null || handle.kind === 'field' ? OF_FIELDS.get(call.method) : undefined
  return (select ?? OTHERS.get(call.method))?.(call) ?? null
}

const fieldOf = ({ handle }: QlikCall): string => handle?.name ?? 'field'
const isToggle = (node: MaybeJson): boolean => scalarOf(node) === 'true'

function chosen(call: QlikCall, field: string, selection: QlikSelection, toggles: boolean): Selecting {
  const after = (toggles ? toggling : selecting)(call.session, field, selection)
  return { sought: [{ field, ...selection }], after }
}

const OF_FIELDS = new Map<string, Select>([
  ['Select', (call) => chosen(call, fieldOf(call), matched(call.param(0, 'qMatch')), false)],
  ['ToggleSelect', (call) => chosen(call, fieldOf(call), matched(call.param(0, 'qMatch')), true)],
  [
    'SelectValues',
    (call) => {
      const values = itemsOf(call.param(0, 'qFieldValues')).flatMap(fieldValue)
      return chosen(call, fieldOf(call), { op: 'in', values }, isToggle(call.param(1, 'qToggleMode')))
    },
  ],
  [
    'LowLevelSelect',
    (call) => {
      const values = elementNumbers(call.param(0, 'qValues'))
      return chosen(call, fieldOf(call), { op: 'element', values }, isToggle(call.param(1, 'qToggleMode')))
    },
  ],
  ['SelectExcluded', (call) => excluding(call)],
  ['SelectAll', (call) => ({ sought: [], after: clearing(call.session, fieldOf(call)) })],
  ['SelectPossible', (call) => chosen(call, fieldOf(call), { op: 'possible', values: [] }, false)],
  ['SelectAlternative', (call) => chosen(call, fieldOf(call), { op: 'alternative', values: [] }, false)],
  ['Clear', (call) => ({ sought: [], after: clearing(call.session, fieldOf(call)) })],
  ['ClearAllButThis', (call) => ({ sought: [], after: clearingAllBut(call.session, fieldOf(call)) })],
])

const OTHERS = new Map<string, Select>([
  [
    'SelectListObjectValues',
    (call) => {
      const field = dimension(call, 0)
      const values = [...lookedFor(call, field), ...elementNumbers(call.param(1, 'qValues'))]
      return chosen(call, field, { op: 'element', values }, isToggle(call.param(2, 'qToggleMode')))
    },
  ],
  [
    'SelectHyperCubeValues',
    (call) => {
      const values = elementNumbers(call.param(2, 'qValues'))
      const field = dimension(call, integerOf(call.param(1, 'qDimNo')) ?? 0)
      return chosen(call, field, { op: 'element', values }, isToggle(call.param(3, 'qToggleMode')))
    },
  ],
  ['SelectHyperCubeCells', (call) => everyDimension(call)],
  ['SelectPivotCells', (call) => everyDimension(call)],
  ['RangeSelectHyperCubeValues', (call) => ranges(call)],
  ['MultiRangeSelectHyperCubeValues', (call) => ranges(call)],
  [
    'SearchListObjectFor',
    (call) => ({
      sought: [{ field: dimension(call, 0), ...looked(call.param(1, 'qMatch')) }],
      after: remembered(call),
    }),
  ],
  ['AcceptListObjectSearch', (call) => accepted(call)],
  ['AbortListObjectSearch', (call) => ({ sought: [], after: clearing(call.session, SEARCH + dimension(call, 0)) })],
  ['SelectListObjectAll', (call) => ({ sought: [], after: clearing(call.session, dimension(call, 0)) })],
  ['ClearSelections', (call) => ({ sought: [], after: clearing(call.session, dimension(call, 0)) })],
  [
    'SelectAssociations',
    (call) => {
      const values = itemsOf(call.param(1, 'qTerms')).flatMap((term) => stringOf(term) ?? [])
      return chosen(call, ANY_FIELD, { op: 'contains', values }, true)
    },
  ],
  [
    'ApplyBookmark',
    (call) => {
      const id = scalarOf(call.param(0, 'qId')) ?? call.handle?.name ?? ''
      return { sought: [], after: selecting(clearingAllBut(call.session, null), 'bookmark', { op: '=', values: [id] }) }
    },
  ],
  ['ClearAll', (call) => ({ sought: [], after: clearingAllBut(call.session, null) })],
  // What was selected before is not kept: that something may be is.
  ['Back', (call) => ({ sought: [], after: unknown(call.session) })],
  ['Forward', (call) => ({ sought: [], after: unknown(call.session) })],
])

const ANY_FIELD = 'search'
const unknown = (session: QlikSession): QlikSession =>
  selecting(clearingAllBut(session, null), 'selections', { op: 'unknown', values: [] })

/** A text to match: a value as it is, or a search with wildcards or bounds. */
function matched(match: MaybeJson): QlikSelection {
  const text = scalarOf(match) ?? ''
  return searched(text)
}

/** A search box finds what contains its words. */
function looked(match: MaybeJson): QlikSelection {
  const found = matched(match)
  return found.op === '=' ? { op: 'contains', values: found.values } : found
}

function fieldValue(value: Json): string[] {
  if (value.kind !== 'object') return [scalarOf(value) ?? ''].filter((text) => text !== '')
  const text = stringOf(member(value, 'qText')) ?? scalarOf(member(value, 'qNumber'))
  return text === null ? [] : [text]
}

/** Values by their number in the server's table: which they are, only the server can tell. */
function elementNumbers(values: MaybeJson): string[] {
  return oneOrMore(values).flatMap((value) => {
    const number = scalarOf(value)
    return number === null ? [] : [`#${number}`]
  })
}

const dimension = ({ handle }: QlikCall, index: number): string =>
  plain(handle?.dimensions[index] ?? handle?.dimensions[0] ?? handle?.name ?? 'field')

function everyDimension(call: QlikCall): Selecting {
  const fields = call.handle?.dimensions ?? []
  const selection = { op: 'possible', values: [] }
  const after = fields.reduce((session, field) => selecting(session, plain(field), selection), call.session)
  return { sought: fields.map((field) => ({ field: plain(field), ...selection })), after }
}

/** `[{ qRange: { qMin, qMax }, qMeasureIx }]`, once more nested where there are several. */
function ranges(call: QlikCall): Selecting {
  const given = oneOrMore(call.param(1, 'qRanges')).flatMap((one) => oneOrMore(member(one, 'qRanges') ?? one))
  const sought = given.map((one): FieldSet => {
    const field = call.handle?.measures[integerOf(member(one, 'qMeasureIx')) ?? 0] ?? 'measure'
    const [from, to] = [scalarOf(member(one, 'qRange', 'qMin')), scalarOf(member(one, 'qRange', 'qMax'))]
    return { field, op: 'range', values: [from ?? '', to ?? ''] }
  })
  const after = sought.reduce(
    (session, { field, op, values }) => selecting(session, field, { op, values }),
    call.session,
  )
  return { sought, after }
}

/** What was selected is now what is left out. */
function excluding(call: QlikCall): Selecting {
  const field = fieldOf(call)
  const before = own(call.session.selections, field)
  return chosen(call, field, { op: 'not in', values: before?.values ?? [] }, false)
}

/** What stands in a search box is selected when it is accepted. */
const SEARCH = 'search of '

/** What is clicked on in a list that was searched is one of those found: the search tells more than their numbers do. */
function lookedFor({ session }: QlikCall, field: string): readonly string[] {
  return own(session.selections, SEARCH + field)?.values ?? []
}

function remembered(call: QlikCall): QlikSession {
  return selecting(call.session, SEARCH + dimension(call, 0), looked(call.param(1, 'qMatch')))
}

function accepted(call: QlikCall): Selecting {
  const field = dimension(call, 0)
  const search = own(call.session.selections, SEARCH + field)
  if (search === undefined) return chosen(call, field, { op: 'possible', values: [] }, false)
  const { sought, after } = chosen(call, field, search, isToggle(call.param(1, 'qToggleMode')))
  return { sought, after: clearing(after, SEARCH + field) }
}

/** Is this what stands in a search box, and not yet a selection? */
export const isSearch = (field: string): boolean => field.startsWith(SEARCH)
