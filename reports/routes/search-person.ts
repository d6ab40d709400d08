/** `POST /api/v1/search/person` and `…/coverage`: the number stands in the body, so that no log of addresses holds it. */
import type { FastifyInstance } from 'fastify'
import { type PersonQuestion, searchPerson } from '../query/person.ts'
import { searchCovered } from '../query/coverage.ts'
import { coveredRow, hitRow } from '../query/row.ts'
import { stranger } from './guard.ts'
import { mistakeProblem } from './problem.ts'
import { coveredPage, nothing, personBody, personPage, problems } from './schemas.ts'
import type { Service } from './service.ts'

/** Searches a minute from one address. */
export const SEARCHES = { max: 60, timeWindow: 60_000 }

export function searchPersonRoute(app: FastifyInstance, { desk }: Service): void {
  const schema = {
    summary: 'Who searched for a person, or saw the person in an answer; newest first',
    body: personBody,
    querystring: nothing,
    response: { 200: personPage, ...problems },
  }
  app.route<{ Body: PersonQuestion }>({
    method: 'POST',
    url: '/api/v1/search/person',
    schema,
    config: { rateLimit: SEARCHES },
    handler: async (request) => {
      const answer = await searchPerson(desk, request.asker ?? stranger(request), request.body)
      if (answer.kind === 'mistake') throw mistakeProblem(answer, 'body')
      return { hits: answer.hits.map(hitRow), next: answer.next }
    },
  })
  const covered = {
    summary: 'Who may have searched for a person, or listed the person, without naming them; newest first',
    body: personBody,
    querystring: nothing,
    response: { 200: coveredPage, ...problems },
  }
  app.route<{ Body: PersonQuestion }>({
    method: 'POST',
    url: '/api/v1/search/coverage',
    schema: covered,
    config: { rateLimit: SEARCHES },
    handler: async (request) => {
      const answer = await searchCovered(desk, request.asker ?? stranger(request), request.body)
      if (answer.kind === 'mistake') throw mistakeProblem(answer, 'body')
      return { hits: answer.hits.map(coveredRow), next: answer.next }
    },
  })
}
