/**
 * Keeps a thread's memory flat while long bodies pass through it, and its collections short.
 *
 * Each piece of a body is garbage as soon as it has passed, but a piece is a small object to V8, whose 64 kB lie outside
 * its heap: it lets some 100 MB of them gather before it looks. A collection of the young generation alone frees them at
 * once and takes about as long as reading one piece. What is measured: test/whole/trouble.test.ts.
 *
 * V8 collects a young generation with helpers, threads on other cores. What survives here is little, so that waking them
 * costs more than they do; and where all cores are busy, the thread that forwards waits for a helper that waits for a
 * core. So each thread collects its young generation itself (docs/performance.md).
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MINOR_BYTES = 8 * 1024 * 1024
const MAJOR_BYTES = 128 * 1024 * 1024

setFlagsFromString('--no-parallel-scavenge')
setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')
let young = 0
let old = 0

/** Two semi-spaces of 16 MB, as V8 has them on smaller machines. */
const MOST_YOUNG_BYTES = 32 * 1024 * 1024
const LOOK_MS = 500

/**
 * Bounds the young generation of the main thread, which V8 would let grow to 128 MB on a machine with much memory, and
 * never gives back while there is work. Only a command line can bound it beforehand; but it grows by doubling, and can be
 * told to double no more. That holds for all threads of the process: those that begin later begin with what they need.
 */
export function boundYoungGeneration(): void {
  setFlagsFromString('--min-semi-space-size=8')
  const look = setInterval(() => {
    const size = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0
    if (size < MOST_YOUNG_BYTES) return
    setFlagsFromString('--semi-space-growth-factor=1')
    clearInterval(look)
  }, LOOK_MS)
  look.unref()
}

/**
 * Tells that `bytes` of a body have passed through this thread.
 *
 * @param keepsHold the thread holds on to pieces for a while, so that they outlive the young generation: then everything
 * is collected now and then. Only for a thread that nobody waits for, with a small heap: it takes some milliseconds.
 */
export function passedOn(bytes: number, keepsHold = false): void {
  young += bytes
  old += keepsHold ? bytes : 0
  if (typeof collect !== 'function' || young < MINOR_BYTES) return
  young = 0
  if (old < MAJOR_BYTES) return void collect({ type: 'minor' })
  old = 0
  collect({ type: 'major' })
}
