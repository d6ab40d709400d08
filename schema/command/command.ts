import type { ParseArgsOptionsConfig } from 'node:util'
import type { Config } from '../config/config.ts'

/** What a command is given. Everything from outside comes through here, so that a command can be tried in a test. */
export interface Invocation {
  /** Values of the options, by name; absent ones are not there. */
  readonly values: Readonly<Record<string, string | boolean>>
  /** Reads and checks the configuration; a mistake ends the command with exit code 2. */
  readonly config: () => Config
  /** The configuration file as named on the command line, `null` for the default. */
  readonly configFile: string | null
  readonly print: (line: string) => void
  /** To the person at the terminal, never into a result: standard error. */
  readonly tell: (line: string) => void
}

/** One command of `tilsyn`. */
export interface Command {
  /** One line for the list of commands. */
  readonly summary: string
  /** What stands after the command's name, and what each option means. */
  readonly help: string
  readonly options: ParseArgsOptionsConfig
  /** Resolves with the exit code: 0 done, 1 failed, 2 wrong usage. */
  run(invocation: Invocation): Promise<number>
}

/** The command was called in a way it does not understand: exit code 2, with the help beside it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly code = 'COMMAND_USAGE'
}

/** Reads an option that must be text; `undefined` when it was not given. */
export function textOption(invocation: Invocation, name: string): string | undefined {
  const value = invocation.values[name]
  return typeof value === 'string' ? value : undefined
}
