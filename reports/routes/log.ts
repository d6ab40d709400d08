/** `GET /api/v1/log` and `GET /api/v1/log/{id}`. */
import type { FastifyInstance } from 'fastify'
import { readEntry } from '../query/entry.ts'
import { type LogQuestion, readLog } from '../query/log.ts'
import { entryRow, logRow } from '../query/row.ts'
import { stranger } from './guard.ts'
import { mistakeProblem, Problem } from './problem.ts'
import { idParams, logPage, logQuery, notFound, nothing, problems, wholeEntry } from './schemas.ts'
import type { Service } from './service.ts'

export function logRoutes(app: FastifyInstance, { desk }: Service): void {
  app.route<{ Querystring: LogQuestion }>({
    method: 'GET',
    url: '/api/v1/log',
    schema: { summary: 'The log, newest first', querystring: logQuery, response: { 200: logPage, ...problems } },
    handler: async (request) => {
      const answer = await readLog(desk, request.asker ?? stranger(request), request.query)
      if (answer.kind === 'mistake') throw mistakeProblem(answer, 'query')
      return { entries: answer.entries.map(logRow), next: answer.next }
    },
  })
  app.route<{ Params: { id: string } }>({
    method: 'GET',
    url: '/api/v1/log/:id',
    schema: {
      summary:
        'One entry, whole: criteria, dimensions, measures, persons seen, changes of the set-up and the query word for word',
      params: idParams,
      querystring: nothing,
      response: { 200: wholeEntry, 404: notFound, ...problems },
    },
    handler: async (request) => {
      const answer = await readEntry(desk, request.asker ?? stranger(request), request.params.id)
      if (answer.kind === 'mistake') throw mistakeProblem(answer, 'params')
      if (answer.entry === null) throw new Problem(404, 'NO_SUCH_ENTRY')
      return entryRow(answer.entry)
    },
  })
}
