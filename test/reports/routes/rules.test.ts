import assert from 'node:assert/strict'
import { test } from 'node:test'
import Fastify from 'fastify'
import { addGuard } from '../../../reports/routes/guard.ts'
import { RULES } from '../../../reports/routes/rules.ts'
import { ROLES } from '../../../schema/store/store.ts'
import { memoryStore } from '../../support/memory-store.ts'
import { CARLA, unknownId } from '../invented.ts'
import { KEEPING, service, signedIn } from '../service.ts'

/** Every route the service really has, as `METHOD /url`, from Fastify's own listing. */
async function registered(): Promise<string[]> {
  const { app } = await service()
  const tree = app.printRoutes()
  const found: string[] = []
  const path: string[] = []
  for (const line of tree.split('\n').filter((l) => l.trim() !== '')) {
    const [, indent = '', segment = '', methods] = /^([│ ]*)[├└]── (\S*?)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    const depth = indent.length / 4
    path.splice(depth, path.length, segment)
    for (const method of methods?.split(', ') ?? []) found.push(`${method} ${path.join('')}`)
  }
  return found.sort()
}

test('every route has a rule, and every rule a route', async () => {
  assert.deepEqual(await registered(), Object.keys(RULES).sort())
})

test('a route without a rule ends the start of the service', async () => {
  const bare = Fastify()
  Object.assign(bare, { createRateLimit: () => async () => ({ isAllowed: true, key: '' }) })
  const { app, codes } = await service()
  const store = memoryStore()
  addGuard(bare, {
    desk: { reader: store.reader, uses: Object.create(null), persons: { latestBirth: '2026-01-01', attributes: [] } },
    access: store.access,
    accessToStatus: store.access,
    lag: async () => null,
    retention: KEEPING,
    now: Date.now,
    signInCodes: codes,
  })
  assert.throws(() => bare.get('/forgotten', async () => 'data'), { code: 'ROUTE_WITHOUT_RULE' })
  await app.close()
})

const request = (route: string) => {
  const [method = '', pattern = ''] = route.split(' ')
  const url = pattern.replace(':id', unknownId).replace('*', 'tilsyn.css')
  const payload = method === 'POST' ? { person: CARLA } : undefined
  return { method: method as 'GET' | 'POST' | 'HEAD', url, ...(payload === undefined ? {} : { payload }) }
}

for (const [route, { who, surface }] of Object.entries(RULES)) {
  test(`${route} lets in ${who === 'anyone' ? 'anyone' : `only ${who.join(' and ')}`}`, async () => {
    const s = await service()
    const stranger = await s.app.inject(request(route))
    assert.equal(stranger.statusCode === 401, who !== 'anyone')
    // Forms need a session: see below.
    if (surface === 'page' && route.startsWith('POST')) return
    for (const role of ROLES) {
      const known = await s.app.inject({ ...request(route), headers: await s.bearer(role) })
      assert.equal(known.statusCode === 403, who !== 'anyone' && !who.includes(role), role)
      assert.notEqual(known.statusCode, 401)
    }
  })
}

test('a form page lets the right role through and no other', async () => {
  const s = await service()
  const auditor = await signedIn(s, 'auditor')
  const operator = await signedIn(s, 'operator')
  await auditor.get('/search')
  await operator.get('/status')
  assert.equal((await auditor.post('/search', { person: CARLA })).statusCode, 200)
  assert.equal((await operator.post('/search', { person: CARLA })).statusCode, 403)
})

test('every path of the OpenAPI description has a rule, and every REST route is described', async () => {
  const s = await service()
  const answer = await s.app.inject({ url: '/api/v1/openapi.json', headers: await s.bearer('operator') })
  const document = answer.json<{ openapi: string; paths: Record<string, Record<string, unknown>> }>()
  assert.match(document.openapi, /^3\.1\./)
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace('{id}', ':id')}`),
  )
  const api = Object.entries(RULES).flatMap(([route, { surface }]) => (surface === 'api' ? [route] : []))
  assert.deepEqual(described.sort(), api.filter((route) => !route.endsWith('openapi.json')).sort())
})
