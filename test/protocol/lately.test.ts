import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lately } from '../../proxy/protocol/lately.ts'

test('what was said of a name is not asked again, be it nothing', () => {
  const asked: string[] = []
  const remembered = lately((name) => {
    asked.push(name)
    return name === 'a' ? null : `${name}!`
  })
  assert.deepEqual(['a', 'b', 'a', 'b'].map(remembered), [null, 'b!', null, 'b!'])
  assert.deepEqual(asked, ['a', 'b'])
})

test('however many names come, and however long, a bounded number is remembered', () => {
  let asked = 0
  const remembered = lately(() => (asked += 1))
  for (let n = 0; n < 10_000; n += 1) remembered(`name ${n}`)
  remembered('name 0')
  assert.equal(asked, 10_001)
  const long = 'x'.repeat(100_000)
  assert.notEqual(remembered(long), remembered(long))
})
