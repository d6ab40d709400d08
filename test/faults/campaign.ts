/**
 * What campaigns share: the seed, how long they may take, and what they print. `npm run test:faults` sets both; a campaign
 * run by `node --test` alone draws a seed and takes the short form.
 */
import type { TestContext } from 'node:test'
import { Random } from '../support/random.ts'

export const FULL = process.env['TILSYN_FAULTS_FULL'] === '1'
export const SEED = Number(process.env['TILSYN_FAULTS_SEED'] ?? Date.now() % 2 ** 31)

/** Numbers of this campaign's own, the same for the same seed. */
export function seeded(t: TestContext): Random {
  t.diagnostic(`seed ${SEED}`)
  return new Random(SEED)
}

/** How often, and for how long at most: a busy computer does fewer rounds, and says how many. */
export function* rounds(short: number, full: number): Generator<number> {
  const end = performance.now() + (FULL ? 3600 : 12) * 1000
  for (let round = 0; round < (FULL ? full : short); round++) {
    if (round > 0 && performance.now() > end) return
    yield round
  }
}

/** Figures, in one line that a program can read too. */
export function figures(t: TestContext, found: object): void {
  t.diagnostic(JSON.stringify(found))
}
