import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Slabs } from '../../proxy/answer/slabs.ts'

test('bytes of any size come out of the slabs as they went in, and small ones share a slab', () => {
  const sizes = fc.array(fc.oneof(fc.nat(300), fc.nat(70_000), fc.constantFrom(0, 65_535, 65_536, 65_537)), {
    maxLength: 12,
  })
  fc.assert(
    fc.property(fc.array(sizes, { maxLength: 3 }), (batches) => {
      const slabs = new Slabs()
      for (const batch of batches) {
        const chunks = batch.map((size, n) => Buffer.alloc(size, n + 1))
        const places = chunks.map((chunk) => slabs.put(chunk))
        const taken = slabs.take()
        for (const [n, { slab, from, to }] of places.entries())
          assert.ok(chunks[n]?.equals(taken[slab]?.subarray(from, to) ?? Buffer.from('nowhere')))
        const bytes = batch.reduce((sum, size) => sum + size, 0)
        assert.ok(taken.length <= 1 + (2 * bytes) / 65_536)
      }
      assert.deepEqual(slabs.take(), [])
    }),
    { numRuns: 200 },
  )
})
