/** The command `tilsyn interpret`: what would be recorded, of statements or of one exchange in files. */
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Command, Invocation } from '../../schema/command/command.ts'
import { UsageError, textOption } from '../../schema/command/command.ts'
import type { Config } from '../../schema/config/config.ts'
import { loadMapping } from '../../schema/config/load-mapping.ts'
import type { PersonRules } from '../../schema/record/person-number.ts'
import { interpretStatement } from '../protocol/statement/interpret-statement.ts'
import type { PersonSettings } from '../protocol/settings.ts'
import { personRulesAt } from '../protocol/settings.ts'
import { recogniseLanguage } from '../protocol/statement/language.ts'
import { readExchange } from './exchange-files.ts'
import { trialText } from './trial-text.ts'
import { tryExchange } from './trial.ts'
import type { Trial } from './trial.ts'
import { usableMappings } from './usable-mappings.ts'

const HELP = `tilsyn interpret [--latest-birth DATE]
tilsyn interpret --exchange DIR [--mapping FILE] [--format json|text] [--latest-birth DATE]

Without --exchange it reads JSON lines { "id", "lang": "mdx" | "dax", "text", "parameters"? } from standard input, and
prints for each what would be logged: { id, kind, cube, measures, calculated, dimensions, criteria, persons }. Without
"lang" the text tells. Lines that are no such JSON are told and passed over; the exit code is then 1.

With --exchange it reads one request and its answer from the files request.head, request.body, response.head and
response.body in the folder DIR, or from DIR.request.head and so on where DIR is no folder but a prefix. It prints what
would be recorded, who read the request, where a mapping found nothing, and which persons stand in the request outside
what the mapping names. The output holds what the record would hold: personal data.

  --mapping FILE        try this mapping before those of the configuration (docs/mappings.md)
  --format json|text    default json
  --latest-birth DATE   take numbers of persons born up to DATE for persons wherever they stand; default
                        persons.latestBirth, else today

Exit code of --exchange: 0 all understood; 1 something is opaque, or the mapping does not fit; 2 a file is missing or
wrong.`

export const interpret: Command = {
  summary: 'what would be logged of these queries, or of this exchange?',
  help: HELP,
  options: {
    'latest-birth': { type: 'string' },
    exchange: { type: 'string' },
    mapping: { type: 'string' },
    format: { type: 'string' },
  },
  async run(invocation) {
    const config = invocation.config()
    const latestBirth = birthOption(invocation) ?? config.persons.latestBirth
    const persons = { ...config.persons, latestBirth }
    const exchange = textOption(invocation, 'exchange')
    if (exchange !== undefined) return interpretExchange(invocation, exchange, config, persons)
    for (const name of ['mapping', 'format']) {
      if (textOption(invocation, name) !== undefined) throw new UsageError(`--${name} belongs to --exchange`)
    }
    return interpretLines(invocation, personRulesAt(persons, Date.now()))
  },
}

async function interpretExchange(
  invocation: Invocation,
  exchange: string,
  config: Config,
  persons: PersonSettings,
): Promise<number> {
  const format = textOption(invocation, 'format') ?? 'json'
  if (format !== 'json' && format !== 'text') throw new UsageError('--format: expected json or text')
  const file = textOption(invocation, 'mapping')
  const named = file === undefined ? [] : [loadMapping(resolve(file))]
  const mappings = usableMappings([...named, ...config.mappings])
  const trial = await tryExchange(readExchange(exchange), { modules: config.modules, mappings, persons }, Date.now())
  invocation.print(format === 'text' ? trialText(trial) : JSON.stringify(trial, null, 2))
  return isUnderstood(trial, file !== undefined) ? 0 : 1
}

/** @param asked a mapping was named: then it must be the one that fits. */
function isUnderstood({ records, mappings }: Trial, asked: boolean): boolean {
  return records.every(({ opaque }) => opaque === null) && (!asked || mappings[0]?.foreign === null)
}

async function interpretLines(invocation: Invocation, rules: PersonRules): Promise<number> {
  let number = 0
  let sound = true
  for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    number += 1
    if (line.trim() === '') continue
    const query = queryOf(line)
    if (query === null) {
      sound = false
      invocation.tell(
        `line ${number}: expected JSON with "id", "text", and perhaps "lang" ("mdx" or "dax") and "parameters"`,
      )
      continue
    }
    const { id, lang, text, parameters } = query
    invocation.print(JSON.stringify({ id, ...interpretStatement(lang, text, parameters, rules) }))
  }
  return sound ? 0 : 1
}

function birthOption(invocation: Invocation): string | undefined {
  const date = textOption(invocation, 'latest-birth')
  if (date === undefined) return undefined
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(Date.parse(date))) {
    throw new UsageError('--latest-birth: expected a date, for example 2026-12-31')
  }
  return date
}

/** A line that does not say its language is read as what it looks like. */
function languageOf(text: unknown): 'mdx' | 'dax' {
  return typeof text === 'string' && recogniseLanguage(text).language === 'dax' ? 'dax' : 'mdx'
}

interface Query {
  readonly id: string | number
  readonly lang: 'mdx' | 'dax'
  readonly text: string
  readonly parameters: ReadonlyMap<string, string>
}

function queryOf(line: string): Query | null {
  let value: unknown
  try {
    value = JSON.parse(line.replace(/^\uFEFF/, ''))
  } catch {
    return null // Told by its line number: the engine's own words would quote the query.
  }
  if (typeof value !== 'object' || value === null) return null
  const { id, text, lang = languageOf(text), parameters = {} }: Record<string, unknown> = { ...value }
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof text !== 'string') return null
  if (lang !== 'mdx' && lang !== 'dax') return null
  if (typeof parameters !== 'object' || parameters === null) return null
  const named = Object.entries(parameters).map(([name, given]): [string, string] => [name, String(given)])
  return { id, lang, text, parameters: new Map(named) }
}
