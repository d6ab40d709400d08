/**
 * What comes in and goes out, as JSON Schema: the same is checked by Ajv, written out by Fastify, and published as
 * OpenAPI. `description` of a field that comes in says what is expected there: it stands in the error.
 */
import {
  ACTIONS,
  CHANGE_KINDS,
  OPAQUE_REASONS,
  ORIGIN_CLAUSES,
  OUTCOMES,
  USER_SOURCES,
} from '../../schema/record/record.ts'
import { COVERED } from '../../schema/record/coverage/coverage.ts'
import { COVERAGE_REASONS } from '../../schema/record/coverage/meets.ts'
import { PAGE_ROWS } from '../query/page.ts'
import type { Columns, LogRow } from '../query/row.ts'
import { LISTED_LETTERS } from '../../schema/store/store.ts'
import type { Criterion } from '../../schema/record/record.ts'
import { LANGS } from '../render/messages.ts'

const text = (description: string, maxLength = 200) => ({ type: 'string', maxLength, description }) as const
const DATE = 'an ISO 8601 date or date-time; a date is a day in Copenhagen'
/** Rows of one answer; each may hold a query text of some {@link LISTED_LETTERS}. */
const MOST_ROWS = 200
const before = text('a log id, as `next` of the page before', 19)
const lang = { type: 'string', enum: LANGS, description: '`da` or `en`' } as const
const limit = {
  type: 'integer',
  minimum: 1,
  maximum: MOST_ROWS,
  default: PAGE_ROWS,
  description: `a whole number from 1 to ${MOST_ROWS}`,
} as const

const person = {
  type: 'string',
  minLength: 1,
  maxLength: 30,
  description: 'a Danish person number, 10 characters, with or without hyphen',
} as const
const purpose = text('a reason or case number without person numbers, at most 200 characters')

/** Nothing but these fields; a misspelt filter would otherwise be no filter. */
const only = <const P extends object>(properties: P, required: readonly (keyof P & string)[] = []) =>
  ({ type: 'object', additionalProperties: false, required, properties }) as const

export const personBody = only(
  { person, from: text(DATE, 40), to: text(`${DATE}; the day is included`, 40), limit, before, purpose },
  ['person'],
)

export const logQuery = only({
  user: text('a user name as the BI server knows it'),
  module: text('the name of a module'),
  cube: text('the name of a cube'),
  action: { type: 'string', enum: ACTIONS, description: `one of ${ACTIONS.join(', ')}` },
  outcome: { type: 'string', enum: OUTCOMES, description: `one of ${OUTCOMES.join(', ')}` },
  from: text(DATE, 40),
  to: text(`${DATE}; the day is included`, 40),
  limit,
  before,
})

export const idParams = only({ id: text('a log id: a whole number of 15 to 19 digits', 19) }, ['id'])

/** Forms send every field, empty ones too. */
export const searchForm = only(
  {
    person: { ...person, minLength: 0 },
    from: text(DATE, 40),
    to: text(DATE, 40),
    purpose,
    before,
    _csrf: text('the token of the form'),
  },
  ['person'],
)
export const signInForm = only({ code: text('the code of a one-time link'), _csrf: text('the token of the form') }, [
  'code',
])
export const signOutForm = only({ _csrf: text('the token of the form') })
export const latestQuery = only({ before, lang })
export const signInQuery = only({ code: text('the code of a one-time link'), lang })
export const pageQuery = only({ lang })
export const nothing = only({})

const string = { type: 'string' } as const
const nullableString = { type: ['string', 'null'] } as const
const integer = { type: 'integer' } as const
const nullableInteger = { type: ['integer', 'null'] } as const
const boolean = { type: 'boolean' } as const
const time = { type: 'string', format: 'date-time', description: 'UTC' } as const
const array = <const I>(items: I) => ({ type: 'array', items }) as const
const all = <const P extends object>(properties: P) =>
  ({ type: 'object', required: Object.keys(properties), properties }) as const

