import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { InHand } from '../../proxy/answer/in-hand.ts'

test('a number is never given twice, and an old one gets nothing', () => {
  const inHand = new InHand<{ name: string }>()
  const first = inHand.put({ name: 'first' })
  assert.equal(inHand.take(first)?.name, 'first')
  const second = inHand.put({ name: 'second' })
  assert.notEqual(second, first)
  assert.equal(inHand.get(first), null)
  assert.equal(inHand.take(first), null)
  assert.equal(inHand.get(second)?.name, 'second')
})

test('whatever is put and taken in whatever order, both sides have the same under each number', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 200 }), (steps) => {
      const here = new InHand<{ n: number }>()
      const there = new InHand<{ n: number }>()
      const wanted = new Map<number, number>()
      for (const [n, step] of steps.entries()) {
        const id = [...wanted.keys()][step]
        if (id === undefined) {
          const given = here.put({ n })
          assert.ok(!wanted.has(given))
          there.putAs(given, { n })
          wanted.set(given, n)
        } else {
          assert.equal(here.take(id)?.n, wanted.get(id))
          assert.equal(there.take(id)?.n, wanted.get(id))
          wanted.delete(id)
        }
        for (const [one, value] of wanted) assert.deepEqual([here.get(one)?.n, there.get(one)?.n], [value, value])
        assert.equal(here.size, wanted.size)
        assert.equal(here.all().length, wanted.size)
      }
    }),
  )
})
