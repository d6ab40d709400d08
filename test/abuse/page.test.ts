import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PAGE, page } from './page.ts'

/** Columns may be drawn as wide as one likes. */
const plain = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---').trim()

test('docs/abuse.md is what the tables of the tests make of it', () => {
  assert.equal(plain(readFileSync(PAGE, 'utf8')), plain(page()), 'node test/abuse/page.ts, then prettier')
})
