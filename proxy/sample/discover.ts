/** Discover: which rowset a request asks for, and which of its rows the restrictions leave. */
import type { Row, Rowset } from './answer.ts'
import { HIERARCHIES } from './cube.ts'
import { SampleFault } from './fault.ts'
import { around, fold, memberNamed } from './members.ts'
import { first } from './request.ts'
import type { NamedValues } from './request.ts'
import {
  CATALOGS,
  columns,
  CUBES,
  DIMENSIONS,
  HIERARCHY_ROWS,
  LEVELS,
  MEASURE_ROWS,
  MEMBER_COLUMNS,
  memberRow,
  SCHEMATA,
} from './schema-rowsets.ts'

const SELF = 8

const DATA_SOURCES: Rowset = {
  columns: columns({
    DataSourceName: 'string',
    DataSourceDescription: 'string',
    URL: 'string',
    DataSourceInfo: 'string',
    ProviderName: 'string',
    ProviderType: 'string',
    AuthenticationMode: 'string',
  }),
  rows: [
    {
      DataSourceName: 'Prøve-BI',
      DataSourceDescription: 'Tilsyn sample server',
      URL: '',
      DataSourceInfo: 'Prøve-BI',
      ProviderName: 'Tilsyn sample server',
      ProviderType: 'MDP',
      AuthenticationMode: 'Unauthenticated',
    },
  ],
}

const PROPERTIES: Rowset = {
  columns: columns({ PropertyName: 'string', PropertyType: 'string', PropertyAccessType: 'string', Value: 'string' }),
  rows: (
    [
      ['AxisFormat', 'Enumeration', 'Write', 'TupleFormat'],
      ['Catalog', 'string', 'ReadWrite', ''],
      ['Content', 'Enumeration', 'Write', 'SchemaData'],
      ['Cube', 'string', 'ReadWrite', ''],
      ['DataSourceInfo', 'string', 'ReadWrite', ''],
      ['DBMSVersion', 'string', 'Read', '1.0'],
      ['Format', 'Enumeration', 'Write', 'Native'],
      ['LocaleIdentifier', 'UnsignedInteger', 'ReadWrite', '1030'],
      ['ProviderName', 'string', 'Read', 'Tilsyn sample server'],
      ['ProviderVersion', 'string', 'Read', '1.0'],
    ] as const
  ).map(([PropertyName, PropertyType, PropertyAccessType, Value]) => ({
    PropertyName,
    PropertyType,
    PropertyAccessType,
    Value,
  })),
}

/** A rowset of which the sample server has no rows; clients ask for it all the same. */
const none = (column: string): Rowset => ({
  columns: columns({ CATALOG_NAME: 'string', [column]: 'string' }),
  rows: [],
})

const ROWSETS: Readonly<Record<string, Rowset>> = {
  DISCOVER_DATASOURCES: DATA_SOURCES,
  DISCOVER_PROPERTIES: PROPERTIES,
  DBSCHEMA_CATALOGS: CATALOGS,
  DBSCHEMA_SCHEMATA: SCHEMATA,
  MDSCHEMA_CUBES: CUBES,
  MDSCHEMA_DIMENSIONS: DIMENSIONS,
  MDSCHEMA_HIERARCHIES: HIERARCHY_ROWS,
  MDSCHEMA_LEVELS: LEVELS,
  MDSCHEMA_MEASURES: MEASURE_ROWS,
  MDSCHEMA_PROPERTIES: none('PROPERTY_NAME'),
  MDSCHEMA_SETS: none('SET_NAME'),
  MDSCHEMA_KPIS: none('KPI_NAME'),
  MDSCHEMA_MEASUREGROUPS: none('MEASUREGROUP_NAME'),
}
const NAMES = [...Object.keys(ROWSETS), 'DISCOVER_SCHEMA_ROWSETS', 'MDSCHEMA_MEMBERS'].sort()

/** @throws SampleFault for a request type that is not known */
export function discover(requestType: string, restrictions: NamedValues): Rowset {
  const type = requestType.toUpperCase()
  if (type === 'DISCOVER_SCHEMA_ROWSETS') return restricted(schemaRowsets(), restrictions)
  if (type === 'MDSCHEMA_MEMBERS') return members(restrictions)
  const rowset = Object.hasOwn(ROWSETS, type) ? ROWSETS[type] : undefined
  if (rowset === undefined) throw new SampleFault('unknown-request')
  return restricted(rowset, restrictions)
}

function schemaRowsets(): Rowset {
  return { columns: columns({ SchemaName: 'string' }), rows: NAMES.map((SchemaName) => ({ SchemaName })) }
}

/** Restrictions on columns that a rowset does not have are ignored, as Analysis Services does. */
function restricted(rowset: Rowset, restrictions: NamedValues): Rowset {
  const kept = rowset.columns.flatMap(({ name }) => {
    const values = restrictions.get(name.toUpperCase())?.filter((value) => value !== '') ?? []
    return values.length === 0 ? [] : [{ name, allowed: new Set(values.map(fold)) }]
  })
  const fits = (row: Row): boolean => kept.every(({ name, allowed }) => allowed.has(fold(String(row[name] ?? ''))))
  return { ...rowset, rows: rowset.rows.filter(fits) }
}

/** A member that does not exist gives no rows, not a fault. */
function members(restrictions: NamedValues): Rowset {
  const treeOp = Number(first(restrictions, 'TREE_OP') || SELF)
  const named = restrictions.get('MEMBER_UNIQUE_NAME')?.filter((name) => name !== '') ?? []
  const all = HIERARCHIES.flatMap((hierarchy) => hierarchy.members)
  const found = named.length === 0 ? all : named.flatMap((name) => near(name, treeOp))
  const rest = new Map([...restrictions].filter(([name]) => name !== 'MEMBER_UNIQUE_NAME'))
  return restricted({ columns: MEMBER_COLUMNS, rows: found.map(memberRow) }, rest)
}

function near(uniqueName: string, treeOp: number) {
  const member = memberNamed(uniqueName)
  return member === undefined ? [] : around(member, treeOp)
}
