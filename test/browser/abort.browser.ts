/** A person stops waiting (AbortController): the BI server is let go of at once, and the query is in the log all the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stall } from './front.ts'
import { theOffice } from './support.ts'
import { click, logIn } from './tour.ts'

const office = theOffice()
const OPENED = '[Borger].[Sønderå].Children'

/** @returns what the page says. */
async function stopped(at: URL, where: Stall): Promise<string> {
  const { front } = office()
  const person = await office().visit(at)
  await logIn(person, 'revisor', 'revisor')
  const standing = front.stall(where)
  await person.page.click('button[title="[Borger].[Sønderå]"]')
  await standing
  const ended = front.next()
  await person.page.click('#stop')
  assert.equal((await ended).ending, 'left')
  await person.settled()
  const message = await person.page.innerText('#message')
  await click(person, '[Borger].[Ånæs]')
  await person.leave(front.next())
  await person.close()
  return message
}

const CASES: Readonly<Record<Stall, string>> = {
  before: 'before its answer begins',
  midway: 'in the middle of its answer',
}

for (const where of ['before', 'midway'] as const) {
  test(`a query that is stopped ${CASES[where]} leaves the BI server, is aborted in the log, and the next is answered`, async () => {
    const direct = await stopped(office().front.url, where)
    const mark = await office().mark()
    assert.equal(await stopped(office().tilsyn.url, where), direct)
    assert.equal(direct, 'Stoppet')
    const entries = await mark.entries()
    assert.equal(new Set(entries.map(({ seq }) => seq)).size, mark.requests().length)
    const queries = entries.filter(({ query }) => query.includes(OPENED))
    assert.deepEqual(
      queries.map(({ outcome, user_name, query }) => [outcome, user_name, query.includes('[Borger].[Ånæs].Children')]),
      [
        ['aborted', 'revisor', false],
        ['answered', 'revisor', true],
      ],
    )
  })
}
