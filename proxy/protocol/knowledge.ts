/**
 * What earlier exchanges taught that helps to read a later one: the sessions that are open, and how the cubes are built.
 *
 * `interpret` stays a pure function: what is known goes in, what was learnt comes out as lessons, and whoever calls it
 * keeps the two together (the recorder, beside its checkpoint). Everything is a plain value that can be written as JSON.
 * Without any of it every entry is made all the same; it says less.
 */
import type { ModelFact } from '../exchange.ts'
import type { CubeModel } from '../language/cube-model.ts'

/** A session of one BI server. What its first request said counts for those that do not say it again. */
export interface XmlaSession {
  readonly kind: 'xmla'
  /** All it goes by: the BI server may give one in the envelope and another in the head. */
  readonly ids: readonly string[]
  /** The authenticated user who began it: another one's claim to it takes over nothing. `null`: nobody was named. */
  readonly user: string | null
  /** Property names in lower case. */
  readonly properties: Readonly<Record<string, string>>
  /** Texts of CREATE SESSION MEMBER and SET still in force, oldest first. */
  readonly definitions: readonly string[]
}

/** What a handle of Qlik Engine stands for. */
export interface QlikHandle {
  readonly kind: 'doc' | 'field' | 'object' | 'other'
  /** Of an app, a field or an object; `null`: it has none. */
  readonly name: string | null
  readonly dimensions: readonly string[]
  readonly measures: readonly string[]
}

export interface QlikSelection {
  readonly op: string
  readonly values: readonly string[]
}

/** A WebSocket with Qlik Engine. */
export interface QlikSession {
  readonly kind: 'qlik'
  readonly app: string | null
  readonly handles: Readonly<Record<string, QlikHandle>>
  /** By field. */
  readonly selections: Readonly<Record<string, QlikSelection>>
}

export type Session = XmlaSession | QlikSession

/** Whom a session cookie names. */
export interface CookieHolder {
  /** `null`: it is more than one user's. */
  readonly user: string | null
  /** When the session ended, UTC milliseconds: only with an answer that left before is it clear that it was let in. */
  readonly until: number | null
}

/** By server, for two servers may give the same id. */
export interface Knowledge {
  /** @param at time of the request, UTC milliseconds: a session not used for long is over. */
  session(server: string, id: string, at: number): Session | null
  /** @param cookie its keyed hash; `null`: nothing is known of it, or not at that time. */
  cookie(server: string, cookie: string, at: number): CookieHolder | null
  /** @param catalog `null`: not known; then only a cube name that is the server's only one of that name is found. */
  model(server: string, catalog: string | null, cube: string): CubeModel | null
}

export const NO_KNOWLEDGE: Knowledge = { session: () => null, cookie: () => null, model: () => null }

export type Lesson =
  | { readonly kind: 'session'; readonly server: string; readonly id: string; readonly session: Session }
  /** It was asked in again, and lives on. */
  | { readonly kind: 'session-used'; readonly server: string; readonly id: string }
  | { readonly kind: 'session-ended'; readonly server: string; readonly id: string }
  /** The BI server has set it for this user. */
  | { readonly kind: 'cookie'; readonly server: string; readonly cookie: string; readonly user: string }
  | { readonly kind: 'cookie-used'; readonly server: string; readonly cookie: string }
  | { readonly kind: 'cookie-ended'; readonly server: string; readonly cookie: string }
  | { readonly kind: 'model'; readonly server: string; readonly facts: readonly ModelFact[] }
