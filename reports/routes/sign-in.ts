/** In and out. The one-time link shows a button; only pressing it uses the link, so mail scanners cannot. */
import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { signInPage, signInRefusedPage } from '../render/sign-in.ts'
import { homeOf } from '../render/view.ts'
import type { Person } from './access.ts'
import { recordRefusal, stranger } from './guard.ts'
import { Problem } from './problem.ts'
import { RULES } from './rules.ts'
import { nothing, signInForm, signInQuery, signOutForm } from './schemas.ts'
import type { Service } from './service.ts'
import { SESSION_COOKIE } from './sessions.ts'
import { overTls, sendPage, viewOf } from './view.ts'

/** Tries a minute from one address. */
const SIGN_INS = { max: 10, timeWindow: 60_000 }

export function signInRoutes(app: FastifyInstance, service: Service): void {
  const hide = true
  const csrf = { preHandler: app.csrfProtection.bind(app) }

  app.get<{ Querystring: { code?: string } }>(
    '/sign-in',
    { schema: { hide, querystring: signInQuery }, config: { rateLimit: SIGN_INS } },
    async (request, reply) => {
      const { code } = request.query
      const here = code === undefined ? '/sign-in' : `/sign-in?code=${encodeURIComponent(code)}`
      return sendPage(reply, signInPage(viewOf(request, reply, service.now(), here), code ?? null))
    },
  )

  app.post<{ Body: { code: string } }>(
    '/sign-in',
    { schema: { hide, body: signInForm, querystring: nothing }, config: { rateLimit: SIGN_INS }, ...csrf },
    async (request, reply) => {
      const person = service.signInCodes.redeem(request.body.code)
      if (person === null) {
        await recordRefusal(request, service, new Problem(401, 'SIGN_IN_CODE'))
        return sendPage(reply.code(401), signInRefusedPage(viewOf(request, reply, service.now(), '/sign-in')))
      }
      try {
        await letIn(request, service, person)
      } catch (error) {
        // The database is away, say. An operator would else have to restart the service to make another link.
        service.signInCodes.giveBack(request.body.code)
        throw error
      }
      return reply.redirect(homeOf(person.role), 303)
    },
  )

  app.post(
    '/sign-out',
    { schema: { hide, body: signOutForm, querystring: nothing }, ...csrf },
    async (request, reply) => letOut(request, reply),
  )
}

/** Logged before the session is there: nobody is in without an entry. A new id, so that no planted one becomes valid. */
async function letIn(request: FastifyRequest, service: Service, { name, role }: Person): Promise<void> {
  const user = { name, role, ref: randomBytes(8).toString('hex'), signedInAt: service.now() }
  const asker = { ...stranger(request), name, role, source: 'session', sessionId: user.ref } as const
  const use = RULES['POST /sign-in']?.use
  if (!use) throw new Problem(500, 'INTERNAL')
  const outcome = {
    askedAt: user.signedInAt,
    outcome: 'answered',
    status: 303,
    faultCode: null,
    rowCount: null,
  } as const
  await service.desk.uses.record(asker, { ...use, criteria: [], purpose: null }, outcome)
  await request.session.regenerate()
  request.session.options({ secure: overTls(request) })
  request.session.user = user
}

async function letOut(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  await request.session.destroy()
  return reply.clearCookie(SESSION_COOKIE, { path: '/' }).redirect('/sign-in', 303)
}
