/**
 * What resident memory does over time. It goes up and down by tens of megabytes as garbage is collected, and what is
 * leaked shows in how far down it goes: so of each stretch of time the least counts, and of the slopes between any two
 * stretches the median (Theil and Sen), which one late collection does not move.
 */
export interface Sample {
  readonly at: number
  readonly mb: number
}

const STRETCHES = 15

/** Megabytes for each unit of `at`, over all samples; 0 where there are too few to tell. */
export function growth(samples: readonly Sample[]): number {
  const lows = lowest(samples)
  const slopes = lows.flatMap((one, n) => lows.slice(n + 1).map((later) => (later.mb - one.mb) / (later.at - one.at)))
  return slopes.toSorted((a, b) => a - b)[slopes.length >> 1] ?? 0
}

function lowest(samples: readonly Sample[]): readonly Sample[] {
  const size = Math.ceil(samples.length / STRETCHES)
  const stretches = Array.from({ length: STRETCHES }, (_, n) => samples.slice(n * size, (n + 1) * size))
  return stretches.flatMap(([first, ...more]) =>
    first === undefined ? [] : [more.reduce((low, sample) => (sample.mb < low.mb ? sample : low), first)],
  )
}
