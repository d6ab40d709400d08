/** The proxies that are compared, each started by the bench and stopped with it. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { COMMAND, freePort, printed, tilsyn } from '../../support/tilsyn.ts'
import { isInstalled, OTHER_CORES, pin, PROXY_CORE } from './machine.ts'
import * as nginx from './nginx.ts'

export interface Side {
  readonly name: string
  readonly port: number
  /** Of the process that proxies; `null`: none does. */
  readonly pid: number | null
  readonly stop: () => Promise<void>
}

const PATIENCE_MS = 20_000

function stopped(child: ChildProcess): () => Promise<void> {
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    child.kill('SIGTERM')
    await gone
  }
}

/** Starts a program that listens on `port`, and waits until it does. */
async function listening(command: readonly string[], port: number, cores: string): Promise<ChildProcess> {
  const child = spawn('taskset', ['-c', cores, ...command], { stdio: 'ignore' })
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await pause(50)) {
    if (child.exitCode !== null) break
    if (await accepts(port)) return child
  }
  child.kill()
  throw new Error(`${command[0] ?? ''} does not listen`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function forked(script: string, args: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const options = { execArgv: ['--no-deprecation'], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] as const }
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), args, { ...options, stdio: [...options.stdio] })
  const [{ port }]: [{ port: number }] = (await once(child, 'message')) as [{ port: number }]
  return { child, port }
}

async function nginxSide(name: string, folder: string, config: (port: number) => string, cores: string): Promise<Side> {
  mkdirSync(folder, { recursive: true })
  const port = await freePort()
  writeFileSync(join(folder, 'nginx.conf'), config(port))
  const command = ['nginx', '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')]
  const child = await listening(command, port, cores)
  return { name, port, pid: child.pid ?? null, stop: stopped(child) }
}

/** The BI server, which answers at once. */
export async function instantUpstream(folder: string, answer: Buffer): Promise<Side> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'answer.xml'), answer)
  const side = await nginxSide('direct', folder, (port) => nginx.upstream(folder, port), OTHER_CORES)
  return { ...side, pid: null }
}

export async function slowUpstream(folder: string, answer: Buffer, ms: number): Promise<Side> {
  const file = join(folder, 'slow.xml')
  writeFileSync(file, answer)
  const { child, port } = await forked('slow-upstream.ts', [file, String(ms)])
  return { name: 'direct', port, pid: null, stop: stopped(child) }
}

export async function bareSide(upstream: number): Promise<Side> {
  const { child, port } = await forked('../../forward/bare-process.ts', [`http://127.0.0.1:${upstream}`])
  if (child.pid !== undefined) pin(child.pid)
  return { name: 'http-proxy', port, pid: child.pid ?? null, stop: stopped(child) }
}

export function nginxProxy(folder: string, upstream: number, logs: boolean): Promise<Side> {
  const name = logs ? 'nginx that logs bodies' : 'nginx'
  const own = join(folder, logs ? 'nginx-log' : 'nginx')
  return nginxSide(name, own, (port) => nginx.proxy(own, port, upstream, logs), PROXY_CORE)
}

export async function mitmproxySide(folder: string, upstream: number): Promise<Side> {
  const port = await freePort()
  const own = join(folder, 'mitmproxy')
  const where = ['--listen-host', '127.0.0.1', '-p', `${port}`, '--set', `confdir=${own}`, '-w', join(folder, 'flows')]
  const command = ['mitmdump', '-q', '--mode', `reverse:http://127.0.0.1:${upstream}`, ...where]
  const child = await listening(command, port, PROXY_CORE)
  return { name: 'mitmproxy', port, pid: child.pid ?? null, stop: stopped(child) }
}

/** All of Tilsyn: journal synced, answers read, the recorder writing the embedded store. */
export async function ourSide(folder: string, upstream: number, settings: object = {}): Promise<Side> {
  const port = await freePort()
  mkdirSync(folder, { recursive: true })
  const config = {
    proxy: { listen: `127.0.0.1:${port}`, journal: 'journal' },
    servers: [{ name: 'bi', upstream: `http://127.0.0.1:${upstream}` }],
    store: { kind: 'embedded', path: 'tilsyn.db' },
    persons: { latestBirth: '2057-12-31' },
    log: { level: 'warn' },
    ...settings,
  }
  writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify(config))
  const running = tilsyn(['proxy'], { cwd: folder, main: COMMAND })
  await printed(running, /proxy listening on/)
  if (running.child.pid !== undefined) pin(running.child.pid)
  return { name: 'Tilsyn', port, pid: running.child.pid ?? null, stop: stopped(running.child) }
}

/** Those that are installed; of the others it is said that they are not. */
export async function othersThan(folder: string, upstream: number, say: (text: string) => void): Promise<Side[]> {
  const sides: Side[] = []
  if (isInstalled('nginx')) {
    sides.push(await nginxProxy(folder, upstream, false), await nginxProxy(folder, upstream, true))
  } else say('nginx is not installed: left out')
  if (isInstalled('mitmdump')) sides.push(await mitmproxySide(folder, upstream))
  else say('mitmproxy is not installed: left out')
  return sides
}
