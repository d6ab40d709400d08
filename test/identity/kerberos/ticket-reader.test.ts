import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { KerberosError } from '../../../proxy/identity/kerberos/kerberos-error.ts'
import { type KeytabKey, readKeytab } from '../../../proxy/identity/kerberos/keytab.ts'
import { windowsAccount } from '../../../proxy/identity/kerberos/pac.ts'
import { readNegotiated } from '../../../proxy/identity/kerberos/spnego.ts'
import { userOfRequest } from '../../../proxy/identity/kerberos/ticket.ts'
import { TicketReader } from '../../../proxy/identity/kerberos/ticket-reader.ts'
import { ConfigError } from '../../../schema/config/config-error.ts'
import { answered, der, framed, KERBEROS, KEYS, negotiated, NTLM, pacOf, REALM, request } from './sealing.ts'

/** What curl sent with MIT Kerberos 1.20 for an invented person, and the keytab of the service, by encryption. */
const CAPTURED: Record<string, { readonly keytab: string; readonly token: string }> = JSON.parse(
  readFileSync(new URL('../../fixtures/kerberos/tokens.json', import.meta.url), 'utf8'),
)
const base64 = (text: string) => Buffer.from(text, 'base64')
const userOf = (message: Buffer, keys: readonly KeytabKey[] = KEYS) => userOfRequest(message, keys)

function codeOf(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error instanceof KerberosError ? error.code : error
  }
  return null
}

for (const [etype, { keytab, token }] of Object.entries(CAPTURED)) {
  test(`a client of MIT's, with a service key in ${etype}, is read, and by no other service's key`, () => {
    const read = readNegotiated(base64(token))
    assert.ok(read.kind === 'ap-req')
    const keys = readKeytab(base64(keytab))
    assert.equal(userOf(read.message, keys), `kirsten@${REALM}`)
    const others = keys.map((key) => ({ ...key, key: Buffer.alloc(key.key.length, 1) }))
    assert.equal(
      codeOf(() => userOf(read.message, others)),
      'KERBEROS_NO_KEY',
    )
    // A directory that has counted on; the key is still this one.
    assert.equal(userOf(read.message, [...others, ...keys.map((key) => ({ ...key, kvno: 77 }))]), `kirsten@${REALM}`)
  })
}

test('whoever sends on a ticket of somebody else names nobody', () => {
  assert.equal(userOf(request()), `kirsten@${REALM}`)
  assert.equal(
    codeOf(() => userOf(request({ sender: ['bent'] }))),
    'KERBEROS_BROKEN',
  )
})

test('a ticket of Active Directory names the account as Windows and NTLM do', () => {
  for (const groups of [0, 1, 7])
    assert.equal(userOf(request({ pac: pacOf('kirsten', 'KOMMUNE', groups) })), 'KOMMUNE\\kirsten')
  for (const name of ['k', 'ki', 'sørine', 'æøå']) assert.equal(windowsAccount(pacOf(name, 'D')), `D\\${name}`)
})

test('what stands beside the Kerberos name and cannot be read costs nothing but itself', () => {
  const pac = pacOf('kirsten', 'KOMMUNE')
  for (const odd of [Buffer.alloc(0), Buffer.alloc(8), pac.subarray(0, 300), pacOf('', 'KOMMUNE'), pacOf('k\n', 'K')])
    assert.equal(userOf(request({ pac: odd })), `kirsten@${REALM}`)
})

test('a name with control characters, without a realm or of no end is no name', () => {
  for (const user of [['kir\nsten'], [''], [], ['x'.repeat(600)]])
    assert.equal(
      codeOf(() => userOf(request({ user }))),
      'KERBEROS_BROKEN',
    )
  assert.equal(userOf(request({ user: ['kirsten', 'admin'] })), `kirsten/admin@${REALM}`)
})

test('an unknown encryption and a ticket for a session key are told apart from a missing key', () => {
  assert.equal(
    codeOf(() => userOf(request({ etype: 3 }))),
    'KERBEROS_ETYPE',
  )
  assert.equal(
    codeOf(() => userOf(request({ userToUser: true }))),
    'KERBEROS_NO_KEY',
  )
  assert.equal(
    codeOf(() => userOf(request(), [])),
    'KERBEROS_NO_KEY',
  )
})

