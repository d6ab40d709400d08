/**
 * What is known of one cube's build, mostly from metadata rowsets that passed by. Names are unique names as the server
 * writes them, `[Borger].[CPR]`. Everything may be missing: a statement is understood without it all the same, only less
 * sharply, for `[A].[B].[C]` alone does not tell where hierarchy ends and member begins.
 */
export interface CubeModel {
  /** Upper-case unique name of a hierarchy, with what is known of it. */
  readonly hierarchies: ReadonlyMap<string, HierarchyModel>
  /** Upper-case unique name of a level → the hierarchy's unique name. */
  readonly levels: ReadonlyMap<string, LevelModel>
  /** Upper-case unique name → unique name as the server writes it. */
  readonly measures: ReadonlyMap<string, string>
  /** Unique name of the measure that counts where a statement names none. */
  readonly defaultMeasure: string | null
}

export interface HierarchyModel {
  readonly name: string
  readonly dimension: string
  /** Unique names. */
  readonly allMember: string | null
  readonly defaultMember: string | null
}

export interface LevelModel {
  readonly name: string
  readonly hierarchy: string
}
