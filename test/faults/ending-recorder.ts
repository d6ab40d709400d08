/**
 * Loaded before a proxy (`node --import`): its recorder's thread is ended again and again, wherever it is just then, at
 * moments that the seed in `TILSYN_FAULTS_SEED` gives. The process that the thread belongs to lives on.
 */
import { syncBuiltinESMExports } from 'node:module'
import threads from 'node:worker_threads'
import { Random } from '../support/random.ts'

const random = new Random(Number(process.env['TILSYN_FAULTS_SEED'] ?? 0))
const { Worker } = threads

class Mortal extends Worker {
  constructor(...given: ConstructorParameters<typeof Worker>) {
    super(...given)
    if (given[1]?.name !== 'recorder') return
    const end = setTimeout(() => void this.terminate(), random.below(1500)).unref()
    this.once('exit', () => clearTimeout(end))
  }
}

if (threads.isMainThread) {
  threads.Worker = Mortal
  syncBuiltinESMExports()
}
