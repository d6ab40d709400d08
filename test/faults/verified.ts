/** What an operator asks after a fault: `tilsyn verify --journal`, of the files alone, and `tilsyn verify`, of the tables too. */
import assert from 'node:assert/strict'
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
}
