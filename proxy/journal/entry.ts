/**
 * What a frame says. `n` is its ordinal: from 1 over the journal's whole life, without holes, so that a missing frame
 * shows as a missing number. `seq` numbers the exchanges alone and is what the tables carry.
 */
import type {
  AnswerFacts,
  Answered,
  Asked,
  Configured,
  CookieTurn,
  Ending,
  Identity,
  ModelFact,
  RawHeaders,
  Ticket,
} from '../exchange.ts'
import { logId } from '../../schema/record/ids.ts'
import type { LogId, PersonNumber } from '../../schema/record/ids.ts'
import { CHANGE_KINDS, USER_SOURCES, assertNever } from '../../schema/record/record.ts'
import { fields, flag, list, number, oneOf, ordinal, orNull, ShapeError, shaped, text } from './fields.ts'
import type { Fields } from './fields.ts'

/** A process has opened the journal: what was asked before and is unanswered stays so. */
export interface OpenedFrame {
  readonly kind: 'opened'
  readonly n: number
  readonly at: number
}
export interface AskedFrame extends Ticket {
  readonly kind: 'asked'
  readonly n: number
  readonly asked: Asked
}
export interface AnsweredFrame {
  readonly kind: 'answered'
  readonly n: number
  readonly seq: number
  readonly answered: Answered
}
/** Session cookies were set or taken away; see `CookieTurn` in `proxy/exchange.ts`. */
export interface TurnFrame {
  readonly kind: 'turn'
  readonly n: number
  readonly seq: number
  readonly turn: CookieTurn
}
/** Queries that passed unrecorded; see `Gap` in `proxy/exchange.ts`. */
export interface GapFrame extends Ticket {
  readonly kind: 'gap'
  readonly n: number
  readonly server: string
  readonly from: number
  readonly to: number
  readonly count: number
}
/** A change of the set-up; see `Configured` in `proxy/exchange.ts`. `mark` tells it from all others. */
export interface ConfiguredFrame extends Ticket {
  readonly kind: 'configured'
  readonly n: number
  readonly mark: string
  readonly configured: Configured
}
/** The journal was closed in order: no answer follows. */
export interface ClosedFrame {
  readonly kind: 'closed'
  readonly n: number
  readonly at: number
}
export type Frame = OpenedFrame | AskedFrame | TurnFrame | AnsweredFrame | GapFrame | ConfiguredFrame | ClosedFrame

/** The JSON head of `frame`; the body of an `asked` travels behind it as it is. */
export function headOf(frame: Frame): object {
  if (frame.kind !== 'asked') return frame
  const { body, ...asked } = frame.asked
  return { ...frame, asked: { ...asked, extent: body.extent } }
}

export function bodyOf(frame: Frame): Uint8Array | undefined {
  return frame.kind === 'asked' ? frame.asked.body.bytes : undefined
}

/** The frame that head and body say, or `null` when they say none that this version knows. Keeps a copy of `body`. */
export function frameOf(head: unknown, body: Uint8Array): Frame | null {
  return shaped(() => readFrame(fields(head), body))
}

const KINDS = ['opened', 'asked', 'turn', 'answered', 'gap', 'configured', 'closed'] as const

function readFrame(head: Fields, body: Uint8Array): Frame {
  const kind = oneOf(head, 'kind', KINDS)
  const n = ordinal(head, 'n')
  switch (kind) {
    case 'opened':
    case 'closed':
      return { kind, n, at: number(head, 'at') }
    case 'asked':
      return { kind, n, ...readTicket(head), asked: readAsked(fields(head['asked']), body) }
    case 'answered':
      return { kind, n, seq: ordinal(head, 'seq'), answered: readAnswered(fields(head['answered'])) }
    case 'turn':
      return { kind, n, seq: ordinal(head, 'seq'), turn: readTurn(fields(head['turn'])) }
    case 'gap':
      return { kind, n, ...readTicket(head), ...readGap(head) }
    case 'configured':
      return {
        kind,
        n,
        ...readTicket(head),
        mark: text(head, 'mark'),
        configured: readConfigured(fields(head['configured'])),
      }
    default:
      return assertNever(kind)
  }
}

export function readTicket(head: Fields): Ticket {
  return { seq: ordinal(head, 'seq'), logId: readLogId(head, 'logId') }
}

export function readLogId(head: Fields, name: string): LogId {
  const id = logId(text(head, name))
  if (id === null) throw new ShapeError(`${name} is no log id`)
  return id
}

function readGap(head: Fields): Pick<GapFrame, 'server' | 'from' | 'to' | 'count'> {
  return {
    server: text(head, 'server'),
    from: number(head, 'from'),
    to: number(head, 'to'),
    count: ordinal(head, 'count'),
  }
}

export function readConfigured(head: Fields): Configured {
  return {
    at: number(head, 'at'),
    user: orNull(text, head, 'user'),
    vouched: flag(head, 'vouched'),
    through: oneOf(head, 'through', ['command', 'signal', 'start']),
    outcome: oneOf(head, 'outcome', ['answered', 'refused']),
    words: text(head, 'words'),
    changes: list(head, 'changes').map((one) => {
      const change = fields(one)
      return {
        setting: text(change, 'setting'),
        kind: oneOf(change, 'kind', CHANGE_KINDS),
        oldValue: orNull(text, change, 'oldValue'),
        newValue: orNull(text, change, 'newValue'),
      }
    }),
  }
}

