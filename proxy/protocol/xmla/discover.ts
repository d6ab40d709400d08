/**
 * A Discover asks for the model, or for members, or the server about itself. MDSCHEMA_MEMBERS, and any request whose
 * restrictions name a member, shows or searches persons, so it is an entry of its own kind: `discover`. What shows the
 * sessions and commands of other users is `dmv`, as it is when a statement asks for the same. The others are `metadata`.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Criterion, DimensionUse } from '../../../schema/record/record.ts'
import { mentions } from '../../language/mention.ts'
import type { Part } from '../adapter.ts'
import { columnsOf, parentPath, segmentsOf } from '../path.ts'
import { valueRows } from '../criteria/rows.ts'
import type { Call, Restriction } from './call.ts'

type Discover = Extract<Call, { kind: 'discover' }>

/** MS-SSAS, "TREE_OP": which relatives of the member are asked for. */
const TREE_OPS: readonly (readonly [bit: number, name: string])[] = [
  [0x08, 'self'],
  [0x01, 'children'],
  [0x02, 'siblings'],
  [0x04, 'parent'],
  [0x10, 'descendants'],
  [0x20, 'ancestors'],
]

/** Restrictions whose value is a member, in one way or another. */
const MEMBER = /^(?:MEMBER_(?:UNIQUE_NAME|NAME|CAPTION|KEY)|PARENT_UNIQUE_NAME|COORDINATE)$/i

/** What shows what other users do (MS-SSAS, "Schema Rowsets"). */
const ABOUT_USERS =
  /^DISCOVER_(?:SESSIONS|CONNECTIONS|DB_CONNECTIONS|COMMANDS|COMMAND_OBJECTS|JOBS|LOCKS|TRANSACTIONS|TRACES|XEVENT_SESSIONS)$/i

/** Restrictions that name the database and the cube, in the different families of rowsets. */
const CATALOGS = ['CATALOG_NAME', 'TABLE_CATALOG', 'DATABASE_NAME', 'DATABASENAME', 'DATABASEID']
const CUBES = ['CUBE_NAME', 'BASE_CUBE_NAME', 'PERSPECTIVE_NAME', 'CUBEID']

/** What the answer is narrowed to, narrowest first. */
const PLACES = ['LEVEL_UNIQUE_NAME', 'HIERARCHY_UNIQUE_NAME', 'DIMENSION_UNIQUE_NAME'] as const

export function discoverPart(call: Discover, rules: PersonRules): Part {
  const { requestType, restrictions } = call
  const members = restrictions.filter(({ name }) => MEMBER.test(name) && !isCoordinateOfModel(name, restrictions))
  const aboutMembers = /^MDSCHEMA_MEMBERS$/i.test(requestType) || members.some(({ values }) => values.length > 0)
  const place = placeOf(restrictions)
  const cube = firstOf(restrictions, CUBES)
  const operator = operatorOf(restrictions)
  const criteria = members.flatMap((restriction) => memberRows(restriction, place, operator, rules))
  return {
    action: aboutMembers ? 'discover' : ABOUT_USERS.test(requestType) ? 'dmv' : 'metadata',
    language: 'xmla',
    query: queryText(call),
    opaque: null,
    opaqueAt: null,
    catalog: firstOf(restrictions, CATALOGS),
    cube,
    criteria: [
      ...(criteria.length === 0 && aboutMembers ? placeRows(place, cube ?? requestType, rules) : criteria),
      ...(ABOUT_USERS.test(requestType) ? otherRows(restrictions, rules) : otherPersons(restrictions, rules)),
    ],
    dimensions: aboutMembers ? dimensionRows(place) : [],
    measures: [],
  }
}

/** MS-SSAS, "MDSCHEMA_ACTIONS": a coordinate of type 1, 2 or 3 is a cube, a dimension or a level; above that, a member. */
function isCoordinateOfModel(name: string, restrictions: readonly Restriction[]): boolean {
  return name.toUpperCase() === 'COORDINATE' && /^[123]$/.test(valueOf(restrictions, 'COORDINATE_TYPE') ?? '')
}

