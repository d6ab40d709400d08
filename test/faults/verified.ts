/** What an operator asks after a fault: `tilsyn verify --journal`, of the files alone, and `tilsyn verify`, of the tables too. */
import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { verify } from '../../proxy/verify/verify-command.ts'
import type { Config } from '../../schema/config/config.ts'

export async function assertNothingMissing(config: Config): Promise<void> {
  for (const values of [{ journal: true }, {}]) {
    const said: string[] = []
    const say = (line: string) => said.push(line)
    const code = await verify.run({ values, config: () => config, configFile: null, print: say, tell: say })
    assert.equal(code, 0, said.join('\n'))
    assert.match(said[0] ?? '', /^ok +journal/, 'it was not asked of any journal')
  }
  if (config.store.kind === 'embedded') assertWhole(config.store.path)
}

/** No entry stands there without what belongs to it: each query of a campaign has one criterion, and one measure. */
function assertWhole(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 20_000 })
  for (const table of ['crit', 'meas']) {
    const own = `(SELECT count(*) FROM ${table} WHERE ${table}.log_id = log.log_id)`
    const found = db.prepare(`SELECT count(*) AS n FROM log WHERE instr(query, '.&[') > 0 AND ${own} <> 1`).get()
    assert.equal(found?.['n'], 0, `entries whose rows of ${table} are not there once`)
  }
  db.close()
}
