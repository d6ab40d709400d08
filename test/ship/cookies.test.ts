import assert from 'node:assert/strict'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Asked, CookieTurn } from '../../proxy/exchange.ts'
import { cookieKey } from '../../proxy/journal/cookie-key.ts'
import type { Journal } from '../../proxy/journal/journal.ts'
import { interpret, interpretGap } from '../../proxy/protocol/interpret.ts'
import type { Interpreter } from '../../proxy/ship/understanding.ts'
import { answered, asked, folderFor } from '../journal/samples.ts'
import { SETTINGS } from '../support/fixture.ts'
import { MemoryStore } from './memory-store.ts'
import { closed, everyOther, open, ship, shipThroughDeaths } from './shipping.ts'

const interpreter: Interpreter = {
  interpret: (exchange, knowledge) => interpret(exchange, SETTINGS, knowledge),
  interpretGap: (gap) => interpretGap(gap, SETTINGS),
}
const NOBODY = { user: null, source: 'none', workstation: null } as const

/** A journal whose clock goes on with everything that happens. */
class Day {
  readonly #journal: Journal
  #at = 1_800_000_000_000

  constructor(journal: Journal) {
    this.#journal = journal
  }

  ask(changes: Partial<Asked>) {
    const { ticket } = this.#journal.ask({ ...asked('{}', (this.#at += 10)), identity: NOBODY, ...changes })
    return {
      turn: (changed: Partial<CookieTurn>) => {
        const turn = {
          at: (this.#at += 1),
          status: 200,
          isLogin: false,
          redirect: null,
          set: [],
          rolled: [],
          cleared: [],
        }
        this.#journal.turn(ticket, { ...turn, userConfirmed: true, ...changed })
      },
      answer: (userConfirmed = false) => this.#journal.answer(ticket, { ...answered((this.#at += 1)), userConfirmed }),
    }
  }

  query(...cookies: readonly string[]) {
    this.ask({ cookies }).answer()
  }

  login(user: string, cookie: string) {
    const login = this.ask({ identity: { user, source: 'header', workstation: null } })
    login.turn({ set: [cookie] })
    return login
  }
}

/** Logins whose answers end late, or never; requests between; one that follows another in one browser; a shared cookie. */
function fill(journal: Journal): readonly (string | null)[] {
  const day = new Day(journal)
  const anna = day.login('anna', 'a')
  day.query('a')
  day.query('unknown')
  anna.answer(true)
  const bo = day.login('bo', 'b')
  day.query('b')
  const rolling = day.ask({ cookies: ['b'] })
  rolling.turn({ set: ['b2'], rolled: ['b2'], userConfirmed: false })
  day.query('b2')
  const late = day.ask({ cookies: ['a'] })
  const out = day.ask({ cookies: ['a'] })
  out.turn({ cleared: ['a'], userConfirmed: false })
  out.answer()
  day.query('a')
  late.answer()
  rolling.answer()
  day.login('carl', 'b').answer(true)
  day.query('b')
  day.query('b2')
  bo.answer(true)
  return ['anna', 'anna', null, 'bo', 'bo', 'bo', 'bo', 'anna', 'anna', null, 'carl', null, 'bo']
}

const usersIn = (store: MemoryStore) =>
  store.records.toSorted((one, other) => one.seq - other.seq).map(({ userName }) => userName)

test('each request has the user whom its cookie was given to, in the order of the journal, not of the answers', async (t) => {
  const journal = await open(await folderFor(t))
  const expected = fill(journal)
  const store = new MemoryStore()
  await ship(await closed(journal), { store, interpreter })
  assert.deepEqual(usersIn(store), expected)
})

test('an answer that left before its session ended is confirmed, however late it was read; one that left after is not', async (t) => {
  const journal = await open(await folderFor(t))
  const day = new Day(journal)
  day.login('anna', 'a').answer(true)
  const { ticket } = journal.ask({ ...asked('{}', 1_800_000_000_050), identity: NOBODY, cookies: ['a'] })
  const under = journal.ask({ ...asked('{}', 1_800_000_000_050), identity: NOBODY, cookies: ['a'] })
  const out = journal.ask({ ...asked('{}', 1_800_000_000_070), identity: NOBODY, cookies: ['a'] })
  const head = {
    at: 1_800_000_000_080,
    status: 204,
    isLogin: false,
    redirect: null,
    set: [],
    rolled: [],
    cleared: ['a'],
  }
  journal.turn(out.ticket, { ...head, userConfirmed: false })
  journal.answer(ticket, answered(1_800_000_000_060))
  journal.answer(under.ticket, answered(1_800_000_000_090))
  journal.answer(out.ticket, answered(1_800_000_000_080))
  const store = new MemoryStore()
  await ship(await closed(journal), { store, interpreter })
  const rows = store.records.toSorted((one, other) => one.seq - other.seq)
  assert.deepEqual(
    rows.map(({ userName, userConfirmed }) => [userName, userConfirmed]),
    [
      ['anna', true],
      ['anna', true],
      ['anna', false],
      ['anna', false],
    ],
  )
})

for (const checkpoint of ['kept', 'older', 'lost'] as const) {
  for (const when of ['before', 'after'] as const) {
    test(`a recorder that dies ${when} each commit, its checkpoint ${checkpoint}, knows the same cookies`, async (t) => {
      const journal = await open(await folderFor(t), { segmentBytes: 1500 })
      const expected = fill(journal)
      const store = new MemoryStore()
      const options = { store, interpreter, batchRecords: 2 }
      await shipThroughDeaths(await closed(journal), { ...options, checkpoint, when, die: everyOther })
      assert.deepEqual(usersIn(store), expected)
    })
  }
}

test('the key of a journal is its own, stays the same, is its owner’s alone, and is made anew when it is damaged', async (t) => {
  const folder = await folderFor(t)
  const journal = await open(folder)
  t.after(() => journal.close())
  const key = await cookieKey(folder)
  assert.equal(key.length, 32)
  assert.deepEqual(await cookieKey(folder), key)
  const file = join(folder, 'cookie-key.json')
  if (process.platform !== 'win32') assert.equal((await stat(file)).mode & 0o777, 0o600)
  await writeFile(file, (await readFile(file, 'utf8')).replace(/[A-Z]/, '0'))
  const other = await cookieKey(folder)
  assert.notDeepEqual(other, key)
  assert.deepEqual(await cookieKey(folder), other)
})
