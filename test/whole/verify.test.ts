/** `tilsyn verify`, as an operator calls it: nothing is missing, or it says what is. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { freePort, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'
import { biServer, dataset, execute } from '../support/xmla.ts'

interface Recorded {
  readonly folder: string
  readonly journal: string
  readonly database: string
}

/** Runs a proxy until `count` queries are in its tables, and stops it. */
async function record(t: TestContext, count: number): Promise<Recorded> {
  const upstream = await biServer((_request, _body, response) => {
    response.writeHead(200, { 'Content-Type': 'text/xml' }).end(dataset([['[Borger].[Kommune].&[1]', 'Sønderå']]))
  })
  t.after(() => upstream.close())
  const port = await freePort()
  const servers = [{ name: 'bi01', upstream: upstream.url }]
  const folder = scratch({ proxy: { listen: `127.0.0.1:${port}` }, servers, log: { level: 'error' } })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  for (let n = 0; n < count; n++) {
    const body = execute('SELECT [Measures].[Antal] ON 0 FROM [Borger]')
    const answer = await fetch(`http://127.0.0.1:${port}/xmla`, {
      method: 'POST',
      body,
      headers: { 'Content-Type': 'text/xml' },
    })
    await answer.text()
  }
  // It ships what is durable before it ends.
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0)
  return { folder, journal: join(folder, 'data', 'journal'), database: join(folder, 'data', 'tilsyn.db') }
}

/** Takes rows away behind the product's back, as somebody with the file in hand could. */
function remove(database: string, seqs: string): void {
  const db = new DatabaseSync(database)
  for (const child of ['crit', 'dim', 'meas', 'seen', 'change']) {
    db.exec(`DELETE FROM ${child} WHERE log_id IN (SELECT log_id FROM log WHERE ${seqs})`)
  }
  db.exec(`DELETE FROM log WHERE ${seqs}`)
  db.close()
}

/** The set-up has the first number. */
test('where nothing is missing, verify says so of journal and tables, and its exit code does', async (t) => {
  const { folder } = await record(t, 5)
  const whole = await run(['verify'], { cwd: folder })
  assert.equal(whole.code, 0, whole.out + whole.err)
  assert.match(whole.out, /ok {6}tables: /)
  assert.match(whole.out, /numbers 1 to 6: 6 have an entry, 0 are told of in another, 0 wait/)
  const files = await run(['verify', '--journal'], { cwd: folder })
  assert.equal(files.code, 0, files.out + files.err)
  assert.doesNotMatch(files.out, /tables/)
})

test('an entry that somebody took out of the tables is missing, in the middle as at the end', async (t) => {
  const { folder, database } = await record(t, 6)
  remove(database, 'seq = 3')
  const middle = await run(['verify'], { cwd: folder })
  assert.equal(middle.code, 1)
  assert.match(middle.out, /FAILED {2}tables: [^]*missing: 3$/m)
  remove(database, 'seq = 7')
  const end = await run(['verify', '--json'], { cwd: folder })
  assert.equal(end.code, 1)
  const findings = end.out
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  const missing = findings.flatMap((one) => (isFinding(one) ? [one.missing] : []))
  assert.deepEqual(missing.at(0), [
    { from: 3, to: 3 },
    { from: 7, to: 7 },
  ])
})

function isFinding(value: unknown): value is { missing: unknown } {
  return typeof value === 'object' && value !== null && 'missing' in value
}

test('a journal with a bit turned over is damaged, and verify says where', async (t) => {
  const { folder, journal } = await record(t, 4)
  const [segment = ''] = readdirSync(journal).filter((name) => name.endsWith('.segment'))
  const path = join(journal, segment)
  const bytes = readFileSync(path)
  const middle = Math.floor(bytes.length / 2)
  bytes[middle] = (bytes[middle] ?? 0) ^ 0x10
  writeFileSync(path, bytes)
  const { code, out } = await run(['verify', '--journal'], { cwd: folder })
  assert.equal(code, 1, out)
  assert.match(out, /FAILED {2}journal [^]*frames \d+ to \d+ cannot be read: segment 1 at byte \d+/)
})
