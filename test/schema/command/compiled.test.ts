import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { COMMAND, tilsyn } from '../../support/tilsyn.ts'

const kept = (folder: string) => readdirSync(folder, { recursive: true }).length

test('the command keeps what it compiled, and where it cannot be kept it works without', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'tilsyn-compiled-'))
  t.after(() => rmSync(cwd, { recursive: true, force: true }))
  const folder = join(cwd, 'kept')
  const help = (where: string) =>
    tilsyn(['proxy', '--help'], { cwd, main: COMMAND, env: { NODE_COMPILE_CACHE: where } }).ended
  const first = await help(folder)
  assert.equal(first.code, 0, first.err)
  assert.ok(kept(folder) > 20)
  const elsewhere = await help('/dev/null/nowhere')
  assert.deepEqual([elsewhere.code, elsewhere.out], [0, first.out])
})
