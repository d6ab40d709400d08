/** What only a database at the end of a wire can do: lose the answer to a commit. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrateStore, openStore } from '../../../schema/store/open.ts'
import { StoreError } from '../../../schema/store/store.ts'
import type { MssqlBackend } from './backend-mssql.ts'
import { criterion, ORIGIN, range, sample } from './sample.ts'

export function lostCommits(backend: MssqlBackend): void {
  test('a batch whose commit was lost, before or after the server had it, is stored once', async () => {
    const scratch = await backend.scratch()
    await migrateStore(scratch.location)
    const store = await openStore(scratch.location)
    let reached = 0
    for (const when of ['after', 'before', 'after', 'before'] as const) {
      const first = reached + 1
      reached += 30
      const records = range(30, (i) => sample(first + i, { criteria: [criterion()] }))
      const batch = { origin: ORIGIN, position: reached, records }
      scratch.relay.lose = when
      await assert.rejects(
        store.writer.write(batch),
        (error) => error instanceof StoreError && error.code === 'STORE_UNAVAILABLE',
      )
      assert.equal(await store.writer.position(ORIGIN), when === 'after' ? reached : reached - 30)
      await store.writer.write(batch)
      await store.writer.write(batch)
    }
    assert.equal(scratch.relay.lost, 4)
    const entries = await store.reader.log({}, { limit: 1000 })
    assert.deepEqual(
      entries.map((e) => e.seq),
      range(reached, (i) => reached - i),
    )
    const [{ n } = {}] = await scratch.query('SELECT COUNT(*) AS n FROM {crit}')
    assert.equal(Number(n), reached)
    await store.close()
    await scratch.drop()
  })
}
