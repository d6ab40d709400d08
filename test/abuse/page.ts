/**
 * `docs/abuse.md`, made from the tables that the tests run: `node test/abuse/page.ts` writes it. A line that is not tried
 * cannot stand there, and one that is tried cannot be missing.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ending } from '../../proxy/exchange.ts'
import { ANSWERS } from './answers.ts'
import { type Attack, FAMILIES } from './attacks.ts'
import { BOMBS } from './bombs.ts'
import { LIMITS } from './limits.ts'
import type { Trial } from './trial.ts'

export const PAGE = join(import.meta.dirname, '../../docs/abuse.md')

const INTRO = `# Against abuse

Tilsyn stands where everybody can reach it. What follows was tried; each line is a test in \`test/abuse\`, and this page is
made from the tests (\`node test/abuse/page.ts\`). What one client may take is set with \`proxy.limits\`; why the limits are
what they are: docs/decisions/0020-limits.md.

Three things hold for every line. What two servers could read in two ways is not forwarded. Nothing goes anywhere but to the
BI server that is configured, whatever a request names. And nothing is lost from sight: what was asked is an entry, what
never became a request is an entry or an event (\`tilsyn_events_total\` counts them), and neither fills the log faster than queries would.

In the tables a request "goes on" as the one the BI server gets, byte for byte but for what is said; after each attack the
next client's request, on the same connections to the BI server, gets its own answer.
`

const ENTRIES: Partial<Record<Ending, string>> = {
  complete: 'answered',
  refused: 'refused',
  'client-gone': 'aborted',
  'upstream-gone': 'aborted',
  'upstream-unreachable': 'aborted',
}

const entryOf = (ending: Ending) => ENTRIES[ending] ?? ending

function answerOf({ answers, closes }: Pick<Attack, 'answers' | 'closes'>): string {
  return [...answers.map(String), ...(closes ? ['closed'] : [])].join(', ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`
  return line(head) + line(head.map(() => '---')) + rows.map(line).join('')
}

function attacked(attack: Attack): readonly string[] {
  const { what, reaches, entries } = attack
  return [what, answerOf(attack), reaches.length > 0 ? 'yes' : 'no', entries.map(entryOf).join(', ')]
}

const tried = (trials: readonly Trial[]) =>
  table(
    ['tried', 'what becomes of it', 'what can be found of it'],
    trials.map(({ what, answer, trace }) => [what, answer, trace]),
  )

function shortly(statuses: readonly number[]): string {
  const last = statuses.at(-1)
  if (last === undefined) return 'cut'
  return statuses.length > 1 ? `${statuses[0]} × ${statuses.length - 1}, ${last}` : String(last)
}

export function page(): string {
  const families = FAMILIES.map(
    ({ title, attacks }) => `### ${title}\n\n${table(['sent', 'answer', 'goes on', 'entry'], attacks.map(attacked))}`,
  )
  const answers = table(
    ['said by the BI server', 'the client gets', 'entry'],
    ANSWERS.map(({ what, answers: statuses, ending }) => [what, shortly(statuses), entryOf(ending)]),
  )
  return [
    INTRO,
    '## What is no request, or more than one\n',
    ...families,
    '## What is no answer, or more than one\n',
    answers,
    '## More than a share\n',
    tried(LIMITS),
    '## Small on the wire, large when read\n',
    tried(BOMBS),
  ].join('\n')
}

if (import.meta.main) writeFileSync(PAGE, page())
