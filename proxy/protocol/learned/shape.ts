/** What was read back from a file, checked: `null` for anything that was not written by `Learned`. */
import type { HierarchyModel, LevelModel } from '../../language/cube-model.ts'
import type { QlikHandle, QlikSelection, Session } from '../knowledge.ts'
import type { HeldCookie } from './cookies.ts'
import type { HeldModel } from './models.ts'
import type { HeldSession } from './sessions.ts'

type Read<T> = (value: unknown) => T | null

export const heldSessions: Read<readonly HeldSession[]> = (written) => listOf(fieldOf(written, 'sessions'), heldSession)
/** Earlier versions wrote none. */
export const heldCookies: Read<readonly HeldCookie[]> = (written) =>
  listOf(fieldOf(written, 'cookies') ?? [], heldCookie)
export const heldModels: Read<readonly HeldModel[]> = (written) => listOf(fieldOf(written, 'models'), heldModel)

const heldSession: Read<HeldSession> = (value) => {
  const [server, id, at] = [text(fieldOf(value, 'server')), text(fieldOf(value, 'id')), fieldOf(value, 'at')]
  const session = sessionOf(fieldOf(value, 'session'))
  if (server === null || id === null || session === null || typeof at !== 'number') return null
  return { server, id, at, session }
}

const heldCookie: Read<HeldCookie> = (value) => {
  const [server, cookie, user] = [
    text(fieldOf(value, 'server')),
    text(fieldOf(value, 'cookie')),
    textOrNull(fieldOf(value, 'user')),
  ]
  const [since, until, at] = [fieldOf(value, 'since'), fieldOf(value, 'until'), fieldOf(value, 'at')]
  if (server === null || cookie === null || user === undefined) return null
  if (typeof since !== 'number' || typeof at !== 'number' || (until !== null && typeof until !== 'number')) return null
  return { server, cookie, user, since, until, at }
}

/** One for each kind: a kind that is forgotten fails to compile. */
const SESSIONS: { readonly [K in Session['kind']]: Read<Extract<Session, { kind: K }>> } = {
  xmla(value) {
    const [user, properties] = [textOrNull(fieldOf(value, 'user')), textsByName(fieldOf(value, 'properties'))]
    const [ids, definitions] = [listOf(fieldOf(value, 'ids'), text), listOf(fieldOf(value, 'definitions'), text)]
    if (user === undefined || ids === null || properties === null || definitions === null) return null
    return { kind: 'xmla', ids, user, properties, definitions }
  },
  qlik(value) {
    const app = textOrNull(fieldOf(value, 'app'))
    const handles = byName(fieldOf(value, 'handles'), qlikHandle)
    const selections = byName(fieldOf(value, 'selections'), qlikSelection)
    if (app === undefined || handles === null || selections === null) return null
    return { kind: 'qlik', app, handles, selections }
  },
}

const HANDLES: readonly QlikHandle['kind'][] = ['doc', 'field', 'object', 'other']

const qlikHandle: Read<QlikHandle> = (value) => {
  const kind = HANDLES.find((one) => one === fieldOf(value, 'kind'))
  const name = textOrNull(fieldOf(value, 'name'))
  const [dimensions, measures] = [listOf(fieldOf(value, 'dimensions'), text), listOf(fieldOf(value, 'measures'), text)]
  if (kind === undefined || name === undefined || dimensions === null || measures === null) return null
  return { kind, name, dimensions, measures }
}

const qlikSelection: Read<QlikSelection> = (value) => {
  const [op, values] = [text(fieldOf(value, 'op')), listOf(fieldOf(value, 'values'), text)]
  return op === null || values === null ? null : { op, values }
}

function sessionOf(value: unknown): Session | null {
  const kind = fieldOf(value, 'kind')
  const read = Object.entries(SESSIONS).find(([name]) => name === kind)?.[1]
  return read === undefined ? null : read(value)
}

const heldModel: Read<HeldModel> = (value) => {
  const [server, cube] = [text(fieldOf(value, 'server')), text(fieldOf(value, 'cube'))]
  const [catalog, defaultMeasure] = [
    textOrNull(fieldOf(value, 'catalog')),
    textOrNull(fieldOf(value, 'defaultMeasure')),
  ]
  const [hierarchies, levels] = [
    listOf(fieldOf(value, 'hierarchies'), hierarchy),
    listOf(fieldOf(value, 'levels'), level),
  ]
  const measures = listOf(fieldOf(value, 'measures'), text)
  if (server === null || cube === null || catalog === undefined || defaultMeasure === undefined) return null
  if (hierarchies === null || levels === null || measures === null) return null
  return { server, catalog, cube, defaultMeasure, hierarchies, levels, measures }
}

const hierarchy: Read<HierarchyModel> = (value) => {
  const [name, dimension] = [text(fieldOf(value, 'name')), text(fieldOf(value, 'dimension'))]
  const [allMember, defaultMember] = [
    textOrNull(fieldOf(value, 'allMember')),
    textOrNull(fieldOf(value, 'defaultMember')),
  ]
  if (name === null || dimension === null || allMember === undefined || defaultMember === undefined) return null
  return { name, dimension, allMember, defaultMember }
}

const level: Read<LevelModel> = (value) => {
  const [name, hierarchy] = [text(fieldOf(value, 'name')), text(fieldOf(value, 'hierarchy'))]
  return name === null || hierarchy === null ? null : { name, hierarchy }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined
}

function listOf<T>(value: unknown, read: Read<T>): T[] | null {
  if (!Array.isArray(value)) return null
  const list = value.map(read)
  const sound = list.filter((one) => one !== null)
  return sound.length === list.length ? sound : null
}

function byName<T>(value: unknown, read: Read<T>): Record<string, T> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const entries = Object.entries(value).flatMap(([name, one]: [string, unknown]) => {
    const sound = read(one)
    return sound === null ? [] : [[name, sound] as const]
  })
  return entries.length === Object.keys(value).length ? Object.fromEntries(entries) : null
}

const textsByName = (value: unknown): Record<string, string> | null => byName(value, text)
const text: Read<string> = (value) => (typeof value === 'string' ? value : null)
/** `undefined`: neither. */
const textOrNull = (value: unknown): string | null | undefined =>
  value === null || typeof value === 'string' ? value : undefined
