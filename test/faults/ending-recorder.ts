/**
 * Loaded before a proxy (`node --import`): its recorder's thread is ended, wherever it is just then, at moments that the
 * seed in `TILSYN_FAULTS_SEED` gives; some times, lest on a busy computer none ever comes to work. The process lives on.
 */
import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'
import { Random } from '../support/random.ts'

const random = new Random(Number(process.env['TILSYN_FAULTS_SEED'] ?? 0))
const { Worker } = threads
let left = 3

class Mortal extends Worker {
  constructor(...given: ConstructorParameters<typeof Worker>) {
    super(...given)
    if (given[1]?.name !== 'recorder' || left === 0) return
    left -= 1
    const end = setTimeout(() => void this.terminate(), random.below(1500)).unref()
    this.once('exit', () => clearTimeout(end))
  }
}

if (threads.isMainThread) {
  threads.Worker = Mortal
  syncBuiltinESMExports()
}
