/** A thousand people who have asked, keep their connection, and think. */
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { negotiateMessage } from '../identity/ntlm-message.ts'
import { connect, eventually, type RawClient, rawServer } from './support.ts'

const CONNECTIONS = 1000
/** So many at a time: more than a listening socket has room for would have to knock twice. */
const AT_ONCE = 100
const PATIENCE_MS = 60_000
/** What one more idle connection may cost, with the one to the BI server that a login owns. */
const MAX_BYTES_EACH = 100_000

const PLAIN = 'POST /plain HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'
const OWNER = 'POST /owner HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx'
const LOGIN = OWNER.replace('\r\n\r\n', `\r\nAuthorization: NTLM ${negotiateMessage.toString('base64')}\r\n\r\n`)

class Proxy {
  readonly #process: ChildProcess

  constructor(t: TestContext, upstream: number) {
    this.#process = fork(new URL('forward-process.ts', import.meta.url), [`http://127.0.0.1:${upstream}`])
    t.after(() => this.#process.disconnect())
  }

  async port(): Promise<number> {
    const [said]: { readonly port: number }[] = await once(this.#process, 'message')
    return said?.port ?? 0
  }

  async memory(): Promise<number> {
    this.#process.send('rss')
    const [said]: { readonly rss: number }[] = await once(this.#process, 'message')
    return said?.rss ?? 0
  }
}

type Asks = () => Promise<unknown>

async function aFewAtATime(all: readonly Asks[]): Promise<void> {
  for (let at = 0; at < all.length; at += AT_ONCE) {
    await Promise.all(all.slice(at, at + AT_ONCE).map((asks) => asks()))
  }
}

/** Each asks, and has that answer, the `answers`-th on its connection, before this resolves. */
async function ask(clients: readonly RawClient[], request: string, answers: number): Promise<void> {
  const all = new RegExp(`(?:ok[^]*){${answers}}`)
  await aFewAtATime(clients.map((client) => () => client.send(request).has(all, PATIENCE_MS)))
}

/** So many come, each with a first request: who has connected and says nothing for long is sent away. */
async function arrive(connects: () => RawClient, request: string): Promise<readonly RawClient[]> {
  const clients: RawClient[] = []
  const arrives = () => {
    const client = connects()
    clients.push(client)
    return client.send(request).has('ok', PATIENCE_MS)
  }
  await aFewAtATime(Array.from({ length: CONNECTIONS }, () => arrives))
  return clients
}

test('a thousand idle connections cost little, and each works again, with a login of its own and without', async (t) => {
  const open = { plain: 0, owner: 0 }
  let strangers = 0
  const upstream = await rawServer(t, (socket) => {
    let kind: keyof typeof open | null = null
    socket.on('data', (chunk: Buffer) => {
      const asked = chunk.includes('/owner') ? 'owner' : 'plain'
      if (kind === null) open[asked] += 1
      else if (kind !== asked) strangers += 1
      kind ??= asked
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
    socket.on('close', () => kind !== null && (open[kind] -= 1))
  })
  const proxy = new Proxy(t, upstream)
  const port = await proxy.port()
  // From two addresses, for one may have no more than two thousand.
  await ask([connect(t, port)], PLAIN, 1)
  const before = await proxy.memory()

  const plain = await arrive(() => connect(t, port, '127.0.0.1'), PLAIN)
  const withPlain = await proxy.memory()
  const owners = await arrive(() => connect(t, port, '127.0.0.2'), LOGIN)
  const withOwners = await proxy.memory()
  assert.equal(open.owner, CONNECTIONS)
  // The pool is let go of; a login is not.
  await eventually('the pool let go of its connections', () => open.plain === 0, PATIENCE_MS)
  assert.equal(open.owner, CONNECTIONS)

  await ask(plain, PLAIN, 2)
  await ask(owners, OWNER, 2)
  assert.equal(open.owner, CONNECTIONS)
  assert.equal(strangers, 0)
  assert.ok(open.plain <= AT_ONCE, `${open.plain} pooled connections`)
  for (const owner of owners) owner.socket.destroy()
  await eventually('the logins ended with their clients', () => open.owner === 0, PATIENCE_MS)

  const each = { plain: (withPlain - before) / CONNECTIONS, owner: (withOwners - withPlain) / CONNECTIONS }
  t.diagnostic(
    `${Math.round(before / 1e6)} MB; ${Math.round(each.plain)} B and with a login ${Math.round(each.owner)} B each`,
  )
  assert.ok(each.plain < MAX_BYTES_EACH && each.owner < MAX_BYTES_EACH, JSON.stringify(each))
})
