/** What the browser does below the page: connections, preflights, cookies and codings are the same either way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Received } from './chromium.ts'
import { COOKIE } from './front.ts'
import type { Arrived } from './front.ts'
import { theOffice } from './support.ts'
import { click, logIn } from './tour.ts'

const office = theOffice()
const CLICKS = 6

interface Network {
  readonly way: 'direct' | 'proxied'
  readonly received: readonly Received[]
  readonly arrived: readonly Arrived[]
  /** Cookies that the page's own script can read. */
  readonly readable: string
}

async function work(way: Network['way'], at: URL): Promise<Network> {
  const mark = await office().mark()
  const person = await office().visit(at)
  await logIn(person, 'revisor', 'revisor')
  for (let i = 0; i < CLICKS; i++) await click(person, '[Borger].[Sønderå]')
  const readable: unknown = await person.page.evaluate('document.cookie')
  await person.leave(office().front.next())
  await person.close()
  return { way, received: person.received, arrived: mark.requests(), readable: String(readable) }
}

let both: Promise<readonly Network[]> | null = null

async function workBothWays(): Promise<readonly Network[]> {
  const direct = await work('direct', office().front.url)
  return [direct, await work('proxied', office().tilsyn.url)]
}

const networks = (): Promise<readonly Network[]> => (both ??= workBothWays())

test('one preflight is enough with the proxy as without, and it is answered as the BI server answers it', async () => {
  for (const { way, received, arrived } of await networks()) {
    const preflights = received.filter(({ isPreflight }) => isPreflight)
    assert.deepEqual(
      preflights.map(({ status }) => status),
      [204],
      way,
    )
    const methods = arrived.map(({ method }) => method)
    assert.deepEqual(methods, ['OPTIONS', ...methods.slice(1).fill('POST')], way)
  }
})

test('connections are kept: clicks come over one that is open, with the proxy as without', async (t) => {
  const fresh = (await networks()).map(({ received }) => received.filter(({ isReused }) => !isReused).length)
  for (const { way, received } of await networks()) {
    const clicks = received.slice(-CLICKS)
    assert.ok(
      clicks.every(({ isReused }) => isReused),
      way,
    )
    assert.equal(new Set(clicks.map(({ connection }) => connection)).size, 1, way)
  }
  t.diagnostic(`connections opened without the proxy ${fresh[0]}, with it ${fresh[1]}`)
})

test('the login cookie comes to the browser and back, hidden from the page, and no password is sent again', async () => {
  for (const { way, arrived, readable } of await networks()) {
    const [preflight, login, ...rest] = arrived
    assert.deepEqual([preflight?.cookie, preflight?.authorization], [null, null], way)
    assert.deepEqual([login?.cookie, login?.authorization?.split(' ')[0]], [null, 'Basic'], way)
    const [cookie] = rest
    assert.ok(cookie?.cookie?.startsWith(`${COOKIE}=`), way)
    assert.deepEqual(new Set(rest.map((one) => one.cookie)), new Set([cookie?.cookie]), way)
    assert.ok(rest.length > CLICKS && rest.every(({ authorization }) => authorization === null), way)
    assert.equal(readable, '', way)
  }
})

test('answers come compressed to the browser where the BI server compresses them, and nowhere else', async () => {
  const [direct, proxied] = (await networks()).map(({ received }) =>
    received.map(({ contentEncoding }) => contentEncoding ?? 'none'),
  )
  assert.deepEqual(
    proxied?.slice(-CLICKS),
    Array.from({ length: CLICKS }, () => 'gzip'),
  )
  assert.deepEqual(proxied?.sort(), direct?.sort())
})
