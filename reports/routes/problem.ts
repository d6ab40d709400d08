/**
 * What goes wrong with a request, told so that the caller can mend it: where, and what was expected there. Never what
 * stood there, for that may be a person number, and problems are logged and copied into tickets.
 *
 * REST callers get RFC 9457 "Problem Details for HTTP APIs"; pages get a page.
 */
import type { FastifyError, FastifySchemaValidationError } from 'fastify'
import { StoreError } from '../../schema/store/store.ts'
import { type Mistake, UseNotLogged } from '../query/use.ts'

export interface Expected {
  /** `/body/person`, `/query/limit`. */
  readonly place: string
  readonly expected: string
}

export type ProblemStatus = 400 | 401 | 403 | 404 | 413 | 415 | 429 | 500 | 503

/** Ends the request with this status. Expected: it is how a request is refused. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: ProblemStatus
  readonly code: string
  readonly errors: readonly Expected[]
  constructor(status: ProblemStatus, code: string, errors: readonly Expected[] = [], options?: ErrorOptions) {
    super(code, options)
    this.status = status
    this.code = code
    this.errors = errors
  }
}

const TITLES: Record<ProblemStatus, string> = {
  400: 'The request cannot be read',
  401: 'Authentication is needed',
  403: 'This role has no access here',
  404: 'There is nothing here',
  413: 'The request is too large',
  415: 'The content type is not supported',
  429: 'Too many requests',
  500: 'Something went wrong',
  503: 'The log cannot be reached, so nothing can be shown',
}

const MISTAKES: Record<Mistake['reason'], string> = {
  'person-number': 'a Danish person number, 10 characters, with or without hyphen',
  date: 'an ISO 8601 date or date-time that exists',
  period: 'a time after `from`',
  'log-id': 'a log id: a whole number of 15 to 19 digits',
  'number-in-text': 'text without person numbers',
  'number-in-url': 'no person number in an address; use POST /api/v1/search/person',
}

/** @param part where the field stands: `body`, `query`, `params`. */
export function mistakeProblem(mistake: Mistake, part: string): Problem {
  const code = mistake.reason.toUpperCase().replaceAll('-', '_')
  return new Problem(400, code, [{ place: `/${part}/${mistake.place}`, expected: MISTAKES[mistake.reason] }])
}

/** Any error as a problem. What nobody expected is a 500, its cause kept for the operational log. */
export function problemOf(error: FastifyError | Error): Problem {
  if (error instanceof Problem) return error
  if (error instanceof UseNotLogged) return new Problem(503, error.code, [], { cause: error })
  if (error instanceof StoreError) return storeProblem(error)
  const status = 'statusCode' in error ? error.statusCode : undefined
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL'
  if (status !== undefined && status >= 400 && status < 500) {
    return new Problem(status in TITLES ? (status as ProblemStatus) : 400, code, [], { cause: error })
  }
  return new Problem(500, 'INTERNAL', [], { cause: error })
}

function storeProblem(error: StoreError): Problem {
  // Tables that are missing, or another version's, are the operator's to mend, and no fault in the request.
  return new Problem(error.code === 'STORE_REJECTED' ? 500 : 503, error.code, [], { cause: error })
}

/** RFC 9457, section 3.1 "Members of a Problem Details Object"; `errors` is our extension. */
export function problemDetails({ status, code, errors }: Problem): string {
  const type = `urn:tilsyn:problem:${code.toLowerCase().replaceAll('_', '-')}`
  return JSON.stringify({ type, title: TITLES[status], status, code, ...(errors.length === 0 ? {} : { errors }) })
}

const PARTS = {
  body: '/body',
  headers: '/headers',
  params: '/params',
  querystring: '/query',
} as const

/** What Ajv found, as place and expectation. */
export function invalid(errors: readonly FastifySchemaValidationError[], part: keyof typeof PARTS): Problem {
  return new Problem(
    400,
    'INVALID',
    errors.map((error) => ({ place: `${PARTS[part]}${placeOf(error)}`, expected: expectedBy(error) })),
  )
}

/** The place of a missing field is the field. Of a surplus one it is the whole: its name comes from a stranger. */
function placeOf({ instancePath, keyword, params }: FastifySchemaValidationError): string {
  return keyword === 'required' ? `${instancePath}/${String(params['missingProperty'])}` : instancePath
}

/** Our schemas describe each field as what is expected in it; with `verbose` Ajv hands the schema along. */
function expectedBy(error: FastifySchemaValidationError): string {
  const schema: unknown = 'parentSchema' in error ? error.parentSchema : null
  if (typeof schema !== 'object' || schema === null) return error.message ?? error.keyword
  if (error.keyword === 'additionalProperties' && 'properties' in schema) {
    const known = Object.keys(schema.properties ?? {}).filter((name) => !name.startsWith('_'))
    return known.length === 0 ? 'no fields' : `no fields but ${known.join(', ')}`
  }
  if (error.keyword === 'required') return 'this field'
  return 'description' in schema && typeof schema.description === 'string'
    ? schema.description
    : (error.message ?? error.keyword)
}
