/** How a request that failed is answered, and what the operational log learns of it: codes and places, no contents. */
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ProblemPage, problemPage, signInPage } from '../render/sign-in.ts'
import { recordRefusal } from './guard.ts'
import { type Problem, problemDetails, problemOf, type ProblemStatus } from './problem.ts'
import { ruleOf } from './rules.ts'
import type { Service } from './service.ts'
import { sendPage, viewOf } from './view.ts'

export function addErrorAnswers(app: FastifyInstance, service: Service): void {
  app.setErrorHandler<FastifyError | Error>(async (error, request, reply) => {
    const problem = await refused(request, service, problemOf(error))
    if (problem.status >= 500) request.log.error({ err: problem, code: problem.code }, 'a request failed')
    return answer(request, reply, problem, service.now())
  })
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, async (request, reply) =>
    answer(
      request,
      reply,
      problemOf(Object.assign(new Error(), { statusCode: 404, code: 'NOT_FOUND' })),
      service.now(),
    ),
  )
}

/** 404 is an answer, already logged as one. Beyond the rate limit nothing is logged, else it would limit nothing. */
const LOGGED: ReadonlySet<ProblemStatus> = new Set([400, 401, 403, 413, 415])

/** The problem to tell, once the attempt is logged: if that fails, that is the problem. */
async function refused(request: FastifyRequest, service: Service, problem: Problem): Promise<Problem> {
  if (!LOGGED.has(problem.status)) return problem
  try {
    await recordRefusal(request, service, problem)
    return problem
  } catch (error) {
    return problemOf(error instanceof Error ? error : new Error('not an error', { cause: error }))
  }
}

function answer(request: FastifyRequest, reply: FastifyReply, problem: Problem, now: number): FastifyReply {
  void reply.code(problem.status)
  if (problem.status === 503) void reply.header('retry-after', '10')
  if (!wantsPage(request)) {
    if (problem.status === 401) void reply.header('www-authenticate', 'Bearer realm="tilsyn"')
    return reply.type('application/problem+json').send(problemDetails(problem))
  }
  const view = viewOf(request, reply, now)
  return sendPage(reply, problem.status === 401 ? signInPage(view, null) : problemPage(view, pageFor(problem)))
}

function wantsPage(request: FastifyRequest): boolean {
  const rule = ruleOf(request)
  if (rule === null) return !request.url.startsWith('/api/') && (request.headers.accept ?? '').includes('text/html')
  return rule.surface === 'page'
}

function pageFor({ status, code }: Problem): ProblemPage {
  if (code.startsWith('FST_CSRF')) return 'stale'
  return status === 413 || status === 415 ? 400 : status
}
