#!/usr/bin/env node
// The command `tilsyn`. Sources are TypeScript that Node 24 runs as they are; an older Node on the path hands over to
// the one this checkout brought along.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../main.ts', import.meta.url))
const major = Number(process.versions.node.split('.')[0])

if (major >= 24) {
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
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio })
  child.on('message', (message) => process.send?.(message))
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.once('disconnect', () => child.disconnect())
  child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 130)))
}
