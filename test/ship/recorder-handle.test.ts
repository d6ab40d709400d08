import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { openJournal } from '../../proxy/journal/journal.ts'
import { startRecorder } from '../../proxy/ship/recorder-handle.ts'
import type { RecorderHandle, RecorderHandleOptions } from '../../proxy/ship/recorder-handle.ts'
import { readRecorderStatus } from '../../proxy/ship/status-file.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import { openStore } from '../../schema/store/open.ts'
import { answered, asked, folderFor } from '../journal/samples.ts'
import { eventually } from '../support/tilsyn.ts'

const settings = { modules: [], persons: { latestBirth: '2057-12-31', threshold: 20, attributes: [] } }
const modules = {
  store: new URL('../../schema/store/open.ts', import.meta.url).href,
  interpret: new URL('hostile-interpret.ts', import.meta.url).href,
}

async function setUp(t: TestContext, options: Partial<RecorderHandleOptions> = {}) {
  const folder = await folderFor(t)
  const store = { kind: 'embedded' as const, path: join(dirname(folder), 'store.db') }
  const journal = await openJournal({ folder, name: 'proxy', segmentBytes: 20_000 })
  const lines: string[] = []
  const log = (fields: object, message: string) => void lines.push(`${JSON.stringify(fields)} ${message}`)
  let onStatus: (status: RecorderStatus) => void = () => undefined
  const start = (): RecorderHandle =>
    startRecorder({
      journal,
      store,
      settings,
      logger: { info: log, error: log },
      pauseMs: 10,
      onStatus: (status) => onStatus(status),
      ...options,
    })
  const query = async (text: string, opened: string | null = null) => {
    const { ticket, durable } = journal.ask(asked(text))
    await durable
    const { facts, ...answer } = answered()
    journal.answer(ticket, { ...answer, facts: facts === null ? null : { ...facts, opened } })
  }
  /** Resolves once everything that is in the journal has been shipped. */
  const inStep = (handle: RecorderHandle) =>
    new Promise<void>((resolve) => {
      const check = (status: RecorderStatus | null) => {
        if (status !== null && status.pending === 0 && status.appended === journal.stats().appended) resolve()
      }
      onStatus = check
      check(handle.status)
    })
  const stored = async () => {
    const opened = await openStore(store)
    const entries = await opened.reader.log({}, { limit: 1000 })
    await opened.close()
    return entries.toSorted((a, b) => a.seq - b.seq)
  }
  return { folder, journal, start, query, inStep, stored, lines }
}

test('users have organisation and role from the mapping file, and a broken file costs no entry', async (t) => {
  const organisations = join(dirname(await folderFor(t)), 'organisationer.csv')
  await writeFile(organisations, 'bruger;organisation;rolle\n*;Økonomi og Løn;Sagsbehandler\n')
  const mapped = await setUp(t, { places: { organisations, directory: null } })
  const handle = mapped.start()
  await mapped.query('a')
  await mapped.inStep(handle)
  await handle.stop()
  const [entry] = await mapped.stored()
  assert.deepEqual([entry?.organisation, entry?.role], ['Økonomi og Løn', 'Sagsbehandler'])
  await mapped.journal.close()
  await writeFile(organisations, 'bruger;organisation\n;Økonomi\n')
  const broken = await setUp(t, { places: { organisations, directory: null } })
  const second = broken.start()
  await broken.query('a')
  await broken.inStep(second)
  await second.stop()
  assert.deepEqual(
    (await broken.stored()).map(({ organisation }) => organisation),
    [null],
  )
  assert.ok(broken.lines.some((line) => line.includes('DIRECTORY_FILE') && !line.includes('Økonomi')))
  await broken.journal.close()
})

