/** The entry about a change of the set-up: the change log (requirements N36, N63 to N72, N85, D02, D08). */
import { entryAbout } from '../../schema/record/nothing-known.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import type { Configuration } from '../exchange.ts'

/** The module of every such entry; not a name from the configuration, which could be changed with the rest. */
const CHANGE_LOG = 'Ændringslog'

export function configuredEntry(configuration: Configuration): QueryRecord {
  const { at, user, vouched, through, outcome, words, changes } = configuration.configured
  return {
    ...entryAbout(configuration, at),
    module: CHANGE_LOG,
    server: 'Tilsyn',
    report: 'configuration',
    application: `Tilsyn ${through}`,
    userName: user,
    userSource: user === null ? 'none' : 'session',
    userConfirmed: vouched,
    action: 'configure',
    query: words,
    outcome,
    faultCode: outcome === 'refused' ? 'CONFIG_INVALID' : null,
    rowCount: changes.length,
    decoded: true,
    changes,
  }
}
