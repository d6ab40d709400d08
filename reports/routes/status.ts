/** What tells how the service is, without personal data: `/api/v1/status`, `/healthz`, and the interface's description. */
import type { FastifyInstance } from 'fastify'
import { statusRow } from '../query/row.ts'
import { readStatus } from '../query/status.ts'
import { health, nothing, problems, statusAnswer } from './schemas.ts'
import type { Service } from './service.ts'

export function statusRoutes(app: FastifyInstance, { desk, lag, retention, now }: Service): void {
  const schema = {
    summary: 'Is the store there, how far has each origin come, how far behind is the recorder',
    querystring: nothing,
    response: { 200: statusAnswer, ...problems },
  }
  app.get('/api/v1/status', { schema }, async () =>
    statusRow(await readStatus(desk.reader, desk.persons, retention, lag, now())),
  )

  const healthSchema = { summary: 'The service answers', security: [], response: { 200: health } }
  app.get('/healthz', { schema: healthSchema, logLevel: 'warn' }, async () => ({ status: 'ok' }))

  app.get('/api/v1/openapi.json', { schema: { hide: true } }, async () => app.swagger())
}