test('queries go from the journal into the embedded store on a thread, and segments are let go of', async (t) => {
  const { folder, journal, start, query, inStep, stored } = await setUp(t)
  const recorder = start()
  for (let i = 0; i < 150; i++) await query(`SELECT ${i}`)
  await inStep(recorder)
  await recorder.stop()
  await recorder.stop()
  // Segments are let go of between two syncs.
  const few = async () => Promise.resolve(journal.stats().segments <= 3 ? true : null)
  assert.ok(await eventually(10_000, few))
  await journal.close()
  const entries = await stored()
  assert.deepEqual(
    entries.map(({ seq }) => seq),
    Array.from({ length: 150 }, (_, i) => i + 1),
  )
  assert.ok(entries.every(({ origin, outcome }) => origin === journal.origin && outcome === 'answered'))
  assert.deepEqual([(await readRecorderStatus(folder))?.pending, (await readRecorderStatus(folder))?.store], [0, 'ok'])
})

test('what one thread has learnt of a session the next one knows', async (t) => {
  const { journal, start, query, inStep, stored } = await setUp(t)
  const xmla = 'urn:schemas-microsoft-com:xml-analysis'
  const said = (header: string, statement: string, properties: string) =>
    `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Header><${header} xmlns="${xmla}"/></Header><Body>` +
    `<Execute xmlns="${xmla}"><Command><Statement>${statement}</Statement></Command><Properties><PropertyList>` +
    `${properties}</PropertyList></Properties></Execute></Body></Envelope>`
  const first = start()
  await query(said('BeginSession', '', '<Catalog>Kommunedata</Catalog>'), 's1')
  await inStep(first)
  await first.stop()
  const second = start()
  await query(said('Session SessionId="s1"', 'SELECT FROM [Borger]', ''))
  await inStep(second)
  await second.stop()
  await journal.close()
  assert.deepEqual(
    (await stored()).map(({ action, catalog, sessionId }) => [action, catalog, sessionId]),
    [
      ['session', 'Kommunedata', 's1'],
      ['query', 'Kommunedata', 's1'],
    ],
  )
})

test('stopping ships what is durable first', async (t) => {
  const { journal, start, query, stored } = await setUp(t)
  const recorder = start()
  for (let i = 0; i < 20; i++) await query(`SELECT ${i}`)
  await journal.close()
  await recorder.stop()
  assert.equal((await stored()).length, 20)
})

for (const poison of ['ends the thread', 'hangs the thread', 'eats all memory']) {
  test(`a query that ${poison} costs its details, and no other query anything`, { timeout: 60_000 }, async (t) => {
    const { journal, start, query, inStep, stored, lines } = await setUp(t, { modules, hangMs: 300 })
    for (const text of ['before', poison, 'after']) await query(text)
    const recorder = start()
    await query('later')
    await inStep(recorder)
    await recorder.stop()
    await journal.close()
    const entries = await stored()
    assert.deepEqual(
      entries.map(({ query, opaque }) => [query.slice(0, 7), opaque]),
      [
        ['before', null],
        ['sha256:', 'unreadable'],
        ['after', null],
        ['later', null],
      ],
    )
    assert.ok(lines.some((line) => line.includes('RECORDER_ENDED')))
    assert.ok(lines.every((line) => !line.includes(poison)))
  })
}

test('a store that cannot be opened ends neither the thread nor the process, and stopping does not wait for it', async (t) => {
  const folder = await folderFor(t)
  const journal = await openJournal({ folder, name: 'proxy' })
  const store = { kind: 'embedded' as const, path: join(folder, 'journal.json', 'store.db') }
  const unavailable = Promise.withResolvers<void>()
  const onStatus = (status: RecorderStatus) => {
    if (status.lastError !== null && status.store === 'unavailable') unavailable.resolve()
  }
  const recorder = startRecorder({ journal, store, settings, onStatus, drainMs: 50 })
  await journal.ask(asked('q')).durable
  await unavailable.promise
  await recorder.stop()
  assert.equal(journal.ready, true)
  await journal.close()
})
