/**
 * The gate before every route: who is it, may they, and a refused attempt is an entry of the log (requirement N10).
 *
 * Order: rate limit and session (`onRequest`), who it is (`preParsing`: strangers get no body parsed), may they
 * (`preValidation`: the body is there, so the entry can tell what an operator tried to search for), then the schema.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { findPersonNumbers } from '../../schema/record/person-number.ts'
import { type Asker, restriction } from '../query/use.ts'
import { checkToken } from './access.ts'
import { Problem } from './problem.ts'
import { requireRule, ruleOf } from './rules.ts'
import type { Service } from './service.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** `null` until known, and for strangers. */
    asker: Asker | null
  }
}

/** Unsuccessful tries a minute from one address; each is an entry, and an entry costs a transaction. */
const FAILED_TRIES = 30

export function addGuard(app: FastifyInstance, service: Service): void {
  const failedTries = app.createRateLimit({ max: FAILED_TRIES, timeWindow: 60_000 })
  app.decorateRequest('asker', null)
  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) requireRule(each, url)
  })
  app.addHook('preParsing', async (request) => {
    const rule = ruleOf(request)
    request.asker = await identify(request, service)
    if (rule === null || rule.who === 'anyone' || request.asker !== null) return
    const tries = await failedTries(request)
    throw tries.isAllowed || !tries.isExceeded ? new Problem(401, 'UNAUTHENTICATED') : new Problem(429, 'TOO_MANY')
  })
  app.addHook('preValidation', async (request) => {
    const rule = ruleOf(request)
    if (rule === null || rule.who === 'anyone') return
    const role = request.asker?.role
    if (!role || !rule.who.includes(role)) throw new Problem(403, 'FORBIDDEN')
  })
  app.addHook('onSend', async (request, reply) => {
    if (ruleOf(request)?.surface !== 'file') withoutTrace(reply)
  })
}

/** What was shown must not be found in a browser's cache by the next user of the machine (RFC 9111, section 5.2.2.5). */
function withoutTrace(reply: FastifyReply): void {
  void reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
}

/** A token, if one is given, else the session. A token that fails is not made up for by a session. */
async function identify(request: FastifyRequest, service: Service): Promise<Asker | null> {
  const rule = ruleOf(request)
  const surface = rule?.surface ?? 'page'
  const from = {
    ip: request.ip,
    through: surface === 'page' ? 'web' : 'rest',
    correlationId: request.id,
  } as const
  const { authorization } = request.headers
  if (authorization !== undefined) {
    const token = /^Bearer ([\w~+/.=-]{20,200})$/i.exec(authorization)?.[1]
    const access = rule?.use === null ? service.accessToStatus : service.access
    const found = token === undefined ? null : await checkToken(access, token, service.now())
    return found && { ...from, name: found.name, role: found.role, source: 'bearer', sessionId: null }
  }
  const { user } = request.session
  return user ? { ...from, name: user.name, role: user.role, source: 'session', sessionId: user.ref } : null
}

/**
 * Logs that a request was refused; resolves when committed. Routes that give nothing personal have no such entry.
 *
 * @throws UseNotLogged
 */
export async function recordRefusal(request: FastifyRequest, service: Service, problem: Problem): Promise<void> {
  const use = ruleOf(request)?.use
  if (!use) return
  const asked = request.asker === null ? '' : questionOf(request)
  const persons = findPersonNumbers(asked, true, service.desk.persons)
  const ask = {
    ...use,
    words: asked === '' ? use.words : `${use.words} ${asked}`,
    criteria: persons.map((person) => restriction('person', '=', person, person)),
    purpose: null,
  }
  await service.desk.uses.refused(request.asker ?? stranger(request), ask, problem.status, problem.code)
}

export function stranger(request: FastifyRequest): Asker {
  const through = ruleOf(request)?.surface === 'page' ? 'web' : 'rest'
  return { name: null, role: null, source: 'none', ip: request.ip, through, sessionId: null, correlationId: request.id }
}

const SECRETS = new Set(['_csrf', 'code'])

/** What somebody who is known asked, as it came; its size is bounded by the limits on heads and bodies. */
function questionOf({ params, query, body }: FastifyRequest): string {
  return JSON.stringify({ params, query, body }, (name, value: unknown) => (SECRETS.has(name) ? undefined : value))
}
