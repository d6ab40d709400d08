/** One of several processes that open the same store at once; each leaves an origin of its own. */
import { openStore } from '../../../schema/store/open.ts'
import type { StoreLocation } from '../../../schema/store/open.ts'
import type { Origin } from '../../../schema/record/ids.ts'

const store = await openStore(JSON.parse(process.env['TILSYN_TEST_STORE'] ?? '') as StoreLocation)
await store.writer.write({ origin: `proces-${process.pid}` as Origin, position: 1, records: [] })
await store.close()