test('the message is found bare, framed and negotiated, whatever else the client would take', () => {
  const message = request()
  for (const token of [
    message,
    framed(message),
    framed(message, der(0x06, Buffer.from('2a864882f712010202', 'hex'))),
    negotiated(framed(message)),
    negotiated(message, [NTLM, KERBEROS]),
    answered(framed(message)),
  ])
    assert.deepEqual(readNegotiated(token), { kind: 'ap-req', message })
  for (const token of [negotiated(null), negotiated(framed(Buffer.alloc(9), NTLM)), framed(message, NTLM)])
    assert.equal(readNegotiated(token).kind, 'other')
  assert.equal(readNegotiated(answered(null)).kind, 'continuation')
})

test('no bytes make the readers throw anything but their own error', () => {
  const tokens = [...Object.values(CAPTURED).map(({ token }) => base64(token)), negotiated(framed(request()))]
  const keytab = base64(CAPTURED['aes256-cts']?.keytab ?? '')
  const sound = [...tokens, keytab, pacOf('kirsten', 'KOMMUNE'), request()]
  const changed = fc
    .tuple(fc.constantFrom(...sound), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), fc.nat())
    .map(([bytes, changes, cut]) => {
      const copy = Buffer.from(bytes.subarray(0, bytes.length - (cut % 3 === 0 ? cut % bytes.length : 0)))
      for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value
      return copy
    })
  const any = fc.oneof(
    changed,
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  )
  const keys = [...KEYS, ...readKeytab(keytab)]
  fc.assert(
    fc.property(any, (bytes) => {
      for (const read of [
        () => readKeytab(bytes),
        () => windowsAccount(bytes),
        () => userOfRequest(bytes, keys),
        () => {
          const found = readNegotiated(bytes)
          if (found.kind === 'ap-req') userOfRequest(found.message, keys)
        },
      ]) {
        const code = codeOf(read)
        assert.ok(code === null || typeof code === 'string', String(code))
      }
    }),
    { numRuns: 2000 },
  )
})

function reading(t: TestContext, keytab: Buffer) {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'bi.keytab')
  writeFileSync(path, keytab)
  const [counted, told, clock]: [string[], string[], { ms: number }] = [[], [], { ms: 0 }]
  const config = { keytab: path, configFile: 'tilsyn.config.json' }
  const reader = new TicketReader({
    config,
    onTrouble: (code) => counted.push(code),
    tell: (code, count) => told.push(`${code} ${count}`),
    clock: () => clock.ms,
  })
  return { reader, path, counted, told, clock }
}

const token = (etype: string) => base64(CAPTURED[etype]?.token ?? '')
const keytabOf = (etype: string) => base64(CAPTURED[etype]?.keytab ?? '')
const KIRSTEN = { kind: 'request', user: `kirsten@${REALM}` }
const SOMEBODY = { kind: 'request', user: null }

test('a keytab that changes is read again, and one that cannot be used leaves the old one in force', (t) => {
  const { reader, path, told, clock } = reading(t, keytabOf('aes128-cts'))
  assert.deepEqual(reader.read(token('aes256-cts')), SOMEBODY)
  writeFileSync(path, Buffer.concat([keytabOf('aes256-cts'), keytabOf('aes128-cts').subarray(2)]))
  clock.ms += 1000
  assert.deepEqual(reader.read(token('aes256-cts')), KIRSTEN)
  for (const odd of ['', 'no keytab', '\x05\x02\x00\x00\x00\xff']) {
    writeFileSync(path, odd, 'latin1')
    clock.ms += 60_000
    assert.deepEqual(reader.read(token('aes256-cts')), KIRSTEN)
    assert.equal(told.at(-1), 'KERBEROS_KEYTAB 1')
  }
  rmSync(path)
  clock.ms += 60_000
  assert.deepEqual(reader.read(token('aes128-cts')), KIRSTEN)
  assert.equal(told.length, 5)
})

test('trouble is counted each time, and told once a minute with its number', (t) => {
  const { reader, counted, told, clock } = reading(t, keytabOf('aes128-cts'))
  for (const _ of [1, 2, 3]) reader.read(token('arcfour-hmac'))
  reader.read(Buffer.from('6e03020101', 'hex'))
  clock.ms += 60_000
  reader.read(token('arcfour-hmac'))
  assert.equal(counted.length, 5)
  assert.deepEqual(told, ['KERBEROS_NO_KEY 1', 'KERBEROS_BROKEN 1', 'KERBEROS_NO_KEY 3'])
})

test('a keytab that is none ends the start with its place', (t) => {
  for (const keytab of ['', 'no keytab', '\x05\x02', '\x05\x01'])
    assert.throws(
      () => reading(t, Buffer.from(keytab, 'latin1')),
      (error) => error instanceof ConfigError && error.mistakes[0]?.path === 'identity.kerberos.keytab',
    )
})
