import { layOutStore, migrateStore } from '../store/open.ts'
import type { Command, Invocation } from './command.ts'
import { textOption, UsageError } from './command.ts'

export const migrate: Command = {
  summary: 'create the tables, or bring them up to this version',
  help: `tilsyn migrate [--partition on|off] [--compress on|off]

Applies what is missing, once, under a lock; run again it changes nothing. The user needs the right to create tables
in the database. The proxy does the same when it starts and may.

In SQL Server only, and only when asked for; entries wait in the journal while an index is built again:
  --partition on   a partition for each month, and the months of the next two years; run it again each year
  --compress on    pages compressed
off takes it back. What is broken off goes on when it is run again.`,
  options: { partition: { type: 'string' }, compress: { type: 'string' } },
  async run(invocation) {
    const { config, print } = invocation
    const [monthly, compressed] = [onOrOff(invocation, 'partition'), onOrOff(invocation, 'compress')]
    const { applied, version } = await migrateStore(config().store)
    for (const name of applied) print(`applied ${name}`)
    print(`the tables are at version ${version}`)
    if (monthly === undefined && compressed === undefined) return 0
    const wanted = { ...(monthly !== undefined && { monthly }), ...(compressed !== undefined && { compressed }) }
    await layOutStore(config().store, wanted, print)
    print('the tables lie as was asked for')
    return 0
  },
}

function onOrOff(invocation: Invocation, option: string): boolean | undefined {
  const text = textOption(invocation, option)
  if (text !== undefined && text !== 'on' && text !== 'off') throw new UsageError(`--${option} is on or off`)
  return text === undefined ? undefined : text === 'on'
}
