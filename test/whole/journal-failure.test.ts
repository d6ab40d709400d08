/** Forwarding with a journal whose disk fails: nothing is forwarded that cannot be recorded, and nothing stays broken. */
import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createForward } from '../../proxy/forward/forward.ts'
import { JsonMessageId } from '../../proxy/protocol/request/message-id.ts'
import type { ForwardServer } from '../../proxy/forward/forward.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import type { Journal } from '../../proxy/journal/journal.ts'
import { readJournal } from '../../proxy/journal/reader.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { FaultyDisk } from '../journal/faulty-disk.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'

interface Bench {
  readonly disk: FaultyDisk
  readonly journal: Journal
  readonly folder: string
  readonly forwarded: () => number
  readonly ask: () => Promise<number>
  /** Resolves when the journal is next in this state. */
  readonly until: (ready: boolean) => Promise<void>
}

async function setUp(t: TestContext, onJournalFailure: ForwardServer['onJournalFailure']): Promise<Bench> {
  let forwarded = 0
  const upstream = await biServer((_request, _body, response) => {
    forwarded += 1
    response.end(dataset())
  })
  const disk = new FaultyDisk()
  const folder = join(mkdtempSync(join(tmpdir(), 'tilsyn-')), 'journal')
  const waiting = new Map<boolean, () => void>()
  const onState = ({ kind }: { readonly kind: string }) => waiting.get(kind === 'ready')?.()
  const journal = await openJournal({ folder, name: 'test', fs: disk, pauseMs: 300, onState })
  const server = { name: 'bi01', upstream: new URL(upstream.url), host: null, path: null, timeoutMs: 5000 }
  const forward = createForward({
    servers: [{ ...server, onJournalFailure, binaryXml: 'avoid' }],
    witness: journal,
    readAnswer: () => null,
    findMessageId: () => new JsonMessageId(),
    captureBytes: 1_000_000,
    report: () => undefined,
  })
  await new Promise<void>((resolve) => forward.server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    await forward.close()
    await journal.close()
    await upstream.close()
  })
  const address = forward.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const ask = async () => {
    const body = execute('SELECT [Measures].[Antal] ON 0 FROM [Borger]')
    const answer = await fetch(`http://127.0.0.1:${port}/xmla`, {
      method: 'POST',
      body,
      headers: { connection: 'close' },
    })
    await answer.text()
    return answer.status
  }
  const until = (ready: boolean) => new Promise<void>((resolve) => waiting.set(ready, resolve))
  return { disk, journal, folder, forwarded: () => forwarded, ask, until }
}

test('while the journal cannot be written, queries get 503 and nothing of them is forwarded', async (t) => {
  const { disk, journal, folder, forwarded, ask, until } = await setUp(t, 'refuse')
  assert.equal(await ask(), 200)
  const back = until(true)
  disk.fault = { step: 'append', persisted: 'before', code: 'ENOSPC', times: 2 }
  assert.equal(await ask(), 503, 'the answer of the query that found it out is withheld')
  const before = forwarded()
  assert.equal(journal.ready, false)
  for (let n = 0; n < 5; n++) assert.equal(await ask(), 503)
  assert.equal(forwarded(), before, 'nothing was forwarded meanwhile')
  await back
  assert.equal(await ask(), 200, 'it mends itself when the disk does')
  await journal.close()
  const { missingSeqs, damaged, unanswered } = await verifyJournal(folder)
  assert.deepEqual([missingSeqs, damaged.length, unanswered], [0, 0, 0])
})

test('on a server set to forward, what passes unrecorded is counted, and the count becomes an entry', async (t) => {
  const { disk, journal, folder, ask, until } = await setUp(t, 'forward')
  const back = until(true)
  disk.fault = { step: 'sync', persisted: 'before', code: 'EIO', times: 2 }
  assert.equal(await ask(), 200, 'under way when it broke: it has a number, and is written later')
  assert.equal(journal.ready, false)
  for (let n = 0; n < 3; n++) assert.equal(await ask(), 200)
  await back
  await journal.close()
  const counts: number[] = []
  const asked: number[] = []
  for await (const reading of readJournal(folder)) {
    if (reading.kind !== 'frame') continue
    if (reading.frame.kind === 'gap') counts.push(reading.frame.count)
    if (reading.frame.kind === 'asked') asked.push(reading.frame.seq)
  }
  assert.deepEqual(counts, [3])
  assert.equal(new Set(asked).size, 1)
})
