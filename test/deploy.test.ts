/** What deploy/ starts, as far as it can be told without Docker. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../schema/config/load.ts'

const DEPLOY = join(import.meta.dirname, '../deploy')
const compose = readFileSync(join(DEPLOY, 'compose.yaml'), 'utf8')

test('the configuration in deploy/ is sound, and stands where compose.yaml lets services look', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-deploy-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const written = readFileSync(join(DEPLOY, 'tilsyn.config.json'), 'utf8')
  const secret = '/run/secrets/connection'
  assert.ok(written.includes(secret) && /^ {2}connection:\n {4}file: \.\/secrets\/connection$/m.test(compose))
  const file = join(folder, 'connection')
  writeFileSync(file, 'Server=sqlserver,1433;Database=Tilsyn')
  writeFileSync(join(folder, 'tilsyn.config.json'), written.replace(secret, file))
  const { proxy, store } = loadConfig(null, folder, {})
  assert.deepEqual(store, { kind: 'mssql', connection: 'Server=sqlserver,1433;Database=Tilsyn' })
  assert.equal(proxy.journal, '/data/journal')
  assert.equal(compose.match(/working_dir: \/app\/deploy$/gm)?.length, 3)
})

test('compose.yaml holds no password: each comes from a file that git leaves out', () => {
  for (const [, value = ''] of compose.matchAll(/PASSWORD[^=:\n]*[=:]\s*(.{2})/g)) assert.equal(value, '"$')
  assert.match(readFileSync(join(DEPLOY, '.gitignore'), 'utf8'), /^secrets\/$/m)
})