/** A column that is forgotten here would not be sent, so a forgotten one does not compile. */
const logColumns = {
  log_id: string,
  origin: string,
  seq: integer,
  part: integer,
  asked_at: time,
  duration_ms: nullableInteger,
  module: nullableString,
  server: string,
  catalog: nullableString,
  cube: nullableString,
  report: nullableString,
  application: nullableString,
  user_name: nullableString,
  organisation: nullableString,
  role: nullableString,
  user_source: { type: 'string', enum: USER_SOURCES },
  user_confirmed: boolean,
  effective_user: nullableString,
  effective_roles: nullableString,
  custom_data: nullableString,
  ip: string,
  action: { type: 'string', enum: ACTIONS },
  language: nullableString,
  query: {
    type: 'string',
    description: `in lists cut, but never before ${LISTED_LETTERS} letters; an entry has it whole`,
  },
  opaque: { type: ['string', 'null'], enum: [...OPAQUE_REASONS, null] },
  opaque_at: nullableString,
  outcome: { type: 'string', enum: OUTCOMES },
  status: nullableInteger,
  fault_code: nullableString,
  row_count: nullableInteger,
  cell_count: nullableInteger,
  answer_bytes: nullableInteger,
  request_bytes: integer,
  request_hash: nullableString,
  persons_seen: nullableInteger,
  decoded: boolean,
  correlation_id: nullableString,
  session_id: nullableString,
  purpose: nullableString,
} as const satisfies Record<keyof LogRow, object>

const criterion = all({
  ord: integer,
  dimension: nullableString,
  hierarchy: nullableString,
  level: nullableString,
  operator: string,
  value: string,
  value_to: nullableString,
  person: nullableString,
  person_to: nullableString,
  origin_clause: { type: 'string', enum: ORIGIN_CLAUSES },
} as const satisfies Record<keyof Columns<Criterion> | 'ord', object>)

const next = { ...nullableString, description: 'ask for the page after this with `before`; null on the last' } as const

export const logPage = all({ entries: array(all(logColumns)), next })
export const personPage = all({
  hits: array(
    all({
      ...logColumns,
      criteria: array(criterion),
      places: array(string),
      how: { type: 'string', enum: ['searched', 'seen', 'both'] },
    }),
  ),
  next,
})
export const coveredPage = all({
  hits: array(
    all({
      ...logColumns,
      criteria: array(criterion),
      covered: { type: 'string', enum: COVERED },
      reason: { type: 'string', enum: COVERAGE_REASONS, description: 'why; see docs/coverage.md' },
      attribute: { ...nullableString, description: 'the attribute that decided' },
    }),
  ),
  next: { ...next, description: 'ask again with `before`, also when the page is not full; null on the last' },
})
export const wholeEntry = all({
  ...logColumns,
  criteria: array(criterion),
  dimensions: array(
    all({ ord: integer, dimension: string, hierarchy: nullableString, level: nullableString, axis: nullableString }),
  ),
  measures: array(all({ ord: integer, measure: string, calculated: boolean, via: nullableString })),
  seen: array(all({ person: string, place: string })),
  changes: {
    ...array(
      all({
        ord: integer,
        setting: { ...string, description: 'a place in the configuration, a JSON Pointer' },
        kind: { type: 'string', enum: CHANGE_KINDS },
        old_value: nullableString,
        new_value: nullableString,
      }),
    ),
    description: 'settings of Tilsyn itself; only in entries of the action `configure`',
  },
})

const storeState = { type: 'string', enum: ['ok', 'unavailable'] } as const
export const statusAnswer = all({
  store: storeState,
  origins: array(all({ origin: string, position: integer, written_at: time })),
  unmapped_attributes: {
    ...array(all({ attribute: string, entries: integer, more: boolean, latest_at: time })),
    description:
      'attributes that carried person numbers, and are not declared or named for it; no digits of any number',
  },
  recorder: {
    type: ['object', 'null'],
    properties: {
      origin: string,
      appended: integer,
      shipped: integer,
      pending: integer,
      oldest_unshipped_at: { type: ['string', 'null'], description: 'UTC' },
      journal_bytes: integer,
      store: storeState,
      at: time,
    },
  },
  retention: all({
    period: string,
    automatic: boolean,
    overdue_since: {
      type: ['string', 'null'],
      description: 'UTC; when the oldest entry was asked that ought to have been deleted; null: there is none',
    },
  }),
})
export const health = all({ status: { type: 'string', enum: ['ok'] } })

const problem = all({
  type: string,
  title: string,
  status: integer,
  code: string,
  errors: array(all({ place: string, expected: string })),
})
const told = (description: string) =>
  ({
    description,
    content: { 'application/problem+json': { schema: { ...problem, required: ['type', 'title', 'status', 'code'] } } },
  }) as const

/** Beside the answer itself: what every route of the interface may say. */
export const problems = {
  400: told('The request cannot be read: `errors` tells where and what was expected'),
  401: told('No token, or one that is unknown or expired'),
  403: told('The role has no access here; the attempt is logged'),
  429: told('Too many requests'),
  503: told('The log cannot be reached, so the use cannot be logged and nothing is shown'),
} as const
export const notFound = told('No such entry')
