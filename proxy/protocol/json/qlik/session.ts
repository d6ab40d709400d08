/**
 * What is said in one WebSocket with Qlik Engine adds up: objects are named by handles that the server gave, and what was
 * selected restricts everything that is shown after it. Both are kept from message to message, within bounds; what is
 * forgotten makes later entries say less.
 */
import type { QlikHandle, QlikSelection, QlikSession } from '../../knowledge.ts'

const MAX_HANDLES = 500
const MAX_FIELDS = 200
const MAX_VALUES = 200

export const NEW_SESSION: QlikSession = { kind: 'qlik', app: null, handles: {}, selections: {} }

export function withHandle(session: QlikSession, number: string, handle: QlikHandle): QlikSession {
  const app = handle.kind === 'doc' ? (handle.name ?? session.app) : session.app
  return { ...session, app, handles: bounded({ ...session.handles, [number]: handle }, MAX_HANDLES) }
}

/** What is selected in a field from now on. */
export function selecting(session: QlikSession, field: string, selection: QlikSelection): QlikSession {
  const values = [...new Set(selection.values)].slice(0, MAX_VALUES)
  const { [field]: _before, ...others } = session.selections
  return { ...session, selections: bounded({ ...others, [field]: { ...selection, values } }, MAX_FIELDS) }
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
