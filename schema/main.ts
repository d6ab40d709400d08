/**
 * The command `tilsyn`: finds the command that was asked for in the half that knows it, checks the arguments, and turns
 * what comes back into an exit code: 0 done, 1 failed, 2 wrong usage.
 */
import { parseArgs } from 'node:util'
import type { Command, Invocation } from './command/command.ts'
import { UsageError } from './command/command.ts'
import { doctor } from './command/doctor.ts'
import { migrate } from './command/migrate.ts'
import { up } from './command/up.ts'
import { ConfigError } from './config/config-error.ts'
import { loadConfig } from './config/load.ts'
import { StoreError } from './store/store.ts'

// Each half is loaded only when it is asked for: `tilsyn log` need not load a proxy.
const proxy = async () => (await import('../proxy/main.ts')).commands
const reports = async () => (await import('../reports/main.ts')).commands
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => up,
  proxy: async () => (await proxy()).proxy,
  reload: async () => (await proxy()).reload,
  reports: async () => (await reports()).reports,
  interpret: async () => (await proxy()).interpret,
  verify: async () => (await proxy()).verify,
  searched: async () => (await reports()).searched,
  log: async () => (await reports()).log,
  token: async () => (await reports()).token,
  retention: async () => (await reports()).retention,
  'retention run': async () => (await reports()).retentionRun,
  'retention compact': async () => (await reports()).retentionCompact,
  migrate: async () => migrate,
  doctor: async () => doctor,
}

async function usage(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `  ${name.padEnd(18)} ${(await load()).summary}`),
  )
  return `tilsyn COMMAND [--config FILE] [options]\n\n${lines.join('\n')}\n\ntilsyn COMMAND --help tells more.`
}

async function main(argv: readonly string[]): Promise<number> {
  const { name, rest } = named(argv)
  if (name === '--help' || name === '-h' || name === 'help') {
    console.log(await usage())
    return 0
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (load === undefined) {
    console.error(await usage())
    return 2
  }
  const command = await load()
  try {
    return await run(command, rest)
  } catch (error) {
    return explain(error, command)
  }
}

/** A few commands have names of two words. */
function named([first = '', second = '', ...others]: readonly string[]): { name: string; rest: readonly string[] } {
  const both = `${first} ${second}`
  if (Object.hasOwn(COMMANDS, both)) return { name: both, rest: others }
  return { name: first, rest: second === '' ? others : [second, ...others] }
}

async function run(command: Command, argv: readonly string[]): Promise<number> {
  const { values } = parse(command, argv)
  const help = `${command.help}\n\n  --config FILE   the configuration; default tilsyn.config.json in this folder`
  if (values['help'] === true) {
    console.log(help)
    return 0
  }
  const configFile = typeof values['config'] === 'string' ? values['config'] : null
  const invocation: Invocation = {
    values,
    configFile,
    config: () => loadConfig(configFile, process.cwd(), process.env),
    print: (line) => console.log(line),
    tell: (line) => console.error(line),
  }
  return command.run(invocation)
}

function parse(command: Command, argv: readonly string[]): { values: Record<string, string | boolean> } {
  const options = { ...command.options, config: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const
  try {
    const { values } = parseArgs({ args: [...argv], options, allowPositionals: false, strict: true })
    const given = Object.entries(values).filter((pair): pair is [string, string | boolean] => !Array.isArray(pair[1]))
    return { values: Object.fromEntries(given) }
  } catch (error) {
    // What stood on the line is not repeated: it may be a person number, given where none belongs.
    const option = /'(--?[a-zA-Z][\w-]*)/.exec(error instanceof Error ? error.message : '')?.[1]
    throw new UsageError(option === undefined ? 'this command takes options only' : `wrong use of option ${option}`, {
      cause: error,
    })
  }
}

function explain(error: unknown, command: Command): number {
  if (error instanceof UsageError) {
    console.error(`${error.message}\n\n${command.help}`)
    return 2
  }
  if (error instanceof ConfigError) {
    console.error(error.message)
    return 2
  }
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
  console.error(`${error instanceof Error ? error.message : 'unknown error'}${code}`)
  const store = storeErrorUnder(error)
  if (store !== undefined) console.error(store.message)
  return 1
}

/** What is wrong with the store, when that is why `error` came: whoever reads the log is told what to mend. */
function storeErrorUnder(error: unknown, depth = 0): StoreError | undefined {
  if (!(error instanceof Error) || depth > 4) return undefined
  const causes: readonly unknown[] = [error.cause, ...(error instanceof AggregateError ? error.errors : [])]
  const direct = causes.find((cause) => cause instanceof StoreError)
  return direct ?? causes.map((cause) => storeErrorUnder(cause, depth + 1)).find((found) => found !== undefined)
}

process.exitCode = await main(process.argv.slice(2))
// What is printed may still be on its way to a pipe, so the process ends by itself; but a socket that somebody keeps open
// must not keep a stopped command alive.
setTimeout(() => process.exit(), 2_000).unref()
