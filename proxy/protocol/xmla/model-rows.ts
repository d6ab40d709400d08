import type { ModelFact } from '../../exchange.ts'

/**
 * The columns by which rows of MDSCHEMA_HIERARCHIES, MDSCHEMA_LEVELS and MDSCHEMA_MEASURES are known, and those by which
 * rows of other rowsets are told from them (MS-SSAS section 3.1.4.2.2.1.3 "XMLA Rowsets"; names as in OLE DB for OLAP).
 */
const COLUMNS = new Set([
  'CATALOG_NAME',
  'CUBE_NAME',
  'DIMENSION_UNIQUE_NAME',
  'HIERARCHY_UNIQUE_NAME',
  'ALL_MEMBER',
  'DEFAULT_MEMBER',
  'LEVEL_UNIQUE_NAME',
  'MEASURE_UNIQUE_NAME',
  // Of MDSCHEMA_MEMBERS, MDSCHEMA_PROPERTIES and MDSCHEMA_KPIS: what these rows say is not about the cube's build.
  'MEMBER_NAME',
  'MEMBER_UNIQUE_NAME',
  'PROPERTY_NAME',
  'KPI_NAME',
])
const OF_OTHERS = ['MEMBER_NAME', 'MEMBER_UNIQUE_NAME', 'PROPERTY_NAME', 'KPI_NAME']

export function isModelColumn(name: string): boolean {
  return COLUMNS.has(name)
}

/** Names longer than this are no names. */
const MAX_NAME = 2_000

/** The telling columns of one row. */
export class ModelRow {
  readonly #values = new Map<string, string>()

  set(column: string, text: string): void {
    if (text.length <= MAX_NAME && !this.#values.has(column)) this.#values.set(column, text)
  }

  fact(): ModelFact | null {
    const cube = this.#get('CUBE_NAME')
    if (cube === null || OF_OTHERS.some((column) => this.#values.has(column))) return null
    const where = { catalog: this.#get('CATALOG_NAME'), cube }
    const measure = this.#get('MEASURE_UNIQUE_NAME')
    if (measure !== null) return { ...where, kind: 'measure', name: measure }
    const hierarchy = this.#get('HIERARCHY_UNIQUE_NAME')
    const dimension = this.#get('DIMENSION_UNIQUE_NAME')
    if (hierarchy === null) return null
    const level = this.#get('LEVEL_UNIQUE_NAME')
    if (level !== null) return { ...where, kind: 'level', name: level, hierarchy }
    if (dimension === null) return null
    const members = { allMember: this.#get('ALL_MEMBER'), defaultMember: this.#get('DEFAULT_MEMBER') }
    return { ...where, kind: 'hierarchy', name: hierarchy, dimension, ...members }
  }

  #get(column: string): string | null {
    const text = this.#values.get(column)?.trim() ?? ''
    return text === '' ? null : text
  }
}

const MAX_FACTS = 5_000
const MAX_CHARACTERS = 256 * 1024

/** What the metadata rowsets of one answer said of cubes, up to a bound: a cube has some hundred hierarchies. */
export class ModelRows {
  readonly #facts: ModelFact[] = []
  #characters = 0

  add(row: ModelRow): void {
    if (this.#facts.length >= MAX_FACTS || this.#characters >= MAX_CHARACTERS) return
    const fact = row.fact()
    if (fact === null) return
    this.#characters += JSON.stringify(fact).length
    if (this.#characters <= MAX_CHARACTERS) this.#facts.push(fact)
  }

  facts(): readonly ModelFact[] {
    return this.#facts
  }
}
