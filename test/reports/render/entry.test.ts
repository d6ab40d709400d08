import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryPage } from '../../../reports/render/entry.ts'
import { LANGS, MESSAGES } from '../../../reports/render/messages.ts'
import type { Change } from '../../../schema/record/record.ts'
import { invented, NOON } from '../invented.ts'

const user = { name: 'revisor', role: 'auditor' } as const

function pageOf(lang: (typeof LANGS)[number], change: Partial<Change>): string {
  const whole: Change = { setting: '/log/level', kind: 'change', oldValue: '"info"', newValue: '"error"', ...change }
  const entry = invented({ action: 'configure', query: 'words', changes: [whole] })
  return entryPage({ lang, m: MESSAGES[lang], otherLanguageHref: '/', user, csrf: '', now: NOON }, entry)
}

test('what a setting holds cannot act on the page, nor show another value than the one in force', () => {
  const page = pageOf('da', { setting: '/servers/\u202Ea', newValue: '"<script>alert(1)</script>\u202Egnp.exe\u200b"' })
  assert.doesNotMatch(page, /<script|[\u200b\u202e]/)
  assert.ok(page.includes('&#60;script&#62;alert(1)&#60;/script&#62;\\u202Egnp.exe\\u200B'))
  assert.ok(page.includes('/servers/\\u202Ea'))
})

test('a value of a megabyte is shown whole', () => {
  assert.ok(pageOf('en', { newValue: 'x'.repeat(1024 * 1024) }).includes('x'.repeat(1024 * 1024)))
})

test('the page of a change speaks of the change, and not of a query and its answer', () => {
  for (const lang of LANGS) {
    const [page, m] = [pageOf(lang, {}), MESSAGES[lang]]
    for (const said of [m.whatHappened, m.changedBy, m.changes]) assert.ok(page.includes(said), said)
    for (const unsaid of [m.queryText, m.fields.rowCount, m.fields.requestBytes, m.fields.decoded])
      assert.ok(!page.includes(unsaid), unsaid)
  }
})
