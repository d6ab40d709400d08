import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientAddress } from '../../proxy/identity/address.ts'
import { ConnectionIdentity } from '../../proxy/identity/connection.ts'
import { redact } from '../../proxy/identity/redact.ts'
import { authenticateMessage, CHALLENGE, negotiateMessage } from './ntlm-message.ts'

const NEGOTIATE = `NTLM ${negotiateMessage.toString('base64')}`
const as = (user: string) => `NTLM ${authenticateMessage({ domain: 'K', user, workstation: 'W' }).toString('base64')}`
/** The BI server asks for the last step, and lets in whoever `says` it. */
function logIn(connection: ConnectionIdentity, says: string): boolean {
  connection.answered(connection.claim(NEGOTIATE), 401, ['Negotiate', CHALLENGE])
  return connection.answered(connection.claim(says), 200)
}
const BASIC = `Basic ${Buffer.from('bent:x').toString('base64')}`

test('a user who logged in by connection is the user of every later request on it', () => {
  const connection = new ConnectionIdentity()
  assert.equal(connection.answered(connection.claim(NEGOTIATE), 401, [CHALLENGE]), false)
  assert.equal(connection.answered(connection.claim(as('anna')), 200), true)
  const later = connection.claim(undefined)
  assert.equal(later.user, 'K\\anna')
  assert.equal(connection.answered(later, 500), true)
})

test('a request pipelined behind the login is claimed by it, and falls with it', () => {
  const connection = new ConnectionIdentity()
  const login = connection.claim(as('anna'))
  const behind = connection.claim(undefined)
  assert.equal(behind.user, 'K\\anna')
  assert.equal(connection.answered(login, 401), false)
  assert.equal(connection.answered(behind, 401), false)
  assert.equal(connection.claim(undefined).user, null)
})

test('a request pipelined behind a refused login is not confirmed by an answer that anybody would have got', () => {
  const connection = new ConnectionIdentity()
  const login = connection.claim(as('anna'))
  const behind = connection.claim(undefined)
  assert.equal(connection.answered(login, 401), false)
  assert.equal(connection.answered(behind, 200), false)
})

test('a 401 after the login takes the confirmation from the requests that follow, until the next login', () => {
  const connection = new ConnectionIdentity()
  logIn(connection, as('anna'))
  assert.equal(connection.answered(connection.claim(undefined), 401), false)
  const later = connection.claim(undefined)
  assert.equal(later.user, 'K\\anna')
  assert.equal(connection.answered(later, 200), false)
  connection.answered(connection.claim(NEGOTIATE), 401, [CHALLENGE])
  assert.equal(connection.claim(undefined).user, null)
  assert.equal(connection.answered(connection.claim(as('anna')), 200), true)
})

test('a new login takes the place of the old one from its first message on', () => {
  const connection = new ConnectionIdentity()
  logIn(connection, as('anna'))
  connection.answered(connection.claim(NEGOTIATE), 401, [CHALLENGE])
  assert.equal(connection.claim(undefined).user, null)
  assert.equal(connection.answered(connection.claim(as('bent')), 200), true)
  assert.equal(connection.claim(undefined).user, 'K\\bent')
})

test('a Basic user is the user of his request alone', () => {
  const connection = new ConnectionIdentity()
  assert.equal(connection.answered(connection.claim(BASIC), 200), true)
  assert.deepEqual(connection.claim(undefined), { user: null, source: 'none', workstation: null })
})

test('a login that the BI server never asked for is not confirmed, and nothing is on its word', () => {
  const connection = new ConnectionIdentity()
  const login = connection.claim(as('bent'))
  assert.equal(login.user, 'K\\bent')
  assert.equal(connection.answered(login, 200), false)
  assert.equal(connection.claim(undefined).user, null)
  // A server that wants no login of this kind, or has only named the kind.
  for (const asks of [[], ['Negotiate', 'NTLM'], ['Basic realm="NTLM TlRMTVNTUAABAAAA"']]) {
    connection.answered(connection.claim(undefined), 401, asks)
    assert.equal(connection.answered(connection.claim(as('bent')), 200), false)
  }
})

test('one question is answered by one login', () => {
  const connection = new ConnectionIdentity()
  assert.equal(logIn(connection, as('anna')), true)
  const other = connection.claim(as('bent'))
  assert.equal(other.user, 'K\\anna')
  assert.equal(connection.answered(other, 200), false)
  assert.equal(connection.claim(undefined).user, 'K\\anna')
  assert.equal(connection.answered(connection.claim(undefined), 200), true)
})

