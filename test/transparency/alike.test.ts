// The same bytes to the BI server directly and through a whole proxy: what each side received is the same, but for the
// differences that a script names. A difference that a script names and does not show fails it too.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { ALLOWED } from './allowed.ts'
import { compare, needless } from './compare.ts'
import type { Script } from './script.ts'
import { SCRIPTS } from './scripts.ts'
import { SEQUENCES } from './sequences.ts'
import { Stage } from './stage.ts'

const ALL: readonly Script[] = [...SCRIPTS, ...SEQUENCES]

let stage: Stage
const ends: (() => unknown)[] = []
before(async () => {
  stage = await Stage.open({ after: (work) => ends.push(work) })
})
after(async () => {
  for (const end of ends) await end()
})

for (const script of ALL) {
  test(`the same with and without the proxy: ${script.title}`, { timeout: 20_000 }, async () => {
    const allowed = script.allows ?? []
    const direct = await stage.play(script, 'direct')
    const proxied = await stage.play(script, 'proxied')
    const { expected, seen } = compare(direct, proxied, allowed)
    assert.deepEqual(seen, expected)
    assert.deepEqual(needless(direct, proxied, allowed), [], 'allowed, and not needed')
  })
}

test('every allowed difference shows in a script, and is told in the documents', () => {
  const shown = new Set<string>(ALL.flatMap(({ allows }) => allows ?? []))
  const told = [...readFileSync('docs/transparency.md', 'utf8').matchAll(/^\| `([a-z0-9.-]+)` /gm)]
  const allowed = new Set(Object.keys(ALLOWED))
  assert.deepEqual(shown, allowed)
  assert.deepEqual(new Set(told.map(([, name]) => name)), allowed)
})
