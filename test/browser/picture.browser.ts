/**
 * A person at a pivot grid sees the same with the proxy and without it, and everything the browser sent is in the log
 * once, under the name of who sent it: the first request by its password, the others by cookie and session alone.
 */
import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { citizens, GUARDED, tail, USERS } from '../mondrian/lab.ts'
import * as ledger from '../mondrian/ledger.ts'
import type { Entry } from '../mondrian/tilsyn.ts'
import type { Transport } from './chromium.ts'
import { theOffice } from './support.ts'
import type { Mark } from './support.ts'
import { click, logIn, search, tour } from './tour.ts'
import type { Sight } from './tour.ts'

const office = theOffice()

async function sights(at: URL, transport: Transport): Promise<Sight[]> {
  const person = await office().visit(at, transport)
  const all = await tour(person)
  await person.leave(office().front.next())
  await person.close()
  return all
}

async function keep(direct: readonly Sight[], proxied: readonly Sight[], transport: Transport): Promise<void> {
  const folder = process.env['PICTURES']
  if (folder === undefined) return
  await mkdir(folder, { recursive: true })
  for (const [way, all] of Object.entries({ direct, proxied })) {
    for (const [at, { picture }] of all.entries())
      await writeFile(join(folder, `${transport}-${at}-${way}.png`), picture)
  }
}

for (const transport of ['fetch', 'xhr'] as const) {
  test(`a grid that asks by ${transport} shows the same picture, and its queries are in the log once`, async (t) => {
    const direct = await sights(office().front.url, transport)
    const mark = await office().mark()
    const newStatements = await tail(GUARDED, 'mdx.log')
    const proxied = await sights(office().tilsyn.url, transport)
    await keep(direct, proxied, transport)

    for (const [at, { step, html, picture }] of direct.entries()) {
      assert.equal(proxied[at]?.html, html, step)
      assert.ok(proxied[at]?.picture.equals(picture), `${step}: another picture`)
    }
    assert.equal(new Set(direct.map(({ picture }) => picture.toString('base64'))).size, direct.length)

    const entries = await mark.entries()
    assertEachRequestOnce(entries, mark)
    assert.ok(ledger.assertEachPersonDiscoveredOnce(entries, mark.queries()) >= 2)
    const pairs = ledger.assertExecutedOnce(entries, await newStatements(), await citizens(GUARDED))
    for (const pair of pairs) ledger.assertSameFacts(pair)
    t.diagnostic(`${mark.requests().length} requests, ${pairs.length} statements that Mondrian executed`)
  })
}

/** Preflights and discovers included. */
function assertEachRequestOnce(entries: readonly Entry[], mark: Mark): void {
  assert.equal(new Set(entries.map(({ seq }) => seq)).size, mark.requests().length)
  ledger.assertEachStatementOnce(entries, mark.queries())
  const sent = mark.queries().filter(({ method }) => method === 'Discover')
  const found = entries.filter(({ action }) => action === 'discover' || action === 'metadata')
  const described = found.map(({ user_name, outcome, query }) => `${user_name} ${outcome} ${query.split(' ')[0]}`)
  const expected = sent.map(({ user, faulty, text }) => `${user} ${faulty ? 'fault' : 'answered'} ${text}`)
  assert.deepEqual(described.sort(), expected.sort())
  assert.ok(sent.length > 5)
}

test('the persons whom a district shows when it is opened are in the log as seen', async () => {
  const entries = await office().tilsyn.log()
  const opened = entries.filter(({ query }) => query.includes('[Bymidten].Children') && !query.includes('WHERE'))
  assert.equal(opened.length, 2)
  for (const { persons_seen } of opened) assert.ok((persons_seen ?? 0) > 5, `${persons_seen} persons`)
})

test('three people at their browsers at once: each query is in the log under the name of who sent it', async (t) => {
  const mark = await office().mark()
  const works = USERS.map(async ({ name, password }) => {
    const person = await office().visit(office().tilsyn.url)
    await logIn(person, name, password)
    // To the økonom the cube does not exist: nothing is drawn that could be clicked at.
    const municipalities = name === 'økonom' ? [] : ['Sønderå', 'Ånæs', 'Østbæk']
    for (const municipality of municipalities) await click(person, `[Borger].[${municipality}]`)
    for (let i = 0; i < 3; i++) await search(person, `Prøvesen & ${name}`)
    return person
  })
  const people = await Promise.all(works)
  for (const person of people) {
    await person.leave(office().front.next())
    await person.close()
  }
  const entries = await mark.entries()
  assertEachRequestOnce(entries, mark)
  const searches = entries.filter(({ query }) => query.includes('Prøvesen & '))
  assert.ok(searches.length >= 6)
  for (const { query, user_name } of searches) assert.ok(query.includes(`Prøvesen & ${user_name}"`), String(user_name))
  t.diagnostic(`${mark.requests().length} requests, sources: ${[...new Set(entries.map((e) => e.user_source))].join()}`)
})