test('whoever logged in on a connection is not another by a name that a request of theirs says', () => {
  const order = ['kerberos', 'ntlm', 'basic'] as const
  const connection = new ConnectionIdentity()
  logIn(connection, as('anna'))
  for (const says of [BASIC, 'Digest username="bent"', 'Basic !', 'NTLM !', 'Negotiate AAAA']) {
    const other = connection.claim(says, null, order)
    assert.equal(other.user, 'K\\anna', says)
    assert.equal(connection.answered(other, 200), false, says)
  }
  const configured = new ConnectionIdentity()
  logIn(configured, as('anna'))
  const other = configured.claim(BASIC, null, ['basic', 'ntlm'])
  assert.equal(other.user, 'bent')
  assert.equal(configured.answered(other, 200), false)
})

/** Tokens that say whose they are; `last` is the last word of a login. */
const TICKETS = {
  read: (token: Buffer) => {
    const user = token.subarray(17).toString()
    return user === 'last' ? ({ kind: 'continuation' } as const) : ({ kind: 'request', user } as const)
  },
}
const ticket = (user: string) => `Negotiate ${Buffer.from(`\x60${'.'.repeat(16)}${user}`, 'latin1').toString('base64')}`

test('a Kerberos user whom the BI server asks back is the one of the last word, and of the requests behind it', () => {
  const connection = new ConnectionIdentity()
  assert.equal(connection.answered(connection.claim(ticket('anna'), TICKETS), 401), false)
  assert.equal(connection.claim(undefined, TICKETS).user, null)
  const last = connection.claim(ticket('last'), TICKETS)
  assert.deepEqual(last, { user: 'anna', source: 'kerberos', workstation: null })
  assert.equal(connection.answered(last, 200), true)
  assert.equal(connection.claim(undefined, TICKETS).user, 'anna')
})

test('a last word that ends nothing begun is of somebody who cannot be named', () => {
  const connection = new ConnectionIdentity()
  assert.equal(connection.claim(ticket('last'), TICKETS).user, null)
  connection.answered(connection.claim(ticket('anna'), TICKETS), 401)
  connection.claim(NEGOTIATE, TICKETS)
  assert.equal(connection.claim(ticket('last'), TICKETS).user, null)
})

test('a client that sends a ticket with every request is confirmed for each, also where it does not wait', () => {
  const connection = new ConnectionIdentity()
  const [one, two] = [connection.claim(ticket('anna'), TICKETS), connection.claim(ticket('anna'), TICKETS)]
  assert.equal(connection.answered(one, 200), true)
  assert.equal(connection.answered(two, 200), true)
  const other = connection.claim(ticket('bent'), TICKETS)
  assert.equal(other.user, 'bent')
  assert.equal(connection.answered(other, 401), false)
  assert.equal(connection.claim(undefined, TICKETS).user, null)
})

test('nobody is confirmed by a 401, and nobody is confirmed as nobody', () => {
  const connection = new ConnectionIdentity()
  assert.equal(connection.answered(connection.claim(BASIC), 401), false)
  assert.equal(connection.answered(connection.claim(undefined), 200), false)
  assert.equal(connection.answered(connection.claim(NEGOTIATE), 200), false)
})

test('one client has one address, however its socket writes it', () => {
  assert.equal(clientAddress('::ffff:10.1.2.3'), '10.1.2.3')
  assert.equal(clientAddress('::FFFF:10.1.2.3'), '10.1.2.3')
  assert.equal(clientAddress('10.1.2.3'), '10.1.2.3')
  assert.equal(clientAddress('2001:db8::1'), '2001:db8::1')
  assert.equal(clientAddress(undefined), '')
})

test('what opens doors is withheld, in any spelling; everything else is kept in its place', () => {
  const open = [
    'Host',
    'X-AS-SessionID',
    'SOAPAction',
    'SspropInitAppName',
    'X-Forwarded-User',
    'Content-Type',
    'Authority',
  ]
  const closed = [
    'Authorization',
    'PROXY-AUTHORIZATION',
    'cookie',
    'Set-Cookie',
    'X-Tableau-Auth',
    'X-AS-GetSessionToken',
    'x-ms-xls2stoken',
    'X-Api-Key',
    'apikey',
    'Client-Secret',
    'X-Password',
    'WWW-Authenticate',
    'X-Token',
  ]
  const raw = [...open, ...closed, ...open].flatMap((name) => [name, `value of ${name}`])
  assert.deepEqual(
    redact(raw),
    [...open, ...closed, ...open].map((name) => [name, closed.includes(name) ? '…' : `value of ${name}`]),
  )
})
