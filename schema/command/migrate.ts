import { migrateStore } from '../store/open.ts'
import type { Command } from './command.ts'

export const migrate: Command = {
  summary: 'create the tables, or bring them up to this version',
  help: `tilsyn migrate

Applies what is missing, once, under a lock; run again it changes nothing. The user needs the right to create tables
in the database. The proxy does the same when it starts and may.`,
  options: {},
  async run({ config, print }) {
    const { applied, version } = await migrateStore(config().store)
    for (const name of applied) print(`applied ${name}`)
    print(`the tables are at version ${version}`)
    return 0
  },
}
