import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Action } from '../../../schema/record/record.ts'
import type { Part } from '../adapter.ts'
import { NO_ROWS } from '../criteria/rows.ts'
import type { StatementContext } from '../statement/statement.ts'
import { commandPart, partsOf } from '../statement/statement.ts'
import type { Call, Command, Properties, SessionHeader } from './call.ts'

type Execute = Extract<Call, { kind: 'execute' }>

/**
 * The parts an Execute makes: one per statement and command; none where it says nothing, for then it only carries a
 * session header (MSOLAP opens its session so).
 */
export function executeParts(call: Execute, context: StatementContext, rules: PersonRules): Part[] {
  return call.commands.filter(saysSomething).flatMap((command) => commandParts(command, call, context, rules))
}

export const saysSomething = (command: Command): boolean => command.kind === 'command' || command.text !== ''

function commandParts(command: Command, call: Execute, context: StatementContext, rules: PersonRules): Part[] {
  const catalog = call.properties.get('catalog') ?? null
  if (command.kind === 'command') {
    const part = commandPart(command.xml, 'xmla', rules)
    return [{ ...part, catalog: command.database ?? catalog, cube: command.cube }]
  }
  // The Cube property is the default cube; a FROM that names one wins.
  const cube = call.properties.get('cube') ?? null
  const parts = partsOf(command.text, call.parameters, rules, context)
  return parts.map((part) => ({
    ...part,
    catalog: part.catalog ?? catalog,
    cube: part.cube ?? (part.action === 'command' ? null : cube),
    action: isPrepared(call.properties) && READS.has(part.action) ? 'prepare' : part.action,
  }))
}

const READS: ReadonlySet<Action> = new Set(['query', 'drillthrough', 'dmv', 'explain'])

/**
 * MS-SSAS, "Content" and "ExecutionMode": the statement is to be checked only. What changes or defines something is not
 * taken at its word here.
 */
function isPrepared(properties: Properties): boolean {
  const [content, mode] = [properties.get('content'), properties.get('executionmode')]
  return content?.toLowerCase() === 'none' || mode?.toLowerCase() === 'prepare'
}

export function sessionPart(session: SessionHeader | null): Part {
  const query = session ?? 'Execute'
  return { action: 'session', language: 'xmla', query, opaque: null, opaqueAt: null, cube: null, ...NO_ROWS }
}
