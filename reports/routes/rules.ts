/**
 * Who may do what: one row per route (requirements K24, K25, K36). A route without a row ends the start of the service,
 * so that none is open because somebody forgot it.
 */
import type { FastifyRequest } from 'fastify'
import type { Role } from '../../schema/store/store.ts'
import type { Ask } from '../query/use.ts'

export interface Rule {
  readonly who: 'anyone' | readonly Role[]
  readonly surface: 'api' | 'page' | 'file'
  /** Attempts that are refused are entries of the log, told with these words; `null` where nothing personal is given. */
  readonly use: Pick<Ask, 'action' | 'report' | 'words'> | null
}

const AUDITOR = ['auditor'] as const
const BOTH = ['auditor', 'operator'] as const

const person = { action: 'search', report: 'person', words: 'Hvem har søgt på eller set personen?' } as const
const covered = {
  action: 'search',
  report: 'coverage',
  words: 'Hvilke opslag kan have omfattet personen uden at nævne vedkommende?',
} as const
const log = { action: 'read', report: 'log', words: 'Hvad er der spurgt om?' } as const
const entry = { action: 'read', report: 'entry', words: 'Hvad står der i opslaget?' } as const
const signIn = { action: 'login', report: 'sign-in', words: 'Log på med engangslink' } as const

export const RULES: Readonly<Record<string, Rule>> = {
  'GET /': { who: AUDITOR, surface: 'page', use: log },
  'GET /search': { who: AUDITOR, surface: 'page', use: null },
  'POST /search': { who: AUDITOR, surface: 'page', use: person },
  'POST /search/covered': { who: AUDITOR, surface: 'page', use: covered },
  'GET /entry/:id': { who: AUDITOR, surface: 'page', use: entry },
  'GET /status': { who: BOTH, surface: 'page', use: null },
  'GET /sign-in': { who: 'anyone', surface: 'page', use: null },
  'POST /sign-in': { who: 'anyone', surface: 'page', use: signIn },
  'POST /sign-out': { who: BOTH, surface: 'page', use: null },

  'POST /api/v1/search/person': { who: AUDITOR, surface: 'api', use: person },
  'POST /api/v1/search/coverage': { who: AUDITOR, surface: 'api', use: covered },
  'GET /api/v1/log': { who: AUDITOR, surface: 'api', use: log },
  'GET /api/v1/log/:id': { who: AUDITOR, surface: 'api', use: entry },
  'GET /api/v1/status': { who: BOTH, surface: 'api', use: null },
  'GET /api/v1/openapi.json': { who: BOTH, surface: 'api', use: null },
  'GET /healthz': { who: 'anyone', surface: 'api', use: null },

  'GET /assets/dkfds/*': { who: 'anyone', surface: 'file', use: null },
  'HEAD /assets/dkfds/*': { who: 'anyone', surface: 'file', use: null },
  'GET /assets/tilsyn/*': { who: 'anyone', surface: 'file', use: null },
  'HEAD /assets/tilsyn/*': { who: 'anyone', surface: 'file', use: null },
}

/** A route was registered that no row above speaks of. Ends the process at start. */
class RouteWithoutRule extends Error {
  override readonly name = 'RouteWithoutRule'
  readonly code = 'ROUTE_WITHOUT_RULE'
}

export function requireRule(method: string, url: string): Rule {
  const rule = RULES[`${method} ${url}`]
  if (rule === undefined) throw new RouteWithoutRule(`${method} ${url}`)
  return rule
}

/** The rule of the route that a request found; `null` when it found none (404). */
export function ruleOf(request: FastifyRequest): Rule | null {
  const { url } = request.routeOptions
  return request.is404 || url === undefined ? null : requireRule(request.method, url)
}
