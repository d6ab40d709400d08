import type { PersonRules } from '../../../schema/record/person-number.ts'
import type { Part } from '../adapter.ts'
import { NO_ROWS } from '../rows.ts'
import { commandPart, partsOf } from '../statement.ts'
import type { Call, Command, SessionHeader } from './call.ts'

type Execute = Extract<Call, { kind: 'execute' }>

/**
 * The parts an Execute makes: one per statement and command. An Execute without any carries only a session header
 * (MSOLAP opens its session so) and is an entry about the session.
 */
export function executeParts(call: Execute, session: SessionHeader | null, rules: PersonRules): Part[] {
  const parts = call.commands.filter(saysSomething).flatMap((command) => commandParts(command, call, rules))
  return parts.length > 0 ? parts : [sessionPart(session)]
}

const saysSomething = (command: Command): boolean => command.kind === 'command' || command.text !== ''

function commandParts(command: Command, call: Execute, rules: PersonRules): Part[] {
  if (command.kind === 'command') return [commandPart(command.xml, 'xmla', rules)]
  // The Cube property is the default cube; a FROM that names one wins.
  const cube = call.properties.get('cube') ?? null
  return partsOf(command.text, call.parameters, rules).map((part) => ({ ...part, cube: part.cube ?? cube }))
}

export function sessionPart(session: SessionHeader | null): Part {
  const query = session ?? 'Session'
  return { action: 'session', language: 'xmla', query, opaque: null, opaqueAt: null, cube: null, ...NO_ROWS }
}
