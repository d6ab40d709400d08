import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionIdentity } from '../../proxy/identity/connection.ts'
import { Networks } from '../../proxy/identity/networks.ts'
import { NO_FRONT, WhoAsks } from '../../proxy/identity/who-asks.ts'
import type { RequestSource } from '../../schema/config/identity.ts'
import { authenticateMessage, CHALLENGE } from './ntlm-message.ts'

const FRONT = '10.1.2.3'
const STRANGER = '10.1.2.4'
const NAME = 'X-Remote-User'
const USUAL: readonly RequestSource[] = ['kerberos', 'ntlm', 'basic', 'bearer', 'header']
const HEADER_FIRST: readonly RequestSource[] = ['header', 'kerberos', 'ntlm', 'basic', 'bearer']
const basic = (user: string) => `Basic ${Buffer.from(`${user}:x`).toString('base64')}`
const NTLM = `NTLM ${authenticateMessage({ domain: 'K', user: 'anna', workstation: 'W' }).toString('base64')}`
const TICKET = `Negotiate ${Buffer.from(`\x60\x82${'x'.repeat(40)}`, 'latin1').toString('base64')}`

interface Told {
  readonly authorization?: string
  readonly raw?: readonly string[]
  readonly peer?: string
  readonly precedence?: readonly RequestSource[]
}

/** Who asks, from where it is known, and whether a good answer confirms it. */
function asked({ authorization, raw = [NAME, 'bent'], peer = FRONT, precedence = USUAL }: Told, status = 200) {
  const whoAsks = new WhoAsks({
    tickets: null,
    verifier: null,
    trustedHeader: { name: NAME, from: [`${FRONT}/32`] },
    precedence,
  })
  const claimed = whoAsks.claim(new ConnectionIdentity(), { authorization, raw, peer })
  return [claimed.identity.user, claimed.identity.source, claimed.answered(status)]
}

test('the header is believed from the front end that is named, and from nobody else', () => {
  assert.deepEqual(asked({}), ['bent', 'header', true])
  assert.deepEqual(asked({}, 401), ['bent', 'header', false])
  for (const peer of [STRANGER, '', 'fe80::1%eth0', 'bent']) assert.deepEqual(asked({ peer }), [null, 'none', false])
})

test('without a trusted header in the configuration no header is anybody', () => {
  const facts = { authorization: undefined, raw: [NAME, 'bent'], peer: FRONT }
  const whoAsks = new WhoAsks(NO_FRONT)
  assert.equal(whoAsks.claim(new ConnectionIdentity(), facts).identity.user, null)
  assert.equal(whoAsks.headerFrom(STRANGER).isForged(NAME), false)
})

test('a header sent twice, joined into one, empty or no name at all names nobody', () => {
  for (const raw of [
    [NAME, 'bent', 'x-remote-user', 'bent'],
    [NAME, 'bent', 'X_Remote_User', 'anna'],
    [NAME, 'bent, anna'],
    [NAME, ' '],
    [NAME, 'b\u0007ent'],
    [NAME, 'b'.repeat(513)],
  ])
    assert.deepEqual(asked({ raw }), [null, 'none', false], JSON.stringify(raw))
})

test('nobody is confirmed beside a header that says two things: the BI server may go by one of them', () => {
  const raw = [NAME, 'anna', NAME, 'bent']
  assert.deepEqual(asked({ raw, authorization: basic('carl') }), ['carl', 'basic', false])
  assert.deepEqual(asked({ raw: [NAME, ''], authorization: basic('carl') }), ['carl', 'basic', true])
})

test('a name in UTF-8 and one in Latin-1 are read as they were written', () => {
  assert.equal(asked({ raw: [NAME, Buffer.from('bjørn').toString('latin1')] })[0], 'bjørn')
  assert.equal(asked({ raw: [NAME, 'bjørn'] })[0], 'bjørn')
})

test('the order of precedence decides who is named; neither is confirmed where they differ', () => {
  const authorization = basic('anna')
  assert.deepEqual(asked({ authorization }), ['anna', 'basic', false])
  assert.deepEqual(asked({ authorization, precedence: HEADER_FIRST }), ['bent', 'header', false])
  assert.deepEqual(asked({ authorization, raw: [] }), ['anna', 'basic', true])
})

test('a header that names the same user takes nothing away', () => {
  assert.deepEqual(asked({ authorization: basic('Bent') }), ['Bent', 'basic', true])
  assert.deepEqual(asked({ authorization: basic('Bent') }, 401), ['Bent', 'basic', false])
})

test('a ticket that cannot be read names nobody, so the header does; but it may be anybody’s', () => {
  assert.deepEqual(asked({ authorization: TICKET }), ['bent', 'header', false])
})

test('a login of the connection holds beside the header, and loses its confirmation by a refusal all the same', () => {
  const connection = new ConnectionIdentity()
  const whoAsks = new WhoAsks({
    tickets: null,
    verifier: null,
    trustedHeader: { name: NAME, from: [FRONT] },
    precedence: HEADER_FIRST,
  })
  const ask = (authorization: string | undefined, raw: readonly string[]) =>
    whoAsks.claim(connection, { authorization, raw, peer: FRONT })
  ask(undefined, []).answered(401, [CHALLENGE])
  assert.equal(ask(NTLM, []).answered(200), true)
  const both = ask(undefined, [NAME, 'bent'])
  assert.deepEqual([both.identity.user, both.answered(200)], ['bent', false])
  assert.equal(ask(undefined, []).identity.user, 'K\\anna')
  both.answered(401)
  const later = ask(undefined, [])
  assert.deepEqual([later.identity.user, later.answered(200)], ['K\\anna', false])
})

test('every spelling that a server could take for the header is the header', () => {
  const whoAsks = new WhoAsks({
    tickets: null,
    verifier: null,
    trustedHeader: { name: NAME, from: [FRONT] },
    precedence: USUAL,
  })
  for (const name of ['x-remote-user', 'X_REMOTE_USER', 'x-remote_user'])
    assert.ok(whoAsks.headerFrom(STRANGER).isForged(name))
  for (const name of ['X-Remote-Users', 'Remote-User', 'X Remote User'])
    assert.ok(!whoAsks.headerFrom(STRANGER).isForged(name))
  assert.ok(!whoAsks.headerFrom(FRONT).isForged(NAME))
})

test('networks of both families hold what lies in them', () => {
  const networks = new Networks(['10.1.0.0/16', '2001:db8::/32', '192.0.2.7'])
  for (const address of ['10.1.255.1', '2001:db8:1::1', '192.0.2.7']) assert.ok(networks.has(address), address)
  for (const address of ['10.2.0.1', '2001:db9::1', '192.0.2.8', '', 'x']) assert.ok(!networks.has(address), address)
})
