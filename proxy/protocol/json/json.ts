/**
 * The interfaces that BI clients speak in JSON over HTTP: Power BI's, Cube's, Superset's and their like. One adapter for
 * all of them: it reads the body once, asks each interface in turn whether the request is its own, and then looks through
 * the whole request for persons that the interface's reading has left out. So no interface can forget one.
 *
 * An interface decides by the address where that is sure, and by the body's shape where the address is anybody's choice.
 * A request at an address of theirs whose body cannot be read is a query all the same: kept whole as opaque, with the
 * position and the persons it mentions. What no interface knows goes to the next adapter.
 */
import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { OpaqueReason } from '../../../schema/record/record.ts'
import type { Adapter, Claims, Known, Reading, Request } from '../adapter.ts'
import { NO_CLAIMS } from '../adapter.ts'
import { personsMentioned } from '../criteria/mentioned.ts'
import { readable, readableJson } from '../persons/readable.ts'
import { APIS } from './apis.ts'
import type { Call } from './call.ts'
import { bodyOf, callOf, jsonPart, queryText } from './call.ts'
import type { JsonReading } from './json-reader.ts'
import { readJson } from './json-reader.ts'
import type { Found } from './sweep.ts'
import { personsInJson, withMentions } from './sweep.ts'

export const json: Adapter = {
  name: 'json',
  read(request, rules, known) {
    const kind = bodyOf(request)
    if (kind === null) return null
    const body = kind === 'json' ? readJson(request.text ?? '') : null
    const reading = readingOf(request, body, rules, known)
    return reading === null ? null : withMentions(reading, personsOf(request, body, rules))
  },
}

function readingOf(request: Request, body: JsonReading | null, rules: PersonRules, known: Known): Reading | null {
  const call = callOf(request, body?.value ?? null, rules, known)
  if (request.extent !== 'whole') return unread(call, request.extent === 'head' ? 'too-large' : 'unreadable', null)
  if (body?.kind === 'broken') return unread(call, body.reason, body.at)
  for (const api of APIS) {
    const reading = tried(() => api.read(call), call, api.address(call.path))
    if (reading !== null) return reading
  }
  return null
}

/**
 * A fault of an interface's reader, ours, must not cost the persons it would have found: the request is then opaque, and
 * what it mentions is searched for as in one that nobody understands.
 */
function tried(read: () => Reading | null, call: Call, claims: Claims | null): Reading | null {
  try {
    return read()
  } catch (error) {
    return opaqueReading(call, error instanceof RangeError ? 'limits' : 'unreadable', null, claims ?? NO_CLAIMS)
  }
}

/** `null` where the address is nobody's: then some other adapter may know it. */
function unread(call: Call, reason: OpaqueReason, at: string | null): Reading | null {
  for (const api of APIS) {
    const claims = api.address(call.path)
    if (claims !== null) return opaqueReading(call, reason, at, claims)
  }
  return null
}

function opaqueReading(call: Call, opaque: OpaqueReason, opaqueAt: string | null, claims: Claims): Reading {
  return { claims, parts: [jsonPart(queryText(call), { opaque, opaqueAt })] }
}

/** Every person of the request: in its address, in the tree, and in what stands behind a tree that broke off. */
function personsOf({ target, text, extent }: Request, body: JsonReading | null, rules: PersonRules): Found[] {
  const broken = body?.kind === 'broken' || extent !== 'whole'
  const plain = [readable(target), body === null ? readable(text ?? '') : broken ? readableJson(text ?? '') : '']
  const near = personsMentioned(plain.join('\n'), rules)
  return [
    ...personsInJson(body?.value ?? null, rules),
    ...near.flatMap(({ person, value }) => (person === null ? [] : [{ person, text: value }])),
  ]
}
