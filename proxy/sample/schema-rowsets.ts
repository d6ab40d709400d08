/** The rows that describe the cube: what MDSCHEMA and DBSCHEMA requests answer before restrictions are applied. */
import type { Column, Row, Rowset } from './answer.ts'
import { CATALOG, CUBE, HIERARCHIES, MEASURES, membersOf } from './cube.ts'
import type { Hierarchy, Level, Member } from './cube.ts'

type Types = Readonly<Record<string, Column['type']>>

export function columns(types: Types): Column[] {
  return Object.entries(types).map(([name, type]) => ({ name, type }))
}

const PLACE = { CATALOG_NAME: 'string', SCHEMA_NAME: 'string', CUBE_NAME: 'string' } as const
const HERE = { CATALOG_NAME: CATALOG, SCHEMA_NAME: CATALOG, CUBE_NAME: CUBE }
const IN_HIERARCHY = { ...PLACE, DIMENSION_UNIQUE_NAME: 'string', HIERARCHY_UNIQUE_NAME: 'string' } as const
const within = ({ uniqueName }: Hierarchy): Row => ({
  ...HERE,
  DIMENSION_UNIQUE_NAME: uniqueName,
  HIERARCHY_UNIQUE_NAME: uniqueName,
})

export const CATALOGS: Rowset = {
  columns: columns({ CATALOG_NAME: 'string', DESCRIPTION: 'string', ROLES: 'string' }),
  rows: [{ CATALOG_NAME: CATALOG, DESCRIPTION: 'Opdigtede borgere', ROLES: '*' }],
}

export const SCHEMATA: Rowset = {
  columns: columns({ CATALOG_NAME: 'string', SCHEMA_NAME: 'string', SCHEMA_OWNER: 'string' }),
  rows: [{ CATALOG_NAME: CATALOG, SCHEMA_NAME: CATALOG, SCHEMA_OWNER: '' }],
}

export const CUBES: Rowset = {
  columns: columns({
    ...PLACE,
    CUBE_TYPE: 'string',
    CUBE_CAPTION: 'string',
    DESCRIPTION: 'string',
    CUBE_SOURCE: 'int',
    IS_DRILLTHROUGH_ENABLED: 'boolean',
    IS_WRITE_ENABLED: 'boolean',
  }),
  rows: [
    {
      ...HERE,
      CUBE_TYPE: 'CUBE',
      CUBE_CAPTION: 'Borgere og ydelser',
      DESCRIPTION: 'Ydelser til opdigtede borgere',
      CUBE_SOURCE: 1,
      IS_DRILLTHROUGH_ENABLED: false,
      IS_WRITE_ENABLED: false,
    },
  ],
}

export const DIMENSIONS: Rowset = {
  columns: columns({
    ...PLACE,
    DIMENSION_NAME: 'string',
    DIMENSION_UNIQUE_NAME: 'string',
    DIMENSION_CAPTION: 'string',
    DIMENSION_ORDINAL: 'unsignedInt',
    DIMENSION_TYPE: 'int',
    DIMENSION_CARDINALITY: 'unsignedInt',
    DEFAULT_HIERARCHY: 'string',
    DIMENSION_IS_VISIBLE: 'boolean',
  }),
  rows: HIERARCHIES.map(({ name, uniqueName, dimensionType, members }, ordinal) => ({
    ...HERE,
    DIMENSION_NAME: name,
    DIMENSION_UNIQUE_NAME: uniqueName,
    DIMENSION_CAPTION: name,
    DIMENSION_ORDINAL: ordinal,
    DIMENSION_TYPE: dimensionType,
    DIMENSION_CARDINALITY: members.length,
    DEFAULT_HIERARCHY: uniqueName,
    DIMENSION_IS_VISIBLE: true,
  })),
}

export const HIERARCHY_ROWS: Rowset = {
  columns: columns({
    ...IN_HIERARCHY,
    HIERARCHY_NAME: 'string',
    HIERARCHY_CAPTION: 'string',
    HIERARCHY_ORDINAL: 'unsignedInt',
    DIMENSION_TYPE: 'int',
    HIERARCHY_CARDINALITY: 'unsignedInt',
    DEFAULT_MEMBER: 'string',
    ALL_MEMBER: 'string',
    STRUCTURE: 'int',
    DIMENSION_UNIQUE_SETTINGS: 'int',
    HIERARCHY_IS_VISIBLE: 'boolean',
  }),
  rows: HIERARCHIES.map((hierarchy, ordinal) => ({
    ...within(hierarchy),
    HIERARCHY_NAME: hierarchy.name,
    HIERARCHY_CAPTION: hierarchy.name,
    HIERARCHY_ORDINAL: ordinal,
    DIMENSION_TYPE: hierarchy.dimensionType,
    HIERARCHY_CARDINALITY: hierarchy.members.length,
    DEFAULT_MEMBER: hierarchy.members[0]?.uniqueName ?? null,
    ALL_MEMBER: hierarchy === MEASURES ? null : (hierarchy.members[0]?.uniqueName ?? null),
    STRUCTURE: 0,
    DIMENSION_UNIQUE_SETTINGS: 1,
    HIERARCHY_IS_VISIBLE: true,
  })),
}

