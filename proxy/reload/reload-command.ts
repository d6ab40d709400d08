/** `tilsyn reload`: has the proxy that runs read its configuration again, and tells what came of it. */
import { userInfo } from 'node:os'
import { type Command, type Invocation, textOption } from '../../schema/command/command.ts'
import { ConfigError } from '../../schema/config/config-error.ts'
import { journalFolder } from '../../schema/config/load.ts'
import { type Answer, askControl } from './control.ts'

export const reload: Command = {
  summary: 'have the running proxy read its configuration again',
  help: `tilsyn reload [--journal FOLDER]

Run it as the proxy's own user, in its folder. Prints which settings have changed, and which wait for the next start; no
connection is dropped. A configuration with a mistake changes nothing: exit code 2. --journal names the folder of the
running proxy's journal where the configuration now says another.`,
  options: { journal: { type: 'string' } },
  async run(invocation) {
    const { mistake, folder } = placeOf(invocation)
    const answer = await askControl(folder, { command: 'reload', user: userInfo().username })
    if (answer !== null) return tell(invocation, answer)
    if (mistake !== null) throw mistake
    invocation.tell(`no proxy answers in ${folder}: it does not run, or has its journal elsewhere (--journal)`)
    return 1
  },
}

/** Also of a configuration with a mistake: that somebody tried it is on record, too. */
function placeOf(invocation: Invocation): { readonly folder: string; readonly mistake: ConfigError | null } {
  const named = textOption(invocation, 'journal')
  try {
    return { folder: named ?? invocation.config().proxy.journal, mistake: null }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { folder: journalFolder(invocation.configFile, process.cwd()), mistake: error }
  }
}

function tell({ print, tell: warn }: Invocation, answer: Answer): number {
  if (answer.kind === 'refused') throw new ConfigError(answer.file, answer.mistakes)
  if (answer.kind === 'failed') {
    warn(`nothing has changed (${answer.code})`)
    return 1
  }
  for (const setting of answer.changed) print(`changed  ${setting}`)
  for (const setting of answer.atNextStart) print(`takes effect at the next start  ${setting}`)
  if (answer.changed.length + answer.atNextStart.length === 0) print('nothing has changed')
  return 0
}
