/** Runs the command `tilsyn` as an operator does: a process of its own, in a folder of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../schema/main.ts', import.meta.url))
/** What an operator calls, which keeps what was compiled. */
export const COMMAND = fileURLToPath(new URL('../../schema/command/tilsyn.mjs', import.meta.url))

export interface Finished {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Finished>
  /** What it has printed so far. */
  printed(): string
}

/** Starts `tilsyn ...args`; `input` is its whole standard input, `main` the script that is run. */
export function tilsyn(
  args: readonly string[],
  options: { cwd: string; input?: string; env?: NodeJS.ProcessEnv; detached?: boolean; main?: string },
): Running {
  const env = { ...process.env, NODE_OPTIONS: '', ...options.env }
  // Detached, it is a process group of its own, as under a terminal: Ctrl-C goes to all of a group.
  const { cwd, detached = false, main = MAIN } = options
  const child = spawn(process.execPath, [main, ...args], { cwd, env, detached, stdio: ['pipe', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.end(options.input ?? '')
  const ended = new Promise<Finished>((resolve) => child.once('close', (code) => resolve({ code, out, err })))
  return { child, ended, printed: () => out + err }
}

/** Runs a command to its end. */
export function run(args: readonly string[], options: Parameters<typeof tilsyn>[1]): Promise<Finished> {
  return tilsyn(args, options).ended
}

/** Resolves with what `pattern` matched once the process has printed it; rejects when it ends before. */
export async function printed(running: Running, pattern: RegExp): Promise<RegExpExecArray> {
  const { promise, resolve, reject } = Promise.withResolvers<RegExpExecArray>()
  const look = () => {
    const match = pattern.exec(running.printed())
    if (match !== null) resolve(match)
  }
  running.child.stdout?.on('data', look)
  running.child.stderr?.on('data', look)
  void running.ended.then(({ code }) => reject(new Error(`ended with ${String(code)}: ${running.printed()}`)))
  look()
  return promise
}

/** A folder with a configuration in it. */
export function scratch(config: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-'))
  writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify(config))
  return folder
}

/**
 * A port that nobody listens on just now. It lies below those that systems give to whoever asks for any (from 32768 on
 * Linux, 49152 on others): nobody else gets it by chance while a process that is killed and started again has let it go.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_768)
    const server = createServer()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    if (await promise) return port
  }
}

/** Asks again, every 50 ms and for at most `withinMs`, until `look` gives something: another process is at work. */
export async function eventually<T>(withinMs: number, look: () => Promise<T | null>): Promise<T> {
  const until = Date.now() + withinMs
  for (;;) {
    const found = await look()
    if (found !== null) return found
    if (Date.now() > until) throw new Error(`not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
