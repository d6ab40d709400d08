/**
 * SIGKILL in the middle of a tour. olap4j asks one thing at a time, so when the proxy dies one request at most is under
 * way: everything before it was answered and must be in the tables once; that one may be there, cut off, or not at all
 * if its answer never left.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { olap4j, OPEN, tally, xmla } from './lab.ts'
import * as ledger from './ledger.ts'
import { onlooker } from './onlooker.ts'
import type { Moment, Onlooker } from './onlooker.ts'
import { Tilsyn } from './tilsyn.ts'
import type { Entry } from './tilsyn.ts'

/** When the proxy dies: among the metadata, the statements, the look-ups; before Mondrian has answered, and after. */
const KILLS: readonly { readonly at: number; readonly moment: Moment }[] = [
  { at: 25, moment: 'asked' },
  { at: 90, moment: 'answered' },
  { at: 140, moment: 'asked' },
  { at: 185, moment: 'answered' },
]

let seen: Onlooker
let tilsyn: Tilsyn
before(async () => {
  seen = await onlooker(OPEN.url)
  tilsyn = await Tilsyn.before(seen.url)
})
after(async () => {
  await tilsyn.remove()
  await seen.close()
})

const text = ({ query }: Entry) => query.trim()

for (const { at, moment } of KILLS) {
  test(`killed when request ${at} of a tour is ${moment}, the log has every answered statement once`, async (t) => {
    const earlier = seen.arrived.length
    const loggedEarlier = (await tilsyn.log()).length
    let killed = false
    seen.interrupt = async (reached, count) => {
      if (reached !== moment || count !== earlier + at) return
      killed = true
      await tilsyn.kill()
    }
    const tour = await olap4j(tilsyn.url, '--tour')
    assert.ok(killed, 'the tour was over before')
    assert.notEqual(tour.code, 0)
    await tilsyn.start()
    const entries = (await logBehind(`marker-${at}`)).slice(loggedEarlier)
    const reached = seen.arrived.slice(earlier, earlier + at)

    const answered = answeredStatements(tour.stdout)
    const logged = tally(entries.filter(ledger.isStatement).map(text))
    for (const [statement, times] of tally(answered)) assert.equal(logged.get(statement), times, statement)
    // In the order of the requests, and none but the last is missing.
    const missing = reached.length - entries.length
    assert.ok(missing === 0 || missing === 1, `${missing} of ${reached.length} requests are not in the log`)
    for (const [i, entry] of entries.entries())
      assert.ok(text(entry).startsWith(reached[i]?.text ?? '\0'), `entry ${i}`)
    const unknown = entries.filter(({ outcome }) => outcome === 'unknown')
    // The last one answered may have lost its ending, which is not waited for; and the one that was cut off has none.
    assert.ok(unknown.length <= 2)
    t.diagnostic(
      `${reached.length} reached Mondrian: ${answered.length} statements answered, ${unknown.length} exchanges without an ending, ${missing} never recorded`,
    )
  })
}

/** The log when all that happened before now is in it: exchanges arrive in their order, so a last one tells. */
async function logBehind(marker: string): Promise<Entry[]> {
  const marked = ({ query }: Entry) => query.includes(marker)
  await xmla(tilsyn.url, 'discover', 'MDSCHEMA_CUBES', `CUBE_NAME=${marker}`)
  const entries = await tilsyn.logWhen((all) => all.some(marked))
  assert.ok(entries.some(marked), 'the log did not catch up')
  return entries.filter((entry) => !marked(entry))
}

test('after the crashes a whole tour is recorded as ever, and the numbers have no holes', async () => {
  const earlier = seen.arrived.length
  const last = (await tilsyn.log()).at(-1)?.seq ?? 0
  const tour = await olap4j(tilsyn.url, '--tour')
  assert.equal(tour.code, 0, tour.stderr)
  const arrived = seen.arrived.slice(earlier)
  const entries = await logBehind('marker-end')
  ledger.assertEachStatementOnce(
    entries.filter(({ seq }) => seq > last),
    arrived,
  )
  const numbers = [...new Set(entries.map(({ seq }) => seq))]
  assert.deepEqual(
    numbers,
    // The first number is the set-up's.
    numbers.map((_, i) => i + 2),
  )
  assert.equal(await tilsyn.stop(), 0, 'Ctrl-C ends it cleanly')
})

/** The statements of a tour that the driver printed a result for. A statement may go over several lines. */
function answeredStatements(output: string): string[] {
  const parts = output.split(/^> /m).slice(1)
  return parts.flatMap((part) => {
    const [first = ''] = part.split('\n')
    if (first.startsWith('(generated') || /^failed: /m.test(part) || !first.includes('FROM')) return []
    return part.trim() === first ? [] : [first]
  })
}
