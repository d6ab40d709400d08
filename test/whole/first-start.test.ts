/** What somebody new sees: `tilsyn up` in an empty folder, with nothing configured but other ports. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SAMPLE_PERSON } from '../../proxy/sample/sample-queries.ts'
import { eventually, freePort, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'

test('the first start has a sample BI server, entries to look at, and a link that signs in once', async (t) => {
  const [proxyPort, reportsPort] = [await freePort(), await freePort()]
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${proxyPort}` },
    reports: { listen: `127.0.0.1:${reportsPort}` },
  })
  const up = tilsyn(['up'], { cwd: folder, detached: true })
  t.after(() => up.child.kill('SIGTERM'))
  const [, link = ''] = await printed(up, /(http:\/\/127\.0\.0\.1:\d+\/sign-in\?code=\S+)/)
  await printed(up, /"upstream"/)
  assert.match(up.printed(), new RegExp(`http://127\\.0\\.0\\.1:${proxyPort}`))

  const page = await fetch(link)
  assert.equal(page.status, 200)
  assert.match(await page.text(), /lang="da"/)

  const entries = await eventually(20_000, async () => {
    const { out } = await run(['log', '--json', '--limit', '100'], { cwd: folder })
    const lines = out.split('\n').filter((line) => line.includes('"server":'))
    return lines.length >= 8 ? lines.map((line): Record<string, unknown> => JSON.parse(line)) : null
  })
  const outcomes = new Set(entries.map((entry) => entry['outcome']))
  assert.ok(outcomes.has('answered') && outcomes.has('fault'), [...outcomes].join(', '))
  const { out: made, code: tokenCode } = await run(['token', '--role', 'auditor'], { cwd: folder })
  assert.equal(tokenCode, 0)
  const answer = await fetch(`http://127.0.0.1:${reportsPort}/api/v1/search/person`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${made.trim().split(/\s+/).at(-1) ?? ''}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ person: SAMPLE_PERSON }),
  })
  assert.equal(answer.status, 200)
  const { hits } = (await answer.json()) as { hits: readonly unknown[] }
  assert.ok(hits.length >= 2, `${hits.length} entries about the sample person`)

  process.kill(-Number(up.child.pid), 'SIGINT')
  const { code, err } = await up.ended
  assert.equal(code, 0, err)
  await assert.rejects(fetch(`http://127.0.0.1:${reportsPort}/healthz`), 'the report service went with it')
  await assert.rejects(fetch(`http://127.0.0.1:${proxyPort}/`), 'the proxy went with it')
})
