/**
 * A run of random trials: `--seed` begins it again where it failed, `--seconds` bounds it (default 20).
 *
 * A trial is made of nothing but its own seed, which is printed when it fails: `--seed <that> --trials 1` repeats it.
 */
import { parseArgs } from 'node:util'
import { Random } from '../support/random.ts'

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
