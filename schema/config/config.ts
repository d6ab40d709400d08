/**
 * The configuration as the program uses it: checked once at the edge, defaults filled in, paths absolute, addresses
 * taken apart. `config.schema.json` beside this file is what a person writes, and is published.
 */
import type { Address } from './address.ts'
import type { FrontConfig } from './front.ts'
import type { HealthConfig } from './health.ts'
import type { IdentityConfig } from './identity.ts'
import type { LimitsConfig } from './limits.ts'
import type { MappingFile } from './mapping.ts'
import type { RetentionConfig } from './retention.ts'
import type { Setting } from './settings.ts'

export interface ServerConfig {
  readonly name: string
  readonly upstream: URL
  /** Answer for requests with this Host only; `null`: any. */
  readonly host: string | null
  /** Answer for request targets that begin so; `null`: any. */
  readonly path: string | null
  /** Answer for requests that came in at this port only; `null`: any. */
  readonly port: number | null
  /** Authorities that vouch for the BI server's certificate, in PEM, instead of those everybody knows; `null`: those. */
  readonly ca: string | null
  /** How the proxy itself looks whether the BI server is there; `null`: not at all. */
  readonly health: HealthConfig | null
  /** `append`: the BI server is told where a request comes from. */
  readonly forwardedHeaders: 'pass' | 'append'
  /** `forward`: queries pass unrecorded while the journal is broken; each is counted and the gap is an entry. */
  readonly onJournalFailure: 'refuse' | 'forward'
  /** `avoid`: client and BI server are kept at text, which can always be read. `pass`: the copy is decoded. */
  readonly binaryXml: 'avoid' | 'pass'
  /** Cookies in which it knows its users again; `*` at the end stands for anything. */
  readonly sessionCookies: readonly string[]
  /** Of session cookies, those that hold the session themselves, and are new with any answer. */
  readonly rollingCookies: readonly string[]
  /** How long the BI server may keep silent before the proxy gives it up, milliseconds. */
  readonly timeoutMs: number
}

/** The first rule whose every given pattern fits names the module. `*` stands for any characters; case is ignored. */
export interface ModuleRule {
  readonly catalog?: string
  readonly cube?: string
  readonly path?: string
  readonly application?: string
  readonly module: string
}

/** What the values of an attribute mean. The first whose path fits decides; `*` stands for any characters. */
export interface Domain {
  readonly attribute: string
  readonly meaning: 'person' | 'person-name' | 'cvr' | 'se-number' | 'p-number' | 'none'
}

export type StoreConfig =
  { readonly kind: 'embedded'; readonly path: string } | { readonly kind: 'mssql'; readonly connection: string }

export interface Config {
  /** The configuration file, for telling what is wrong in it. */
  readonly file: string
  /** The same as written, setting by setting: for the change log. */
  readonly settings: readonly Setting[]
  readonly proxy: FrontConfig & {
    /** Folder of the journal. */
    readonly journal: string
    /** Readable part of the journal's name (`origin`). */
    readonly name: string
    /** Where the operator's monitoring asks how the proxy is; `null`: nowhere. */
    readonly admin: Address | null
    /** How much of a request body is kept, bytes. */
    readonly captureBytes: number
    readonly limits: LimitsConfig
    /** Processes that take queries, each with a journal of its own. 1: the one that was started, and no other. */
    readonly workers: number
  }
  readonly servers: readonly ServerConfig[]
  readonly store: StoreConfig
  readonly reports: { readonly listen: Address }
  readonly modules: readonly ModuleRule[]
  readonly record: {
    /** How much is kept of requests for the model: a line each, the whole request, or only that there were some. */
    readonly metadata: 'summary' | 'full' | 'drop'
  }
  readonly retention: RetentionConfig
  /** Proprietary interfaces, in the order they are asked. */
  readonly mappings: readonly MappingFile[]
  readonly persons: {
    /** `null`: the day of the query. */
    readonly latestBirth: string | null
    /** More persons than this in one answer are counted, not listed (D29). */
    readonly threshold: number
    readonly attributes: readonly string[]
    readonly domains: readonly Domain[]
  }
  readonly identity: IdentityConfig
  readonly log: { readonly level: 'debug' | 'info' | 'warn' | 'error' }
}
