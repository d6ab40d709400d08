// Messages made at random pass as they are. `TILSYN_TRANSPARENCY_SECONDS` makes it a campaign, `TILSYN_TRANSPARENCY_SEED`
// repeats one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compare } from './compare.ts'
import { exchanges, scriptOf } from './generated.ts'
import { Stage } from './stage.ts'

const seconds = Number(process.env['TILSYN_TRANSPARENCY_SECONDS'] ?? 4)
const seed = Number(process.env['TILSYN_TRANSPARENCY_SEED'] ?? Date.now() % 2 ** 31)

test(
  'messages made at random are the same with and without the proxy',
  { timeout: 60_000 + seconds * 2000 },
  async (t) => {
    const stage = await Stage.open(t)
    let played = 0
    t.diagnostic(`seed ${seed}`)
    const property = fc.asyncProperty(exchanges, async (all) => {
      played += 1
      const script = scriptOf(all)
      const direct = await stage.play(script, 'direct')
      const { expected, seen } = compare(direct, await stage.play(script, 'proxied'), script.allows ?? [])
      assert.deepEqual(seen, expected)
    })
    const limits = { interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false }
    await fc.assert(property, { seed, numRuns: 1_000_000, ...limits })
    t.diagnostic(`${played} conversations`)
    assert.ok(played > 1)
  },
)
