/** Whoever speaks to the control channel out of turn gets nowhere, and keeps nobody else from it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, statSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type Answer, askControl, ControlError, controlPath, openControl } from '../../proxy/reload/control.ts'

const OK: Answer = { kind: 'reloaded', file: 'x', changed: [], atNextStart: [] }
const scratch = () => mkdtempSync(join(tmpdir(), 'tilsyn-'))
const ask = { command: 'reload', user: 'abc' } as const
const noSocket = process.platform === 'win32' ? 'a pipe has no file' : false

async function open(t: TestContext, folder: string, handle: () => Promise<Answer> = async () => OK) {
  const control = await openControl(folder, handle)
  t.after(() => control.close())
}

/** Says `words` and keeps the connection; resolves with what comes until the proxy ends it. */
async function say(t: TestContext, folder: string, words: string): Promise<string> {
  const socket = connect({ path: controlPath(folder), allowHalfOpen: true })
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(words)
  let got = ''
  socket.setEncoding('utf8').on('data', (text: string) => (got += text))
  await new Promise((resolve) => socket.once('end', resolve).once('close', resolve))
  return got
}

test('what is no request gets an answer that says so, or none; the next request is answered', async (t) => {
  const folder = scratch()
  await open(t, folder)
  const failed = `${JSON.stringify({ kind: 'failed', code: 'CONTROL_REQUEST' })}\n`
  const long = JSON.stringify({ command: 'reload', user: 'x'.repeat(5000) })
  const garbage = [
    '\n',
    '[]\n',
    'null\n',
    '{"command":"stop","user":"abc"}\n',
    '{"command":"reload"}\n',
    '\0\u{1F4A9}\n',
  ]
  for (const words of garbage) assert.equal(await say(t, folder, words), failed, words)
  assert.equal(await say(t, folder, 'x'.repeat(5000)), '', 'a line without an end')
  assert.equal(await say(t, folder, `${long}\n`), '', 'a line too long, with its end')
  assert.deepEqual(await askControl(folder, ask), OK)
})

test('connections that are never ended, after a request or in the midst of one, keep nobody out for long', async (t) => {
  const folder = scratch()
  await open(t, folder)
  const request = `${JSON.stringify(ask)}\n`
  const answered = Array.from({ length: 8 }, () => say(t, folder, request))
  for (const answer of await Promise.all(answered)) assert.match(answer, /reloaded/)
  assert.deepEqual(await askControl(folder, ask), OK, 'eight that keep their ends open')
  const halves = Array.from({ length: 8 }, () => say(t, folder, request.slice(0, 9)))
  await assert.rejects(askControl(folder, ask), ControlError, 'eight half requests at once are all there is room for')
  assert.deepEqual(new Set(await Promise.all(halves)), new Set(['']))
  assert.deepEqual(await askControl(folder, ask), OK)
})

test('a request is read no further than its line', async (t) => {
  const [folder, held] = [scratch(), Promise.withResolvers<Answer>()]
  await open(t, folder, () => held.promise)
  const socket = connect(controlPath(folder))
  t.after(() => socket.destroy())
  socket.on('error', () => undefined)
  socket.write(`${JSON.stringify(ask)}\n`)
  const more = Buffer.alloc(1024 * 1024, 'x')
  let [sent, isTaken] = [0, true]
  for (; sent < 16 && isTaken; sent++) {
    if (socket.write(more)) continue
    isTaken = await Promise.race([
      once(socket, 'drain').then(() => true),
      new Promise<false>((resolve) => setTimeout(resolve, 500, false)),
    ])
  }
  held.resolve(OK)
  assert.equal(sent, 1, 'a megabyte is more than the system keeps by itself')
})

test('two at once are both answered, each with its own', async (t) => {
  const folder = scratch()
  let asked = 0
  await open(t, folder, async () => ({ kind: 'failed', code: String((asked += 1)) }))
  const codes = await Promise.all(Array.from({ length: 5 }, () => askControl(folder, ask)))
  assert.deepEqual(codes.map((answer) => (answer?.kind === 'failed' ? answer.code : '')).toSorted(), [
    '1',
    '2',
    '3',
    '4',
    '5',
  ])
})

test(
  'what a killed process has left does not stand in the way, and only its own user gets in',
  { skip: noSocket },
  async (t) => {
    const folder = scratch()
    const { promise, resolve } = Promise.withResolvers<void>()
    // A socket whose process has gone without a word.
    const server = createServer().listen(join(folder, 'socket'), resolve)
    await promise
    renameSync(join(folder, 'socket'), controlPath(folder))
    server.close()
    assert.equal(await askControl(folder, ask), null)
    await open(t, folder)
    assert.equal(statSync(controlPath(folder)).mode & 0o777, 0o600)
    assert.deepEqual(await askControl(folder, ask), OK)
  },
)

test(
  'a folder whose path is too long for a socket: no channel, no crash, and the command finds nobody',
  { skip: noSocket },
  async () => {
    const folder = join(scratch(), 'x'.repeat(120))
    mkdirSync(folder)
    await assert.rejects(
      openControl(folder, async () => OK),
      { code: 'ENAMETOOLONG' },
    )
    assert.equal(await askControl(folder, ask), null)
  },
)

test('an answer that is none, or never comes, is an error of its own', { skip: noSocket }, async (t) => {
  const answers = ['{"kind":"what"}\n', 'x\n', '']
  for (const words of answers) {
    const folder = scratch()
    const server = createServer((socket) => (words === '' ? socket.resume() : socket.end(words)))
    await new Promise<void>((resolve) => server.listen(controlPath(folder), resolve))
    t.after(() => server.close())
    await assert.rejects(askControl(folder, ask, 200), ControlError, words)
  }
})
