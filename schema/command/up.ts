/**
 * `tilsyn up`: both halves at once, each a process of its own, so that a fault in the one cannot touch the other. The
 * halves stop when this process goes, however it goes: they notice that its channel is gone.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Command, Invocation } from './command.ts'
import type { Ready } from './stop.ts'
import { stopRequested } from './stop.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const HALVES = ['proxy', 'reports'] as const
type Half = (typeof HALVES)[number]

export const up: Command = {
  summary: 'run the proxy and the report service',
  help: `tilsyn up

Runs until Ctrl-C. Without a configuration it starts a small sample BI server and sends it a few queries.`,
  options: {},
  async run(invocation) {
    invocation.config() // A mistake is told once, here, before two processes would tell it twice.
    const halves = HALVES.map((half) => start(half, invocation.configFile))
    const ended = halves.map((half) => half.ended)
    const stop = stopRequested(() => halves.forEach((half) => half.reload()))
    const ready = Promise.all(halves.map((half) => half.ready))
    const first = await Promise.race([ready, stop, ...ended])
    if (Array.isArray(first)) {
      welcome(invocation, first)
      await Promise.race([stop, ...ended])
    }
    // Not by a signal: Ctrl-C has already sent one to the halves too, and a second one means at once.
    for (const { child } of halves) if (child.connected) child.disconnect()
    const codes = await Promise.all(ended)
    return codes.every((code) => code === 0) ? 0 : 1
  },
}

interface Running {
  readonly child: ChildProcess
  readonly reload: () => void
  readonly ready: Promise<Ready>
  readonly ended: Promise<number>
}

function start(half: Half, configFile: string | null): Running {
  const chosen = configFile === null ? [] : ['--config', configFile]
  const child = spawn(process.execPath, [MAIN, half, ...chosen], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ready = new Promise<Ready>((resolve) => child.once('message', (message: Ready) => resolve(message)))
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
  // The report service reads its settings at its start.
  const reload = () => void (half === 'proxy' && child.kill('SIGHUP'))
  return { child, ready, ended, reload }
}

function welcome({ print }: Invocation, ready: readonly Ready[]): void {
  for (const half of ready) {
    if (half.half === 'proxy') {
      print(`BI clients connect to   ${half.url}`)
      if (half.samplePerson !== null) {
        print(
          `                        (a sample BI server with invented persons; search for ${half.samplePerson}, say)`,
        )
        print('For a real server, write tilsyn.config.json here, such as')
        print('                        { "servers": [ { "name": "bi01", "upstream": "http://bi01.example:8080" } ] }')
      }
    } else {
      print(`The report service is   ${half.url}`)
      print(`Sign in once with       ${half.signIn}`)
    }
  }
  print('Ctrl-C stops both.')
}
