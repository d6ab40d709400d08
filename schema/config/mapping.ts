/**
 * A declared mapping: how to recognise the requests of one proprietary interface, and where in them stands what belongs
 * on record. A person writes it as JSON from their own traffic (docs/mappings.md); `mapping.schema.json` beside this file
 * is the published form and says what each key means. Plain values only: it crosses a thread.
 *
 * A path is JSONPath (RFC 9535) when it begins with `$`, or with `@` for the item at hand, and XPath 1.0 otherwise.
 */
import type { Action, OriginClause } from '../record/record.ts'

/** How a text was wrapped; undone in the order given. */
export type Wrapping = 'base64' | 'gzip' | 'deflate' | 'url'

/** Where one thing stands. A string alone is a path. Exactly one of at, constant, header, parameter. */
export interface MappedValue {
  readonly at?: string
  readonly constant?: string
  readonly header?: string
  /** Of the request target's query. */
  readonly parameter?: string
  readonly undo?: readonly Wrapping[]
  /** One text holds several values, with this between them. */
  readonly split?: string
  /** Name of a table under `lookups` that turns the text into what is recorded. */
  readonly lookup?: string
  /** Record a hash of it only: for tokens that let somebody in. */
  readonly hash?: boolean
  /** `true`: a request without it does not fit; the entry is then marked and the body kept whole. */
  readonly required?: boolean
}

export type Value = string | MappedValue

/** The end user as the body tells. Beside the authenticated user, unless `trust` says otherwise. */
export type UserValue =
  | string
  | (MappedValue & {
      readonly trust?: 'body'
      /** Accounts that ask for others: the body is believed where one of these, or nobody, authenticated. */
      readonly accounts?: readonly string[]
    })

export interface Recognition {
  readonly method?: string
  /** Of the request target, without its query; `*` stands for any characters. */
  readonly path?: string
  readonly contentType?: string
  /** Path of a node that must be there, in the body before anything in it is opened. */
  readonly node?: string
  /** What the node must hold. */
  readonly equals?: string
}

/** A document wrapped in the body. From then on paths go through it. */
export interface Opening {
  readonly at: string
  readonly undo?: readonly Wrapping[]
  readonly as: 'json' | 'xml'
  readonly required?: boolean
}

/** A table inside the document, or one that is known beforehand. */
export interface Lookup {
  readonly each?: string
  readonly key?: Value
  readonly value?: Value
  readonly table?: Readonly<Record<string, string>>
}

export interface MappedCriterion {
  readonly each?: string
  readonly dimension?: Value
  readonly hierarchy?: Value
  readonly level?: Value
  readonly operator?: Value
  readonly value: Value
  readonly valueTo?: Value
  readonly clause?: OriginClause
  /** These values are person numbers, whatever the dimension is called. */
  readonly persons?: boolean
}

export interface MappedDimension {
  readonly each?: string
  readonly dimension: Value
  readonly hierarchy?: Value
  readonly level?: Value
  readonly axis?: Value
}

export interface MappedMeasure {
  readonly each?: string
  readonly measure: Value
}

export interface Mapping {
  readonly $schema?: string
  readonly name: string
  readonly description?: string
  readonly match: Recognition
  /** What the body is. `form`: application/x-www-form-urlencoded; `target`: the query of the request target. */
  readonly body: 'xml' | 'json' | 'form' | 'target'
  readonly namespaces?: Readonly<Record<string, string>>
  readonly open?: readonly Opening[]
  /** Each node of this path is a query of its own, an entry each. */
  readonly queries?: string
  readonly lookups?: Readonly<Record<string, Lookup>>
  /** Operators as the interface writes them, and what is recorded. */
  readonly operators?: Readonly<Record<string, string>>
  readonly action?: Action
  readonly statement?: { readonly value: Value; readonly language: 'mdx' | 'dax' | 'sql' }
  readonly catalog?: Value
  readonly cube?: Value
  readonly module?: Value
  readonly report?: Value
  readonly application?: Value
  readonly user?: UserValue
  readonly session?: Value
  readonly correlation?: Value
  readonly criteria?: readonly MappedCriterion[]
  readonly dimensions?: readonly MappedDimension[]
  readonly measures?: readonly MappedMeasure[]
}

/** A mapping, and the file it was read from: mistakes are told by its name. */
export interface MappingFile {
  readonly file: string
  readonly mapping: Mapping
}
