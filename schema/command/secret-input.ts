/** Reads what must not stand on a command line, which shells remember and process lists show. */
import type { ReadStream } from 'node:tty'
import { text } from 'node:stream/consumers'

/**
 * One line: from standard input as a whole when it is no terminal (no question is asked then), else typed at `prompt`
 * without being shown. Empty when nothing came.
 */
export async function readSecretLine(input: ReadStream | NodeJS.ReadStream, prompt: string): Promise<string> {
  if (!input.isTTY) return (await text(input)).split(/\r?\n/, 1)[0]?.trim() ?? ''
  process.stderr.write(prompt)
  input.setRawMode(true)
  try {
    return await typed(input)
  } finally {
    input.setRawMode(false)
    input.pause()
    process.stderr.write('\n')
  }
}

const CTRL_C = '\u0003'
const ERASE = new Set(['\u007f', '\b'])

function typed(input: NodeJS.ReadStream): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let line = ''
  const take = (keys: string) => {
    for (const key of keys) {
      if (key === '\r' || key === '\n') return done(line)
      if (key === CTRL_C) return done('')
      line = ERASE.has(key) ? line.slice(0, -1) : line + key
    }
  }
  const done = (result: string) => {
    input.off('data', take)
    resolve(result.trim())
  }
  input.setEncoding('utf8').on('data', take)
  return promise
}
