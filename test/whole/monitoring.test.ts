/** What monitoring sees of a whole proxy: queries through it, then its admin address. */
import assert from 'node:assert/strict'
import { mkdirSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { eventually, freePort, printed, scratch, tilsyn } from '../support/tilsyn.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'

const value = (text: string, series: string): number | null => {
  const found = text.split('\n').find((line) => line.startsWith(`${series} `))
  return found === undefined ? null : Number(found.slice(series.length))
}

test('queries sent through the proxy are counted on its admin address, and nothing of them stands there', async (t) => {
  const upstream = await biServer((_request, body, response) => {
    if (body.includes('[Ukendt]')) response.writeHead(200, { 'Content-Encoding': 'x-odd' }).end('odd')
    else response.end(dataset([['[Borger].[CPR].&[1711457843]', 'Jens Hansen']]))
  })
  t.after(() => upstream.close())
  const [port, adminPort] = [await freePort(), await freePort()]
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}`, admin: `127.0.0.1:${adminPort}` },
    servers: [{ name: 'bi01', upstream: upstream.url }],
    modules: [{ cube: 'Borger', module: 'Borgerservice' }],
    store: { kind: 'embedded', path: 'db/tilsyn.db' },
  })
  // A folder where the database file should be: the store is away at first.
  mkdirSync(join(folder, 'db', 'tilsyn.db'), { recursive: true })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /proxy listening/)
  const admin = `http://127.0.0.1:${adminPort}`
  const metrics = async () => (await fetch(`${admin}/metrics`)).text()

  const ask = async (mdx: string) => {
    const headers = { 'Content-Type': 'text/xml', Authorization: `Basic ${btoa('kirsten:secret')}` }
    const url = `http://127.0.0.1:${port}/olap/hemmelig-sti`
    await (await fetch(url, { method: 'POST', headers, body: execute(mdx) })).arrayBuffer()
  }
  for (let n = 0; n < 5; n++)
    await ask('SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE ([Borger].[CPR].&[1711457843])')
  await ask('SELECT [Measures].[Antal] ON 0 FROM [Ukendt]')
  await ask('SELECT FROM WHERE (')

  const away = await eventually(20_000, async () => {
    const text = await metrics()
    return (value(text, 'tilsyn_store_errors_total{code="STORE_UNAVAILABLE"}') ?? 0) > 0 ? text : null
  })
  assert.equal(value(away, 'tilsyn_store_available'), 0)
  assert.ok((value(away, 'tilsyn_answer_held_seconds_count') ?? 0) === 7)
  assert.ok((value(away, 'tilsyn_journal_sync_seconds_count') ?? 0) > 0)
  assert.ok((value(away, 'tilsyn_journal_bytes') ?? 0) > 1000)
  // What is counted and what is told of come from the recorder in two messages.
  const warned = await eventually(20_000, async () => {
    const ready = (await (await fetch(`${admin}/readyz`)).json()) as { readonly warnings: readonly unknown[] }
    return ready.warnings.length > 0 ? ready : null
  })
  assert.deepEqual(warned, { ready: true, reasons: [], warnings: [{ code: 'store-unavailable' }] })

  rmdirSync(join(folder, 'db', 'tilsyn.db'))
  const text = await eventually(40_000, async () => {
    const now = await metrics()
    const isThere = value(now, 'tilsyn_recorder_lag_entries') === 0 && value(now, 'tilsyn_store_available') === 1
    return isThere && value(now, 'tilsyn_answers_unread_total') === 1 ? now : null
  })
  assert.equal(value(text, 'tilsyn_entries_total{outcome="answered",module="Borgerservice"}'), 5)
  assert.equal(value(text, 'tilsyn_entries_opaque_total{reason="syntax"}'), 1)
  assert.equal(value(text, 'tilsyn_recorder_lag_seconds'), 0)
  for (const secret of [/kirsten/i, /1711457843/, /hansen/i, /hemmelig/, /Kommunedata/, /Antal/, /127\.0\.0\.1/])
    assert.doesNotMatch(text, secret)

  proxy.child.kill('SIGTERM')
  const { code, err } = await proxy.ended
  assert.equal(code, 0, err)
  await assert.rejects(fetch(`${admin}/healthz`), 'the admin address went with the proxy')
})

test('an admin address that is taken ends the start with a word about it', async (t) => {
  const upstream = await biServer((_request, _body, response) => response.end())
  t.after(() => upstream.close())
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${await freePort()}`, admin: new URL(upstream.url).host },
    servers: [{ name: 'bi01', upstream: upstream.url }],
  })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  const { code, err } = await proxy.ended
  assert.equal(code, 1)
  assert.match(err, /EADDRINUSE/)
})
