/**
 * The adapter of last resort: every request is an entry, also one in no interface we know. It is kept whole, and the
 * person numbers in its target and body are criteria.
 */
import type { PersonRules } from '../../schema/record/person-number.ts'
import type { OpaqueReason } from '../../schema/record/record.ts'
import type { Part, Reading, Request } from './adapter.ts'
import { NO_CLAIMS } from './adapter.ts'
import { header, headerList } from './headers.ts'
import { personsMentioned } from './mentioned.ts'
import { NO_ROWS } from './rows.ts'
import { maskSecrets } from './secrets.ts'

export function readAnyRequest(request: Request, rules: PersonRules): Reading {
  return { claims: NO_CLAIMS, parts: [partOf(request, rules)] }
}

function partOf(request: Request, rules: PersonRules): Part {
  const opaque = opaqueReason(request)
  const query = opaque === null ? `${request.method} ${maskSecrets(request.target)}` : maskSecrets(request.kept)
  const searched = [readable(request.target), readableBody(request)].join('\n')
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

/** A person number may be written in escapes: of a form's percent signs, or of JSON (RFC 8259 section 7 "Strings"). */
function readableBody({ mediaType, text }: Request): string {
  if (text === null) return ''
  if (mediaType === 'application/x-www-form-urlencoded') return readable(text)
  return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** Percent-encoding undone (RFC 3986 section 2.1), as far as it is sound; `+` is a blank in forms. */
function readable(coded: string): string {
  return coded.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      // Not UTF-8: digits and ASCII letters are what a person number is made of.
      return run.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    }
  })
}
