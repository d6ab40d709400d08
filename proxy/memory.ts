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
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MINOR_BYTES = 8 * 1024 * 1024
const MAJOR_BYTES = 128 * 1024 * 1024

setFlagsFromString('--no-parallel-scavenge')
setFlagsFromString('--expose-gc')
const collect: unknown = runInNewContext('gc')
let young = 0
let old = 0

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
