/**
 * The control channel: how a command reaches the proxy that runs. A Unix domain socket in the journal's folder, or on
 * Windows a pipe whose name is made from that folder. One question and one answer a connection, each a line of JSON.
 *
 * Only the proxy's own user comes in: the socket has mode 0600 from its birth, in a folder of mode 0700, and a pipe of
 * Node's can be written to by its maker and by administrators only. Whoever asks says his name; it is vouched for where
 * the name is the proxy's own user, for then nobody else but an administrator could have been let in.
 *
 * Everything is bounded: connections, the length of a line, and the time it may take.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { join, relative, resolve } from 'node:path'
import type { Mistake } from '../../schema/config/config-error.ts'
import type { Reloaded } from './who.ts'

export type Answer =
  | ({ readonly kind: 'reloaded'; readonly file: string } & Reloaded)
  | { readonly kind: 'refused'; readonly file: string; readonly mistakes: readonly Mistake[] }
  | { readonly kind: 'failed'; readonly code: string }

export interface Request {
  readonly command: 'reload'
  /** The operating system's name for whoever asks. */
  readonly user: string
}

const MAX_REQUEST_LETTERS = 4096
const MAX_ANSWER_LETTERS = 4 * 1024 * 1024
const MAX_CONNECTIONS = 8
const REQUEST_MS = 5_000
/** Certificates, key sets and addresses are opened meanwhile. */
const ANSWER_MS = 60_000
/** `sockaddr_un` of macOS; Linux has four bytes more. */
const LONGEST_PATH = 103

/** Where the proxy whose journal is in `folder` listens. A socket's path is short: the shorter of two ways is taken. */
export function controlPath(folder: string): string {
  if (process.platform === 'win32') {
    const name = createHash('sha256').update(resolve(folder).toLowerCase()).digest('hex').slice(0, 32)
    return `\\\\.\\pipe\\tilsyn-${name}`
  }
  const [whole, near] = [join(resolve(folder), 'control'), relative(process.cwd(), join(folder, 'control'))]
  return Buffer.byteLength(near) < Buffer.byteLength(whole) ? near : whole
}

export interface Control {
  close(): void
}

/** @throws what listening throws; the caller goes on without */
export async function openControl(folder: string, handle: (request: Request) => Promise<Answer>): Promise<Control> {
  const path = controlPath(folder)
  const isFile = process.platform !== 'win32'
  if (isFile && Buffer.byteLength(path) > LONGEST_PATH)
    throw Object.assign(new Error('too long'), { code: 'ENAMETOOLONG' })
  const server = createServer((socket) => void serve(socket, handle))
  server.maxConnections = MAX_CONNECTIONS
  // What a killed process has left: the journal's lock says that nobody else is there.
  if (isFile) rmSync(path, { force: true })
  const mask = isFile ? process.umask(0o177) : 0
  try {
    server.listen(path)
    await once(server, 'listening')
  } finally {
    if (isFile) process.umask(mask)
  }
  if (isFile) chmodSync(path, 0o600)
  // It must not keep a proxy that has stopped.
  server.unref()
  return { close: () => void server.close() }
}

async function serve(socket: Socket, handle: (request: Request) => Promise<Answer>): Promise<void> {
  socket.on('error', () => socket.destroy())
  try {
    const line = await readLine(socket, MAX_REQUEST_LETTERS, REQUEST_MS)
    const request = requestOf(line)
    const answer: Answer = request === null ? { kind: 'failed', code: 'CONTROL_REQUEST' } : await handle(request)
    // Whoever does not take his answer, or keeps his end open, takes the place of somebody else.
    socket.setTimeout(REQUEST_MS, () => socket.destroy())
    socket.end(`${JSON.stringify(answer)}\n`, () => socket.destroy())
  } catch {
    socket.destroy()
  }
}

function requestOf(line: string): Request | null {
  const value = parsed(line)
  if (value?.['command'] !== 'reload' || typeof value['user'] !== 'string' || value['user'].length > 256) return null
  return { command: 'reload', user: value['user'] }
}

/** @returns `null`: nobody listens there. @throws ControlError */
export async function askControl(folder: string, request: Request, withinMs = ANSWER_MS): Promise<Answer | null> {
  const socket = connect(controlPath(folder))
  try {
    await once(socket, 'connect')
  } catch {
    return null
  }
  socket.on('error', () => undefined)
  try {
    socket.write(`${JSON.stringify(request)}\n`)
    return answerOf(await readLine(socket, MAX_ANSWER_LETTERS, withinMs))
  } finally {
    socket.destroy()
  }
}

/** What came was no answer, too long, or too late. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly code = 'CONTROL_ANSWER'
  constructor() {
    super('the proxy gave no answer that can be read; what it did stands in its log')
  }
}

function answerOf(line: string): Answer {
  const value = parsed(line)
  const file = typeof value?.['file'] === 'string' ? value['file'] : ''
  switch (value?.['kind']) {
    case 'reloaded':
      return { kind: 'reloaded', file, changed: texts(value['changed']), atNextStart: texts(value['atNextStart']) }
    case 'refused':
      return { kind: 'refused', file, mistakes: objects(value['mistakes']).map(mistakeOf) }
    case 'failed':
      return { kind: 'failed', code: String(value['code']) }
    default:
      throw new ControlError()
  }
}

function mistakeOf({ path, expected, example }: Record<string, unknown>): Mistake {
  return { path: String(path), expected: String(expected), example: typeof example === 'string' ? example : null }
}

function parsed(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
const objects = (value: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(value) ? value.map((one: unknown) => (typeof one === 'object' && one !== null ? { ...one } : {})) : []

/** The first line that comes. @throws ControlError */
function readLine(socket: Socket, maxLetters: number, withinMs: number): Promise<string> {
  const { promise, resolve: came, reject } = Promise.withResolvers<string>()
  let line = ''
  const fail = () => reject(new ControlError())
  const timer = setTimeout(fail, withinMs)
  socket.setEncoding('utf8')
  const take = (text: string) => {
    line += text
    const end = line.indexOf('\n')
    if (end > maxLetters || (end === -1 && line.length > maxLetters)) fail()
    else if (end !== -1) came(line.slice(0, end))
    else return
    // What comes behind is neither read nor kept.
    socket.off('data', take).pause()
  }
  socket.on('data', take)
  socket.on('end', fail)
  socket.on('close', fail)
  return promise.finally(() => clearTimeout(timer))
}
