/** One of several threads that open one new file after another, each at the same instant as the others. */
import { join } from 'node:path'
import { workerData } from 'node:worker_threads'
import { Database } from '../../../schema/store/embedded/database.ts'

export interface Together {
  readonly folder: string
  readonly threads: number
  /** One counter for each file: how many have arrived. */
  readonly arrived: Int32Array
}

const { folder, threads, arrived } = workerData as Together
for (let file = 0; file < arrived.length; file++) {
  if (Atomics.add(arrived, file, 1) === threads - 1) Atomics.notify(arrived, file)
  for (let seen = 0; (seen = Atomics.load(arrived, file)) < threads;) Atomics.wait(arrived, file, seen)
  const database = new Database(join(folder, `${file}.db`), { readOnly: false })
  database.use(() => undefined)
  database.close()
}
