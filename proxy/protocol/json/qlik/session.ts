/**
 * What is said in one WebSocket with Qlik Engine adds up: objects are named by handles that the server gave, and what was
 * selected restricts everything that is shown after it. Both are kept from message to message, within bounds; what is
 * forgotten makes later entries say less. First to be forgotten is what the oldest objects show, last what is selected:
 * that may be a person.
 */
import type { QlikHandle, QlikSelection, QlikSession } from '../../knowledge.ts'

const MAX_HANDLES = 500
const MAX_FIELDS = 200
const MAX_VALUES = 200
/** Characters of all that is selected, and of what all objects show; together less than a session may have at all. */
const MAX_SELECTED = 50_000
const MAX_SHOWN = 50_000
/** A name or a value, in characters; one that is longer is no person's, and stands in the text of its own entry. */
const MAX_TEXT = 1000

export const NEW_SESSION: QlikSession = { kind: 'qlik', app: null, handles: {}, selections: {} }

export function withHandle(session: QlikSession, number: string, handle: QlikHandle): QlikSession {
  const app = handle.kind === 'doc' ? (handle.name ?? session.app) : session.app
  const name = handle.name?.slice(0, MAX_TEXT) ?? null
  const { [number]: _before, ...others } = session.handles
  return { ...session, app, handles: lightened(fewer({ ...others, [number]: { ...handle, name } })) }
}

/** The newest: numbers grow. Fields are kept longer than objects, for selections go to them. */
function fewer(handles: QlikSession['handles']): QlikSession['handles'] {
  const entries = Object.entries(handles)
  if (entries.length <= MAX_HANDLES) return handles
  const isObject = ([, { kind }]: readonly [string, QlikHandle]) => kind === 'object' || kind === 'other'
  const oldest = entries.find(isObject) ?? entries[0]
  return Object.fromEntries(entries.filter((entry) => entry !== oldest))
}

/** Of the oldest objects it is forgotten what they show, not that they are there. */
function lightened(handles: QlikSession['handles']): QlikSession['handles'] {
  const entries = Object.entries(handles)
  let room = MAX_SHOWN
  const kept = entries.toReversed().map(([number, handle]) => {
    room -= lengthOf(handle.dimensions) + lengthOf(handle.measures)
    return [number, room < 0 ? { ...handle, dimensions: [], measures: [] } : handle] as const
  })
  return room < 0 ? Object.fromEntries(kept.toReversed()) : handles
}

const lengthOf = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + text.length + 3, 0)

/** What is selected in a field from now on. */
export function selecting(session: QlikSession, field: string, selection: QlikSelection): QlikSession {
  const values = [...new Set(selection.values)].slice(-MAX_VALUES).map((value) => value.slice(0, MAX_TEXT))
  const name = field.slice(0, MAX_TEXT)
  const { [name]: _before, ...others } = session.selections
  return { ...session, selections: newest(bounded({ ...others, [name]: { ...selection, values } }, MAX_FIELDS)) }
}

/** What was selected last, as far as there is room. */
function newest(selections: QlikSession['selections']): QlikSession['selections'] {
  let room = MAX_SELECTED
  const kept = Object.entries(selections)
    .toReversed()
    .map(([field, { op, values }]) => {
      room -= field.length
      const fitting = values.toReversed().filter((value) => (room -= value.length + 3) >= 0)
      return [field, { op, values: fitting.toReversed() }] as const
    })
  return room < 0 ? Object.fromEntries(kept.toReversed()) : selections
}

/** Added to what is selected in it: a second click. One that takes a value back is not told apart, and stands too. */
export function toggling(session: QlikSession, field: string, selection: QlikSelection): QlikSession {
  const before = own(session.selections, field)
  const joins = before !== undefined && before.op === selection.op
  return selecting(
    session,
    field,
    joins ? { ...selection, values: [...before.values, ...selection.values] } : selection,
  )
}

export function clearing(session: QlikSession, field: string): QlikSession {
  const { [field]: _cleared, ...selections } = session.selections
  return { ...session, selections }
}

export function clearingAllBut(session: QlikSession, field: string | null): QlikSession {
  const kept = field === null ? undefined : own(session.selections, field)
  return { ...session, selections: field === null || kept === undefined ? {} : { [field]: kept } }
}

/** A field may be called `constructor`. */
export function own<T>(named: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(named, name) ? named[name] : undefined
}

/** The newest are kept. */
function bounded<T>(named: Readonly<Record<string, T>>, most: number): Readonly<Record<string, T>> {
  const entries = Object.entries(named)
  return entries.length <= most ? named : Object.fromEntries(entries.slice(entries.length - most))
}
