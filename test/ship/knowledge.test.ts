import assert from 'node:assert/strict'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Lesson } from '../../proxy/protocol/knowledge.ts'
import type { Interpreter } from '../../proxy/ship/understanding.ts'
import type { RecorderStatus } from '../../schema/record/recorder-status.ts'
import { folderFor } from '../journal/samples.ts'
import { MemoryStore, plain } from './memory-store.ts'
import { closed, everyOther, open, query, ship, shipThroughDeaths } from './shipping.ts'

/** `begin S x` opens a session that knows x, `end S` ends it; every record tells what is known of the session it names. */
const teaching: Interpreter = {
  ...plain,
  interpret(exchange, knowledge) {
    const [verb, id = '', said = ''] = Buffer.from(exchange.asked.body.bytes).toString().split(' ')
    const { server, askedAt } = exchange.asked
    const session = { kind: 'xmla', ids: ['s'], user: said, properties: {}, definitions: [] } as const
    const lessons: Record<string, Lesson> = {
      begin: { kind: 'session', server, id, session },
      end: { kind: 'session-ended', server, id },
      cube: { kind: 'model', server, facts: [{ kind: 'measure', catalog: 'C', cube: id, name: said }] },
    }
    const lesson = lessons[verb ?? '']
    if (verb === 'throw') throw new Error('no')
    const known = knowledge.session(server, id, askedAt)
    const measures = knowledge.model(server, 'C', id)?.measures.size ?? 0
    const { records } = plain.interpret(exchange, knowledge)
    const customData = known?.kind === 'xmla' ? known.user : null
    return {
      records: records.map((record) => ({ ...record, customData, rowCount: measures })),
      lessons: lesson === undefined ? [] : [lesson],
      leftOut: false,
    }
  },
}

const TEXTS = [
  'begin a anna',
  'in a',
  'cube k m1',
  'begin b bo',
  'in b',
  'in k',
  'end a',
  'in a',
  'throw a',
  'begin b birte',
  'in b',
  'cube k m2',
  'in k',
  'begin a asta',
  'in a',
  'end b',
  'in b',
  'in a',
  'in k',
]

const known = (store: MemoryStore) =>
  store.records
    .toSorted((a, b) => a.seq - b.seq)
    .map(({ query, customData, rowCount }) => [query, customData, rowCount] as const)

/** What is on record when nothing ever stopped. */
async function straight(folder: string): Promise<ReturnType<typeof known>> {
  const journal = await open(folder)
  for (const text of TEXTS) await query(journal, text)
  const store = new MemoryStore()
  await ship(await closed(journal), { store, interpreter: teaching })
  return known(store)
}

const knowledgeFiles = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.startsWith('knowledge-')).map((name) => join(folder, name))

test('what a session was begun with is known in it until it ends, in the order of the journal', async (t) => {
  const said = await straight(await folderFor(t))
  assert.deepEqual(
    said.map(([, user]) => user),
    [
      null,
      'anna',
      null,
      null,
      'bo',
      null,
      'anna',
      null,
      null,
      'bo',
      'birte',
      null,
      null,
      null,
      'asta',
      'birte',
      null,
      'asta',
      null,
    ],
  )
  assert.deepEqual(
    said.filter(([text]) => text === 'in k').map(([, , measures]) => measures),
    [1, 2, 2],
  )
})

for (const checkpoint of ['kept', 'older', 'lost'] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`a recorder that dies ${when} each commit, its checkpoint ${checkpoint}, says what one that never died says`, async (t) => {
      const expected = await straight(await folderFor(t))
      const folder = await folderFor(t)
      const journal = await open(folder, { segmentBytes: 1500 })
      for (const text of TEXTS) await query(journal, text)
      const store = new MemoryStore()
      const options = { store, interpreter: teaching, batchRecords: 2 }
      await shipThroughDeaths(await closed(journal), { ...options, checkpoint, when, die: everyOther })
      assert.deepEqual(known(store), expected)
    })
  }
}

test('knowledge on disk is readable by its owner only, and not written again while nothing is learnt', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  const store = new MemoryStore()
  await query(journal, 'begin a anna')
  await ship(journal, { store, interpreter: teaching })
  const [file, ...others] = await knowledgeFiles(folder)
  assert.ok(file !== undefined && others.length === 0)
  const before = await stat(file)
  if (process.platform !== 'win32') assert.equal(before.mode & 0o777, 0o600)
  for (let i = 0; i < 5; i++) await query(journal, 'in a')
  await query(journal, 'begin a anna')
  await ship(journal, { store, interpreter: teaching })
  const after = await stat(file)
  assert.deepEqual([after.ino, after.mtimeMs, await knowledgeFiles(folder)], [before.ino, before.mtimeMs, [file]])
  await journal.close()
  assert.equal(store.records.filter(({ customData }) => customData === 'anna').length, 6)
})

for (const [harm, change] of [
  ['changed in one byte', (text: string) => text.replace('anna', 'anne')],
  ['cut off', (text: string) => text.slice(0, 40)],
  ['empty', () => ''],
  ['something else', () => '{"n":1}\n00000000\n'],
] as const) {
  test(`knowledge that is ${harm} is not used: every entry is made, says less, and the operator is told`, async (t) => {
    const folder = await folderFor(t)
    const journal = await open(folder)
    const store = new MemoryStore()
    await query(journal, 'begin a anna')
    await ship(journal, { store, interpreter: teaching })
    for (const file of await knowledgeFiles(folder)) await writeFile(file, change(await readFile(file, 'utf8')))
    await query(journal, 'in a')
    const told: RecorderStatus[] = []
    await ship(journal, { store, interpreter: teaching, onStatus: (status) => told.push(status) })
    await journal.close()
    assert.deepEqual(
      known(store).map(([text, user]) => [text, user]),
      [
        ['begin a anna', null],
        ['in a', null],
      ],
    )
    assert.ok(told.some(({ lastError }) => lastError === 'RECORDER_KNOWLEDGE'))
  })
}
