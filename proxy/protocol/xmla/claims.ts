import type { Claims, Request } from '../adapter.ts'
import { header } from '../request/headers.ts'
import type { Envelope, Properties } from './call.ts'
import { applicationContext, reportHint } from './report.ts'
import type { InSession } from './session.ts'

/**
 * Who asks, from where, for whom: from the properties of the first call, and from the session where it does not say.
 *
 * @param properties the call's and the session's.
 */
export function claimsOf(envelope: Envelope, own: InSession, properties: Properties, request: Request): Claims {
  const property = (...names: readonly string[]): string | null => {
    const name = names.find((name) => properties.has(name))
    return name === undefined ? null : (properties.get(name) ?? null)
  }
  const context = applicationContext(property('applicationcontext'))
  return {
    catalog: property('catalog') ?? context.dataset,
    application: applicationOf(envelope, own, request),
    report: context.report ?? hintIn(envelope),
    sessionId: envelope.sessionId,
    // All that one visual asks belongs together.
    correlationId:
      context.visual ?? property('dbpropmsmdactivityid', 'dbpropmsmdcurrentactivityid', 'dbpropmsmdrequestid'),
    // A WS-Security name in this request says more than a property of the session.
    effectiveUser: ownProperty(envelope, 'effectiveusername') ?? envelope.securityUser ?? property('effectiveusername'),
    effectiveRoles: property('roles', 'effectiveroles'),
    customData: property('customdata'),
    sessionUser: envelope.securityUser === null ? (own.session?.user ?? null) : null,
    foreignSession: own.relation === 'foreign',
  }
}

/** The request's own head says more than what another request of the session did. */
function applicationOf(envelope: Envelope, { session }: InSession, { headers }: Request): string | null {
  const own = ownProperty(envelope, 'sspropinitappname') ?? header(headers, 'sspropinitappname')
  return own ?? session?.properties['sspropinitappname'] ?? null
}

function ownProperty({ calls }: Envelope, name: string): string | null {
  return calls[0]?.properties.get(name) ?? null
}

function hintIn({ calls }: Envelope): string | null {
  for (const call of calls) {
    if (call.kind === 'discover') continue
    for (const command of call.commands) {
      const hint = command.kind === 'statement' ? reportHint(command.text) : null
      if (hint !== null) return hint
    }
  }
  return null
}