function readAsked(head: Fields, body: Uint8Array): Asked {
  return {
    askedAt: number(head, 'askedAt'),
    server: text(head, 'server'),
    clientAddress: text(head, 'clientAddress'),
    method: text(head, 'method'),
    target: text(head, 'target'),
    headers: readHeaders(head),
    identity: readIdentity(fields(head['identity'])),
    body: { bytes: new Uint8Array(body), extent: oneOf(head, 'extent', ['whole', 'head', 'cut']) },
    socket: head['socket'] === undefined || head['socket'] === null ? null : readLogId(head, 'socket'),
    ...(head['cookies'] !== undefined && { cookies: texts(head, 'cookies') }),
  }
}

function readTurn(head: Fields): CookieTurn {
  return {
    at: number(head, 'at'),
    status: number(head, 'status'),
    userConfirmed: flag(head, 'userConfirmed'),
    isLogin: flag(head, 'isLogin'),
    redirect: orNull(text, head, 'redirect'),
    set: texts(head, 'set'),
    // Earlier versions did not tell.
    rolled: head['rolled'] === undefined ? [] : texts(head, 'rolled'),
    cleared: texts(head, 'cleared'),
  }
}

function texts(head: Fields, name: string): readonly string[] {
  return list(head, name).map((value) => text({ value }, 'value'))
}

function readIdentity(head: Fields): Identity {
  return {
    user: orNull(text, head, 'user'),
    source: oneOf(head, 'source', USER_SOURCES),
    workstation: orNull(text, head, 'workstation'),
  }
}

function readHeaders(head: Fields): RawHeaders {
  return list(head, 'headers').map((pair) => {
    const [name, value]: readonly unknown[] = Array.isArray(pair) ? pair : []
    if (typeof name !== 'string' || typeof value !== 'string') throw new ShapeError('a header is no pair of texts')
    return [name, value] as const
  })
}

const ENDINGS: Readonly<Record<Ending, true>> = {
  complete: true,
  'client-gone': true,
  'upstream-gone': true,
  'upstream-unreachable': true,
  'upstream-timeout': true,
  refused: true,
  withheld: true,
}

function readEnding(head: Fields): Ending {
  const value = text(head, 'ending')
  const isEnding = (one: string): one is Ending => Object.hasOwn(ENDINGS, one)
  if (!isEnding(value)) throw new ShapeError('unknown ending')
  return value
}

function readAnswered(head: Fields): Answered {
  return {
    ending: readEnding(head),
    status: orNull(number, head, 'status'),
    headers: readHeaders(head),
    firstByteAt: orNull(number, head, 'firstByteAt'),
    endedAt: number(head, 'endedAt'),
    answerBytes: number(head, 'answerBytes'),
    userConfirmed: flag(head, 'userConfirmed'),
    requestBytes: number(head, 'requestBytes'),
    requestHash: orNull(text, head, 'requestHash'),
    facts: head['facts'] === null ? null : readFacts(fields(head['facts'])),
  }
}

function readFacts(head: Fields): AnswerFacts {
  return {
    kind: oneOf(head, 'kind', ['dataset', 'rowset', 'fault', 'empty', 'other']),
    decoded: flag(head, 'decoded'),
    faultCode: orNull(text, head, 'faultCode'),
    rows: orNull(number, head, 'rows'),
    cells: orNull(number, head, 'cells'),
    axes: since(head, 'axes').map((length) => number({ length }, 'length')),
    warnings: head['warnings'] === undefined ? 0 : ordinal(head, 'warnings'),
    opened: head['opened'] === undefined ? null : orNull(text, head, 'opened'),
    model: since(head, 'model').map((one) => readModelFact(fields(one))),
    personsSeen: number(head, 'personsSeen'),
    persons: list(head, 'persons').map((one) => {
      const seen = fields(one)
      return { person: readPerson(seen), place: text(seen, 'place') }
    }),
  }
}

/** A list that frames of earlier versions do not have. */
function since(head: Fields, name: string): readonly unknown[] {
  return head[name] === undefined ? [] : list(head, name)
}

function readModelFact(head: Fields): ModelFact {
  const of = { catalog: orNull(text, head, 'catalog'), cube: text(head, 'cube'), name: text(head, 'name') }
  const kind = oneOf(head, 'kind', ['hierarchy', 'level', 'measure'])
  switch (kind) {
    case 'hierarchy':
      return {
        ...of,
        kind,
        dimension: text(head, 'dimension'),
        allMember: orNull(text, head, 'allMember'),
        defaultMember: orNull(text, head, 'defaultMember'),
      }
    case 'level':
      return { ...of, kind, hierarchy: text(head, 'hierarchy') }
    case 'measure':
      return { ...of, kind }
    default:
      return assertNever(kind)
  }
}

/** Minted anew: it was a `PersonNumber` when it was written, and the CRC says that it is what was written. */
function readPerson(seen: Fields): PersonNumber {
  return text(seen, 'person') as PersonNumber
}
