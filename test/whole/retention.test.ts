/** `tilsyn retention`, as an operator calls it; and what `tilsyn verify` says of it afterwards. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { verify } from '../../proxy/verify/verify-command.ts'
import { retention, retentionCompact, retentionRun } from '../../reports/retention/retention-command.ts'
import { type Command, type Invocation, UsageError } from '../../schema/command/command.ts'
import { loadConfig } from '../../schema/config/load.ts'
import { openStore } from '../../schema/store/open.ts'
import { ORIGIN, range, sample } from '../schema/store/sample.ts'
import { freePort, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'

const DAY = 86_400_000

/** Ten entries that are too old, ten that are not; number 4 is missing. */
async function folderWith(t: TestContext, retention: object = {}): Promise<string> {
  const port = await freePort()
  const folder = scratch({ retention, reports: { listen: `127.0.0.1:${port}` } })
  const store = await openStore({ kind: 'embedded', path: join(folder, 'data', 'tilsyn.db') })
  t.after(() => store.close())
  const records = range(20, (i) => sample(1 + i, { askedAt: Date.now() - (i < 10 ? 400 : 20) * DAY + i }))
  await store.writer.write({ origin: ORIGIN, position: 20, records: records.filter(({ seq }) => seq !== 14) })
  return folder
}

/** The command itself, without a process of its own. */
async function invoke(command: Command, folder: string, values: Invocation['values'] = {}) {
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  const config = () => loadConfig(null, folder, {})
  const code = await command.run({ values, configFile: null, config, print: say, tell: say })
  return { code, out: lines.join('\n') }
}

test('what is overdue is told, and deleted when somebody says yes', async (t) => {
  const folder = await folderWith(t)
  const told = await invoke(retention, folder)
  assert.equal(told.code, 1)
  assert.match(told.out, /the log, kept for 6M: 10 entries from before /)
  assert.match(told.out, /OVERDUE: the oldest is of /)
  const json: unknown = JSON.parse((await invoke(retention, folder, { json: true })).out)
  assert.ok(typeof json === 'object' && json !== null && 'overdue_since' in json)

  const tried = await invoke(retentionRun, folder)
  assert.deepEqual([tried.code, /--yes/.test(tried.out)], [1, true])
  await assert.rejects(invoke(retentionRun, folder, { 'older-than': '5M', yes: true }), UsageError)
  const longer = await invoke(retentionRun, folder, { 'older-than': '2Y', yes: true })
  assert.deepEqual([longer.code, /nothing is that old/.test(longer.out)], [0, true])

  const done = await invoke(retentionRun, folder, { yes: true })
  assert.equal(done.code, 0)
  assert.match(done.out, /deletion 1: 10 entries deleted, 10 rows/)
  assert.equal((await invoke(retention, folder)).code, 0)
  assert.equal((await invoke(retentionCompact, folder)).code, 0)

  const verified = await invoke(verify, folder)
  assert.match(verified.out, /10 were deleted, their time being over/)
  assert.match(verified.out, /missing \(its journal is not here: they may wait there\): 14\n/)
})

test('tilsyn knows commands of two words', { timeout: 60_000 }, async (t) => {
  const folder = await folderWith(t)
  const done = await run(['retention', 'run', '--yes'], { cwd: folder })
  assert.match(done.out, /deletion 1: 10 entries deleted/)
})

test('a service that deletes by itself does so when it runs', { timeout: 60_000 }, async (t) => {
  const folder = await folderWith(t, { automatic: true, at: '00:00' })
  const reports = tilsyn(['reports'], { cwd: folder })
  t.after(() => reports.child.kill('SIGKILL'))
  await printed(reports, /listening/)
  await printed(reports, /"entries":10/)
  reports.child.kill('SIGTERM')
  assert.equal((await reports.ended).code, 0)
  assert.equal((await invoke(retention, folder)).code, 0)
})
