/**
 * A run of random trials: `--seed` begins it again where it failed, `--seconds` bounds it (default 20).
 *
 * A trial is made of nothing but its own seed, which is printed when it fails: `--seed <that> --trials 1` repeats it.
 */
import { parseArgs } from 'node:util'

/** Numbers that look random and come again with the same seed (mulberry32). */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 up to, but not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * end)
  }

  of<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0]
  }
}

/** Runs `trial` until the time is over. A trial fails by throwing. */
export function campaign(name: string, trial: (random: Random) => void): void {
  const { values } = parseArgs({
    options: { seed: { type: 'string' }, seconds: { type: 'string' }, trials: { type: 'string' } },
  })
  const first = Number(values.seed ?? Date.now() % 2 ** 31)
  const end = performance.now() + Number(values.seconds ?? 20) * 1000
  const most = Number(values.trials ?? Infinity)
  console.log(`${name}: seed ${first}`)
  let count = 0
  for (; count < most && performance.now() < end; count++) {
    try {
      trial(new Random(first + count))
    } catch (error) {
      console.error(`${name}: failed with --seed ${first + count} --trials 1`)
      console.error(error)
      process.exitCode = 1
      return
    }
  }
  console.log(`${name}: ${count} trials`)
}
