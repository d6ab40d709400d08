/** What is known of the columns of a table that a query makes. */
export interface ShapeColumn {
  readonly name: string
  /** The column of the model that it shows; `null` for one that the query computes. */
  readonly path: string | null
  /** Goes under another name than in the model: `"Navn", 'Borger'[Fulde navn]`. */
  readonly renamed: boolean
}

/** A column that the query computes. */
export const computed = (name: string): ShapeColumn => ({ name, path: null, renamed: false })

export class Shape {
  static readonly NOTHING = new Shape([], [], false)
  /** A table of which the text tells nothing: INFO functions, functions we do not know. */
  static readonly UNKNOWN = new Shape([], [], true)

  readonly columns: readonly ShapeColumn[]
  /** Tables whose whole rows it holds. */
  readonly tables: readonly string[]
  /** May hold columns that stand neither in `columns` nor in `tables`. */
  readonly open: boolean
  #byName: ReadonlyMap<string, ShapeColumn> | null = null
  #paths: ReadonlySet<string> | null = null

  private constructor(columns: readonly ShapeColumn[], tables: readonly string[], open: boolean) {
    this.columns = columns
    this.tables = tables
    this.open = open
  }

  static table(name: string): Shape {
    return new Shape([], [name], false)
  }

  static of(columns: readonly ShapeColumn[], open = false): Shape {
    return new Shape(columns, [], open)
  }

  /** The columns of all, each once. */
  static join(shapes: readonly Shape[]): Shape {
    const [first, ...others] = shapes.filter((shape) => shape !== Shape.NOTHING)
    if (first === undefined) return Shape.NOTHING
    if (others.every((shape) => shape === first)) return first
    const columns = new Map<string, ShapeColumn>()
    const tables = new Map<string, string>()
    for (const shape of [first, ...others]) {
      for (const column of shape.columns) columns.set(`${column.name}\n${column.path ?? ''}`.toLowerCase(), column)
      for (const table of shape.tables) tables.set(table.toLowerCase(), table)
    }
    const open = shapes.some((shape) => shape.open)
    return new Shape([...columns.values()], [...tables.values()], open)
  }

  find(name: string): ShapeColumn | null {
    this.#byName ??= new Map(this.columns.map((column) => [column.name.toLowerCase(), column]))
    return this.#byName.get(name.toLowerCase()) ?? null
  }

  /** Can `path`, a column of `table`, be read from its rows? */
  holds(table: string, path: string): boolean {
    if (this.open) return true
    this.#paths ??= new Set([
      ...this.tables.map((whole) => whole.toLowerCase()),
      ...this.columns.flatMap((column) => (column.path === null ? [] : [column.path.toLowerCase()])),
    ])
    return this.#paths.has(table.toLowerCase()) || this.#paths.has(path.toLowerCase())
  }
}

/** The rows that an expression stands in, innermost first. */
export interface Scope {
  readonly shape: Shape
  readonly outer: Scope | null
}

export type Resolved =
  | { readonly kind: 'column'; readonly path: string }
  | { readonly kind: 'extension' }
  /** A column or a measure: the rows are those of a whole `table`, whose columns the text does not tell. */
  | { readonly kind: 'open'; readonly table: string | null }
  | { readonly kind: 'none' }

/** What `[name]` is. */
export function resolve(name: string, scope: Scope | null): Resolved {
  let open: Resolved | null = null
  for (let at = scope; at !== null; at = at.outer) {
    const found = at.shape.find(name)
    if (found !== null) {
      return found.path === null || found.renamed ? { kind: 'extension' } : { kind: 'column', path: found.path }
    }
    if (at.shape.open || at.shape.tables.length > 0) open ??= { kind: 'open', table: at.shape.tables[0] ?? null }
  }
  return open ?? { kind: 'none' }
}

export function isInScope(table: string, path: string, scope: Scope | null): boolean {
  for (let at = scope; at !== null; at = at.outer) if (at.shape.holds(table, path)) return true
  return false
}
