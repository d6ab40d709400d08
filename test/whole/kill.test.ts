/**
 * SIGKILL of the proxy at random points under load. What a client saw whole is in the tables exactly once; what was cut
 * off is there as `unknown`, or was never forwarded; numbers have no holes.
 *
 * `TILSYN_KILLS` sets how often: 50 if it is not set, 200 in `npm run test:kill`, which CI runs too. The seed is printed and
 * can be given in `TILSYN_SEED`.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Random } from '../support/random.ts'
import { eventually, freePort, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'

const KILLS = Number(process.env['TILSYN_KILLS'] ?? 50)
const SEED = Number(process.env['TILSYN_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
const CLIENTS = 8

type Seen = 'nothing' | 'part' | 'whole'

/** Sends one query and tells how much of the answer came. */
function ask(port: number, agent: Agent, mark: string): Promise<Seen> {
  return new Promise((resolve) => {
    let seen: Seen = 'nothing'
    const body = execute(`SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE ([Prøve].[Mærke].&[${mark}])`)
    const headers = { 'Content-Type': 'text/xml', 'Content-Length': Buffer.byteLength(body) }
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/xmla', agent, headers }, (answer) => {
      seen = 'part'
      answer.on('end', () => (seen = answer.complete ? 'whole' : seen))
      answer.on('error', () => undefined).on('close', () => resolve(seen))
      answer.resume()
    })
    sent.on('error', () => resolve(seen))
    sent.end(body)
  })
}

test(`SIGKILL at ${KILLS} random points loses no answered query and doubles none`, async (t) => {
  t.diagnostic(`seed ${SEED}`)
  const random = new Random(SEED)
  const answer = dataset([['[Borger].[Kommune].&[Sønderå]', 'Sønderå']])
  const upstream = await biServer((_request, _body, response) => {
    response.writeHead(200, { 'Content-Type': 'text/xml' })
    response.write(answer.slice(0, 100))
    setTimeout(() => response.end(answer.slice(100)), random.next() * 5)
  })
  t.after(() => upstream.close())
  const port = await freePort()
  const folder = scratch({
    proxy: { listen: `127.0.0.1:${port}` },
    servers: [{ name: 'bi01', upstream: upstream.url }],
    log: { level: 'error' },
  })
  const asked = new Map<string, Seen>()
  for (let kill = 0; kill < KILLS; kill++) {
    const proxy = tilsyn(['proxy'], { cwd: folder })
    await printed(proxy, /listening/)
    const agent = new Agent({ keepAlive: true })
    const begun = Promise.withResolvers<void>()
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let n = 0; !proxy.child.killed; n++) {
        const mark = `${kill}-${client}-${n}`
        const seen = await ask(port, agent, mark)
        asked.set(mark, seen)
        if (seen === 'whole') begun.resolve()
      }
    })
    // Every other time while it is still waking, else once it is under way, however slow this computer is just now.
    if (kill % 2 === 1) await begun.promise
    setTimeout(() => proxy.child.kill('SIGKILL'), random.next() * 150)
    await proxy.ended
    await Promise.all(clients)
    agent.destroy()
  }

  const last = tilsyn(['proxy'], { cwd: folder })
  await printed(last, /listening/)
  t.after(() => last.child.kill('SIGKILL'))
  const db = await eventually(60_000, async () => {
    // The proxy may never have lived long enough to make it.
    if (!existsSync(join(folder, 'data', 'tilsyn.db'))) return null
    const open = new DatabaseSync(join(folder, 'data', 'tilsyn.db'), { readOnly: true, timeout: 10_000 })
    const isMade = open.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'log'").get() !== undefined
    if (!isMade) {
      open.close()
      return null
    }
    const { rows, top } = {
      rows: 0,
      top: 0,
      ...open.prepare('SELECT count(*) AS rows, max(seq) AS top FROM log').get(),
    }
    const whole = [...asked.values()].filter((seen) => seen === 'whole').length
    if (rows >= whole && rows === top) return open
    open.close()
    return null
  })
  last.child.kill('SIGTERM')
  assert.equal((await last.ended).code, 0)

  const rows = db.prepare("SELECT value, outcome FROM log JOIN crit USING (log_id) WHERE dimension = '[Prøve]'").all()
  const outcomes = new Map<string, string[]>()
  for (const { value, outcome } of rows) {
    const mark = /&\[(.*)\]$/.exec(String(value))?.[1] ?? ''
    outcomes.set(mark, [...(outcomes.get(mark) ?? []), String(outcome)])
  }
  const tally = { whole: 0, part: 0, nothing: 0, unknown: 0, wholeButUnknown: 0 }
  for (const [mark, seen] of asked) {
    const found = outcomes.get(mark) ?? []
    tally[seen] += 1
    if (found[0] === 'unknown') tally.unknown += 1
    if (found[0] === 'unknown' && seen === 'whole') tally.wholeButUnknown += 1
    assert.ok(found.length <= 1, `${mark} is there ${found.length} times`)
    if (seen !== 'nothing') assert.equal(found.length, 1, `${mark} was seen (${seen}) and is not there`)
    if (seen === 'whole') assert.match(found[0] ?? '', /^(answered|unknown)$/)
    if (seen === 'part' && found[0] !== undefined) assert.match(found[0], /^(answered|unknown|aborted)$/)
  }
  assert.equal(
    db.prepare('SELECT count(*) AS n FROM (SELECT seq FROM log GROUP BY seq HAVING count(*) > 1)').get()?.['n'],
    0,
  )
  assert.ok(tally.whole >= Math.floor(KILLS / 2), 'the load was too light to show anything')
  assert.ok(tally.unknown > 0, 'no kill fell into a query under way')
  t.diagnostic(JSON.stringify(tally))
  assert.match((await run(['log', '--limit', '3'], { cwd: folder })).out, /bi01/)
  const verified = await run(['verify'], { cwd: folder })
  assert.equal(verified.code, 0, verified.out)
  db.close()
})
