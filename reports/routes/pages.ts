/** The pages. A search is posted and answered at once, so neither the address nor the history holds the number. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { searchCovered } from '../query/coverage.ts'
import { readEntry } from '../query/entry.ts'
import { readLog } from '../query/log.ts'
import { type PersonQuestion, searchPerson } from '../query/person.ts'
import { type Delay, delay, readStatus } from '../query/status.ts'
import type { Asker, Desk, Mistake } from '../query/use.ts'
import { entryPage } from '../render/entry.ts'
import { latestPage } from '../render/latest.ts'
import { coveredPage } from '../render/covered.ts'
import { resultsPage, searchPage } from '../render/search.ts'
import { statusPage } from '../render/status.ts'
import type { View } from '../render/view.ts'
import { recordRefusal, stranger } from './guard.ts'
import { mistakeProblem, Problem } from './problem.ts'
import { idParams, latestQuery, nothing, pageQuery, searchForm } from './schemas.ts'
import { SEARCHES } from './search-person.ts'
import type { Service } from './service.ts'
import { sendPage, viewOf } from './view.ts'

export function pageRoutes(app: FastifyInstance, service: Service): void {
  const { desk, lag, retention, now } = service
  const hide = true

  app.get<{ Querystring: { before?: string } }>(
    '/',
    { schema: { hide, querystring: latestQuery } },
    async (request, reply) => {
      const { before } = request.query
      const answer = await readLog(desk, request.asker ?? stranger(request), before === undefined ? {} : { before })
      if (answer.kind === 'mistake') throw mistakeProblem(answer, 'query')
      const view = viewOf(request, reply, now(), before ? `/?before=${before}` : '/')
      return sendPage(reply, latestPage(view, answer, before !== undefined, delay(await lag(), now())))
    },
  )

  app.get('/search', { schema: { hide, querystring: pageQuery } }, async (request, reply) =>
    sendPage(reply, searchPage(viewOf(request, reply, now(), '/search'), {}, null)),
  )

  const posted = {
    schema: { hide, body: searchForm, querystring: nothing },
    preHandler: app.csrfProtection.bind(app),
    config: { rateLimit: SEARCHES },
  }
  app.post<{ Body: PersonQuestion }>('/search', posted, asking(service, searchPerson, resultsPage))
  app.post<{ Body: PersonQuestion }>('/search/covered', posted, asking(service, searchCovered, coveredPage))

  app.get<{ Params: { id: string } }>(
    '/entry/:id',
    { schema: { hide, params: idParams, querystring: pageQuery } },
    async (request, reply) => {
      const answer = await readEntry(desk, request.asker ?? stranger(request), request.params.id)
      if (answer.kind === 'mistake') throw mistakeProblem(answer, 'params')
      if (answer.entry === null) throw new Problem(404, 'NO_SUCH_ENTRY')
      const view = viewOf(request, reply, now(), `/entry/${answer.entry.logId}`)
      return sendPage(reply, entryPage(view, answer.entry))
    },
  )

  app.get('/status', { schema: { hide, querystring: pageQuery } }, async (request, reply) =>
    sendPage(
      reply,
      statusPage(
        viewOf(request, reply, now(), '/status'),
        await readStatus(desk.reader, desk.persons, retention, lag, now()),
      ),
    ),
  )
}

/** A mistake in the form comes back with the form, and is logged as an attempt like any other. */
function asking<A extends { readonly kind: 'answer' }>(
  service: Service,
  ask: (desk: Desk, asker: Asker, question: PersonQuestion) => Promise<A | Mistake>,
  page: (view: View, question: PersonQuestion, answer: A, behind: Delay) => string,
) {
  const { desk, lag, now } = service
  return async (request: FastifyRequest<{ Body: PersonQuestion }>, reply: FastifyReply): Promise<FastifyReply> => {
    const answer = await ask(desk, request.asker ?? stranger(request), request.body)
    const view = viewOf(request, reply, now(), '/search')
    if (answer.kind === 'answer') return sendPage(reply, page(view, request.body, answer, delay(await lag(), now())))
    await recordRefusal(request, service, mistakeProblem(answer, 'body'))
    return sendPage(reply.code(400), searchPage(view, request.body, answer))
  }
}
