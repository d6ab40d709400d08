/** The stores that the service is tested on: one in memory, and the embedded one as it is. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { QueryRecord } from '../../schema/record/record.ts'
import { openStore } from '../../schema/store/open.ts'
import type { Store } from '../../schema/store/store.ts'
import { memoryStore } from '../support/memory-store.ts'
import { PROXY } from './invented.ts'

interface Opened {
  readonly store: Store
  readonly close: () => Promise<void>
}

export interface StoreKind {
  readonly name: string
  readonly open: (records: readonly QueryRecord[]) => Promise<Opened>
}

export const STORES: readonly StoreKind[] = [
  {
    name: 'in memory',
    async open(records) {
      const store = memoryStore()
      await store.writer.write({ origin: PROXY, position: records.length, records })
      return { store, close: async () => {} }
    },
  },
  {
    name: 'embedded',
    async open(records) {
      const folder = await mkdtemp(join(tmpdir(), 'tilsyn-reports-'))
      const store = await openStore({ kind: 'embedded', path: join(folder, 'tilsyn.db') })
      await store.writer.write({ origin: PROXY, position: records.length, records })
      return {
        store,
        async close() {
          await store.close()
          await rm(folder, { recursive: true })
        },
      }
    },
  },
]