export const LEVELS: Rowset = {
  columns: columns({
    ...IN_HIERARCHY,
    LEVEL_NAME: 'string',
    LEVEL_UNIQUE_NAME: 'string',
    LEVEL_CAPTION: 'string',
    LEVEL_NUMBER: 'unsignedInt',
    LEVEL_CARDINALITY: 'unsignedInt',
    LEVEL_TYPE: 'int',
    CUSTOM_ROLLUP_SETTINGS: 'int',
    LEVEL_UNIQUE_SETTINGS: 'int',
    LEVEL_IS_VISIBLE: 'boolean',
  }),
  rows: HIERARCHIES.flatMap((hierarchy) => hierarchy.levels.map((level) => levelRow(hierarchy, level))),
}

function levelRow(hierarchy: Hierarchy, level: Level): Row {
  return {
    ...within(hierarchy),
    LEVEL_NAME: level.name,
    LEVEL_UNIQUE_NAME: level.uniqueName,
    LEVEL_CAPTION: level.name,
    LEVEL_NUMBER: level.number,
    LEVEL_CARDINALITY: membersOf(hierarchy, level).length,
    LEVEL_TYPE: levelType(hierarchy, level),
    CUSTOM_ROLLUP_SETTINGS: 0,
    LEVEL_UNIQUE_SETTINGS: 3,
    LEVEL_IS_VISIBLE: true,
  }
}

/** MDLEVEL_TYPE_ALL 1, MDLEVEL_TYPE_TIME_YEARS 0x14, MDLEVEL_TYPE_REGULAR 0 (OLE DB for OLAP, "LEVELS Rowset"). */
function levelType({ dimensionType }: Hierarchy, { name }: Level): number {
  if (name === '(All)') return 1
  return dimensionType === 1 ? 0x14 : 0
}

export const MEASURE_ROWS: Rowset = {
  columns: columns({
    ...PLACE,
    MEASURE_NAME: 'string',
    MEASURE_UNIQUE_NAME: 'string',
    MEASURE_CAPTION: 'string',
    MEASURE_AGGREGATOR: 'int',
    DATA_TYPE: 'int',
    MEASURE_IS_VISIBLE: 'boolean',
    DEFAULT_FORMAT_STRING: 'string',
  }),
  rows: MEASURES.members.map(({ name, uniqueName }, number) => ({
    ...HERE,
    MEASURE_NAME: name,
    MEASURE_UNIQUE_NAME: uniqueName,
    MEASURE_CAPTION: name,
    MEASURE_AGGREGATOR: 1,
    DATA_TYPE: number === 0 ? 3 : 5,
    MEASURE_IS_VISIBLE: true,
    DEFAULT_FORMAT_STRING: number === 0 ? '#,##0' : '#,##0.00',
  })),
}

export const MEMBER_COLUMNS = columns({
  ...IN_HIERARCHY,
  LEVEL_UNIQUE_NAME: 'string',
  LEVEL_NUMBER: 'unsignedInt',
  MEMBER_ORDINAL: 'unsignedInt',
  MEMBER_NAME: 'string',
  MEMBER_UNIQUE_NAME: 'string',
  MEMBER_TYPE: 'int',
  MEMBER_CAPTION: 'string',
  MEMBER_KEY: 'string',
  CHILDREN_CARDINALITY: 'unsignedInt',
  PARENT_LEVEL: 'unsignedInt',
  PARENT_UNIQUE_NAME: 'string',
  PARENT_COUNT: 'unsignedInt',
})

export function memberRow(member: Member): Row {
  const { hierarchy, level, parent } = member
  return {
    ...within(hierarchy),
    LEVEL_UNIQUE_NAME: level.uniqueName,
    LEVEL_NUMBER: level.number,
    MEMBER_ORDINAL: member.ordinal,
    MEMBER_NAME: member.name,
    MEMBER_UNIQUE_NAME: member.uniqueName,
    MEMBER_TYPE: memberType(member),
    MEMBER_CAPTION: member.caption,
    MEMBER_KEY: member.key,
    CHILDREN_CARDINALITY: member.children.length,
    PARENT_LEVEL: parent?.level.number ?? 0,
    PARENT_UNIQUE_NAME: parent?.uniqueName ?? null,
    PARENT_COUNT: parent === null ? 0 : 1,
  }
}

/** MDMEMBER_TYPE_REGULAR 1, MDMEMBER_TYPE_ALL 2, MDMEMBER_TYPE_MEASURE 3 (OLE DB for OLAP, "MEMBERS Rowset"). */
function memberType({ hierarchy, parent }: Member): number {
  if (hierarchy === MEASURES) return 3
  return parent === null ? 2 : 1
}
