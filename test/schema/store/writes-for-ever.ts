/** A recorder to be killed: writes batch after batch, and says which position each commit reached. */
import { openStore } from '../../../schema/store/open.ts'
import type { StoreLocation } from '../../../schema/store/open.ts'
import { criterion, ORIGIN, personNo, range, sample } from './sample.ts'

const BATCH = 40
const store = await openStore(JSON.parse(process.env['TILSYN_TEST_STORE'] ?? '') as StoreLocation)
let position = await store.writer.position(ORIGIN)
for (;;) {
  const first = position + 1
  position += BATCH
  const records = range(BATCH, (i) =>
    sample(first + i, { criteria: range(3, (n) => criterion({ person: personNo(n), value: personNo(n) })) }),
  )
  await store.writer.write({ origin: ORIGIN, position, records })
  process.stdout.write(`${position}\n`)
}
