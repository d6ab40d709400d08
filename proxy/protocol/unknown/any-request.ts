/**
 * The adapter of last resort: every request is an entry, also one in no interface we know. It is kept whole, and the
 * person numbers in its target and body are criteria.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { OpaqueReason } from '../../../schema/record/record.ts'
import type { Part, Reading, Request } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import { header, headerList } from '../request/headers.ts'
import { personsMentioned } from '../criteria/mentioned.ts'
import { readableJson, readableStages } from '../persons/readable.ts'
import { NO_ROWS } from '../criteria/rows.ts'
import { maskSecrets } from '../entry/secrets.ts'

export function readAnyRequest(request: Request, rules: PersonRules): Reading {
  return { claims: NO_CLAIMS, parts: [partOf(request, rules)] }
}

function partOf(request: Request, rules: PersonRules): Part {
  const opaque = opaqueReason(request)
  const query = opaque === null ? `${request.method} ${maskSecrets(request.target)}` : maskSecrets(request.kept)
  const searched = [readableStages(request.target), readableBody(request)].join('\n')
  return {
    action: isUpgrade(request) ? 'connect' : 'request',
    language: null,
    query,
    opaque,
    opaqueAt: null,
    cube: null,
    ...NO_ROWS,
    criteria: personsMentioned(searched, rules),
  }
}

/** A request without a body says all in its target: nothing about it is unknown. */
function opaqueReason(request: Request): OpaqueReason | null {
  if (request.failure !== null) return request.failure
  if (request.text === '') return null
  if (request.extent === 'head') return 'too-large'
  return request.extent === 'cut' ? 'unreadable' : 'unknown-protocol'
}

/** RFC 6455 section 4.1 "Client Requirements". */
function isUpgrade({ headers }: Request): boolean {
  return (
    /\bwebsocket\b/i.test(headerList(headers, 'upgrade')) && /\bupgrade\b/i.test(header(headers, 'connection') ?? '')
  )
}

function readableBody({ mediaType, text, traces }: Request): string {
  if (text === null) return traces
  return mediaType === 'application/x-www-form-urlencoded' ? readableStages(text) : readableJson(text)
}
