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

const LONGEST_S = FULL ? Number(process.env['TILSYN_FAULTS_MINUTES'] ?? 60) * 60 : 8

/** How often, and for how long: a busy computer does fewer rounds, but two, and says how many. */
export function* rounds(short: number, full: number): Generator<number> {
  const end = performance.now() + LONGEST_S * 1000
  for (let round = 0; round < (FULL ? full : short); round++) {
    if (round > 1 && performance.now() > end) return
    yield round
  }
}

/** Figures, in one line that a program can read too. */
export function figures(t: TestContext, found: object): void {
  t.diagnostic(JSON.stringify(found))
}
