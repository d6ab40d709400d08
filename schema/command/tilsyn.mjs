#!/usr/bin/env node
// The command `tilsyn`. Sources are TypeScript that Node 24 runs as they are; an older Node on the path hands over to
// the one this checkout brought along.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const major = Number(process.versions.node.split('.')[0])

// What was compiled is kept beside the packages, where nobody can write who could not change the code itself. With it no
// thread loads the compiler of TypeScript (docs/performance.md); where it cannot be written, all works without. In the
// environment, because threads and processes that are started later see only that.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL('../../node_modules/.cache/tilsyn', import.meta.url))

// What can be said of a process's memory only before it begins, so that it begins again (docs/decisions/0007): a
// semi-space of V8's young generation in MB, for each thread, how many arenas malloc makes, and what it gives back at
// once. Where the system cannot do that, all works without. A channel to a parent process would not outlive it.
const malloc = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '1048576' }
const bounds = { ...malloc, ...process.env }
const flags = ['--max-semi-space-size=4']
const longRunning = ['up', 'proxy'].includes(process.argv[2] ?? 'up')
const isUnbounded = process.env.MALLOC_ARENA_MAX === undefined
if (major >= 24 && process.platform === 'linux' && longRunning && isUnbounded && !process.connected) {
  const args = [...flags, ...process.execArgv, ...process.argv.slice(1)]
  process.execve(process.execPath, [process.execPath, ...args], bounds)
}

if (major >= 24) {
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE)
  await import(new URL('../main.ts', import.meta.url).href)
} else {
  const suffix = process.platform === 'win32' ? '.exe' : ''
  const own = fileURLToPath(new URL(`../../node_modules/node/bin/node${suffix}`, import.meta.url))
  if (!existsSync(own)) {
    console.error(
      `tilsyn needs Node.js 24 or later; this is ${process.versions.node}. Run npm ci in its folder, or install Node.js 24.`,
    )
    process.exit(1)
  }
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
  const child = spawn(own, [...flags, main, ...process.argv.slice(2)], { stdio, env: bounds })
  child.on('message', (message) => process.send?.(message))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.once('disconnect', () => child.disconnect())
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)))
}
