import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

// The architecture as a table: each folder, and what it may import beside itself. Top to bottom is the way a query
// travels. Widening a row is a design change: the same commit says why in docs/decisions/. The `main.ts` and `app.ts`
// files wire it together.
const MAY_IMPORT: Record<string, readonly string[]> = {
  'schema/record': ['ajv'],
  'schema/config': ['node:', 'schema/record', 'ajv', 'ajv-formats'],
  'schema/store': ['node:', 'schema/record', 'mssql', 'kysely'],
  'schema/command': ['node:', 'schema/config', 'schema/record', 'schema/store'],
  'proxy/exchange.ts': ['schema/record'],
  'proxy/memory.ts': ['node:'],
  'proxy/priority.ts': ['node:'],
  'proxy/identity': [
    'node:',
    'proxy/exchange.ts',
    'schema/config/config-error.ts',
    'schema/config/identity.ts',
    'schema/record',
    'jose',
  ],
  'proxy/front': ['node:', 'proxy/forward', 'proxy/identity', 'schema/config'],
  'proxy/forward': ['node:', 'proxy/exchange.ts', 'proxy/memory.ts', 'proxy/identity', 'http-proxy'],
  'proxy/journal': ['node:', 'proxy/exchange.ts', 'schema/record'],
  'proxy/language': [],
  'proxy/protocol': [
    'node:crypto',
    'node:zlib',
    'proxy/exchange.ts',
    'proxy/language',
    'schema/record',
    'schema/config/mapping.ts',
    'saxes',
    'xml2js',
    'json-p3',
    'xpath',
  ],
  'proxy/answer': ['node:', 'proxy/exchange.ts', 'proxy/memory.ts', 'proxy/protocol', 'schema/record'],
  'proxy/directory': [
    'node:',
    'proxy/protocol/entry/module-rule.ts',
    'schema/config/identity.ts',
    'schema/config/organisation-file.ts',
    'schema/record',
    'ldapts',
  ],
  'proxy/ship': [
    'node:',
    'proxy/directory',
    'schema/config/identity.ts',
    'proxy/exchange.ts',
    'proxy/journal',
    'proxy/priority.ts',
    'proxy/protocol',
    'schema/record',
    'schema/store',
  ],
  'proxy/reload': ['node:', 'proxy/exchange.ts', 'proxy/journal', 'schema/command', 'schema/config', 'schema/record'],
  'proxy/admin': [
    'node:',
    'proxy/forward',
    'proxy/journal',
    'proxy/ship',
    'schema/config/health.ts',
    'schema/record',
    'fastify',
    'prom-client',
  ],
  'proxy/workers': [
    'node:',
    'proxy/admin',
    'proxy/forward/event.ts',
    'proxy/front',
    'proxy/identity',
    'proxy/journal',
    'proxy/reload',
    'proxy/ship',
    'schema/config',
    'schema/record',
    'pino',
  ],
  'proxy/trial': [
    'node:',
    'proxy/exchange.ts',
    'proxy/identity',
    'proxy/answer',
    'proxy/protocol',
    'schema/command',
    'schema/config',
    'schema/record',
  ],
  'proxy/verify': ['node:', 'proxy/journal', 'schema/command', 'schema/config', 'schema/record', 'schema/store'],
  'proxy/sample': ['node:', 'proxy/language', 'saxes'],
  'reports/query': ['schema/record', 'schema/store/overdue.ts', 'schema/store/store.ts'],
  'reports/render': ['reports/query', 'schema/record', 'schema/store/store.ts'],
  'reports/retention': [
    'node:',
    'reports/query/use.ts',
    'schema/command',
    'schema/config',
    'schema/record',
    'schema/store',
  ],
  'reports/routes': [
    'node:',
    'reports/query',
    'reports/render',
    'schema/record',
    'schema/store/store.ts',
    'fastify',
    '@fastify',
  ],
}

const files = ['schema', 'proxy', 'reports'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((f) => f.endsWith('.ts'))
    .map((f) => join(top, f)),
)
const within = (path: string, place: string) =>
  path === place || path.startsWith(place.endsWith(':') ? place : `${place}/`)
const wires = (file: string) => /\/(main|app)\.ts$/.test(file)

/** What `file` imports: a path from the repository root, or a package name. */
function imports(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export)\b[^'"]*?\bfrom ['"]([^'"]+)['"]|^import ['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm,
  )
  return [...found]
    .map(([, named, bare, dynamic]) => named ?? bare ?? dynamic ?? '')
    .map((from) => (from.startsWith('.') ? join(dirname(file), from) : from))
}

test('there are sources to check, and every one has a row', () => {
  assert.ok(files.length > 10)
  const strays = files.filter((f) => !wires(f) && !Object.keys(MAY_IMPORT).some((row) => within(f, row)))
  assert.deepEqual(strays, [])
})

test('every relative import names a file that exists', () => {
  const lost = files.flatMap((f) =>
    imports(f)
      .filter((to) => /^(proxy|schema|reports)\//.test(to) && !existsSync(to))
      .map((to) => `${f} imports ${to}`),
  )
  assert.deepEqual(lost, [])
})

for (const [row, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${row} imports only itself and ${allowed.join(', ') || 'nothing'}`, () => {
    const breaches = files
      .filter((f) => within(f, row) && !wires(f))
      .flatMap((f) =>
        imports(f)
          .filter((to) => ![row, ...allowed].some((a) => within(to, a)))
          .map((to) => `${f} imports ${to}`),
      )
    assert.deepEqual(breaches, [])
  })
}

test('the proxy and the reports never meet', () => {
  const breaches = files.flatMap((f) =>
    imports(f)
      .filter((to) => (within(f, 'proxy') && within(to, 'reports')) || (within(f, 'reports') && within(to, 'proxy')))
      .map((to) => `${f} imports ${to}`),
  )
  assert.deepEqual(breaches, [])
})

test('no two files need each other', () => {
  const graph = new Map(files.map((f) => [f, imports(f).filter((to) => files.includes(to))]))
  const done = new Set<string>()
  const visit = (file: string, path: readonly string[]): void => {
    assert.ok(!path.includes(file), `cycle: ${[...path, file].join(' → ')}`)
    if (done.has(file)) return
    for (const to of graph.get(file) ?? []) visit(to, [...path, file])
    done.add(file)
  }
  for (const file of files) visit(file, [])
})