/** `MDSCHEMA_MEMBERS CUBE_NAME=Borger MEMBER_UNIQUE_NAME=[Borger].[CPR].&[…]`: whole, and readable. */
function queryText({ requestType, restrictions }: Discover): string {
  const terms = restrictions.flatMap(({ name, values }) => values.map((value) => `${name}=${quoted(value)}`))
  return [requestType, ...terms].join(' ')
}

const quoted = (value: string): string => (/^[^[].*\s|"/su.test(value) ? JSON.stringify(value) : value)

function valueOf(restrictions: readonly Restriction[], wanted: string): string | null {
  return restrictions.find(({ name }) => name.toUpperCase() === wanted)?.values[0] ?? null
}

const placeOf = (restrictions: readonly Restriction[]): string | null => firstOf(restrictions, PLACES)

function firstOf(restrictions: readonly Restriction[], names: readonly string[]): string | null {
  for (const name of names) {
    const value = valueOf(restrictions, name)
    if (value !== null) return value
  }
  return null
}

function operatorOf(restrictions: readonly Restriction[]): string {
  const bits = Number(valueOf(restrictions, 'TREE_OP') ?? 0x08)
  const names = TREE_OPS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => name)
  if (names.length === 0 || (names.length === 1 && names[0] === 'self')) return '='
  return names.join('+')
}

/** A member by unique name brings its own path; a name, caption or key belongs to where the other restrictions point. */
function memberRows({ name, values }: Restriction, place: string | null, op: string, rules: PersonRules): Criterion[] {
  const operator = /^COORDINATE$/i.test(name) ? '=' : op
  return values.flatMap(membersIn(name)).flatMap((value) => {
    const own = value.startsWith('[') ? parentPath(segmentsOf(value)) : null
    const path = narrower(place, own)
    const columns = columnsOf(path)
    return valueRows({ columns, path, operator, originClause: 'restriction' }, value, false, rules)
  })
}

/** A dimension alone says less than the member's own path in it. */
function narrower(place: string | null, own: string | null): string | null {
  if (place === null || own === null) return place ?? own
  return own.toLowerCase().startsWith(`${place.toLowerCase()}.`) ? own : place
}

/** A coordinate is a tuple of members, each a criterion. */
function membersIn(name: string): (value: string) => readonly string[] {
  if (!/^COORDINATE$/i.test(name)) return (value) => [value]
  return (value) => {
    const names = mentions(value).filter(({ kind, text }) => kind === 'name' && segmentsOf(text).length > 1)
    return names.length === 0 ? [value] : names.map(({ text }) => text)
  }
}

/** All members of a level or hierarchy were asked for; of everything there is, where nothing says which. */
function placeRows(place: string | null, whole: string, rules: PersonRules): Criterion[] {
  const sought = { columns: columnsOf(place), path: place, operator: '=', originClause: 'restriction' as const }
  return valueRows(sought, place ?? whole, false, rules)
}

/** A person in a restriction that is none of the above was looked for all the same. */
function otherPersons(restrictions: readonly Restriction[], rules: PersonRules): Criterion[] {
  return otherRows(restrictions, rules).filter(({ person }) => person !== null)
}

function otherRows(restrictions: readonly Restriction[], rules: PersonRules): Criterion[] {
  const others = restrictions.filter(({ name }) => !MEMBER.test(name) || isCoordinateOfModel(name, restrictions))
  return others.flatMap(({ name, values }) => {
    const sought = { columns: columnsOf(null), path: name, operator: '=', originClause: 'restriction' as const }
    return values.flatMap((value) => valueRows(sought, value, false, rules))
  })
}

function dimensionRows(place: string | null): DimensionUse[] {
  const columns = columnsOf(place)
  return columns.dimension === null ? [] : [{ ...columns, dimension: columns.dimension, axis: null }]
}
