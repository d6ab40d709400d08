import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as check, constantFrom, oneof, property, string, uint8Array } from 'fast-check'
import { ownsConnection, readAuthorization } from '../../proxy/identity/authorization.ts'
import { firstToken, nextToken } from '../logins/spnego.ts'
import { authenticateMessage, negotiateMessage } from './ntlm-message.ts'

const basic = (bytes: string | Buffer) => `Basic ${Buffer.from(bytes).toString('base64')}`
const jwt = (claims: unknown) =>
  `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`
const identityOf = (authorization: string) => {
  const claim = readAuthorization(authorization)
  return claim.kind === 'none' ? null : claim.identity
}
const userOf = (authorization: string) => identityOf(authorization)?.user

test('Basic names the user up to the first colon, his domain with him', () => {
  assert.equal(userOf(basic('KOMMUNE\\åse:kode:ord')), 'KOMMUNE\\åse')
  assert.equal(userOf(basic('åse@kommune.dk:')), 'åse@kommune.dk')
  assert.equal(userOf(`bAsIc   ${Buffer.from('a:b').toString('base64')}  `), 'a')
  assert.deepEqual(identityOf(basic(':b')), { user: null, source: 'basic', workstation: null })
})

test('Basic in Latin-1 is read as Latin-1, in UTF-8 as UTF-8', () => {
  assert.equal(userOf(basic(Buffer.from('søren:x', 'latin1'))), 'søren')
  assert.equal(userOf(basic('søren:x')), 'søren')
  // The password does not decide how the user is read.
  assert.equal(userOf(basic(Buffer.concat([Buffer.from('søren:'), Buffer.from([0xff])]))), 'søren')
})

test('what a BI server could still take for Basic is somebody’s, who is not named', () => {
  for (const value of [
    'Basic',
    'Basic ',
    'Basic !!!',
    basic('no colon'),
    basic('a\0b:c'),
    basic('a\r\nb:c'),
    'Basic YTpi YTpi',
  ]) {
    const identity = { user: null, source: 'basic', workstation: null }
    assert.deepEqual(readAuthorization(value), { kind: 'request', identity }, value)
  }
})

test('the last message of NTLM names domain, user and workstation, and holds for the connection', () => {
  const token = authenticateMessage({ domain: 'KOMMUNE', user: 'åse', workstation: 'PC-7' })
  assert.deepEqual(readAuthorization(`NTLM ${token.toString('base64')}`), {
    kind: 'connection',
    identity: { user: 'KOMMUNE\\åse', source: 'ntlm', workstation: 'PC-7' },
  })
  const oem = authenticateMessage({ domain: '', user: 's\xf8ren@kommune.dk', workstation: '' }, 'oem')
  assert.deepEqual(identityOf(`NTLM ${oem.toString('base64')}`), {
    user: 'søren@kommune.dk',
    source: 'ntlm',
    workstation: null,
  })
})

test('NTLM is found inside Negotiate, bare or wrapped in SPNEGO', () => {
  const token = authenticateMessage({ domain: 'K', user: 'bent', workstation: 'W' })
  for (const bytes of [token, nextToken(token), firstToken(token)])
    assert.equal(userOf(`Negotiate ${bytes.toString('base64')}`), 'K\\bent')
})

test('a message of NTLM that lies elsewhere in a token, with which its sender logs in otherwise, names nobody', () => {
  const token = authenticateMessage({ domain: 'K', user: 'bent', workstation: 'W' })
  const kerberos = Buffer.concat([Buffer.from('6e820100', 'hex'), Buffer.alloc(256)])
  for (const bytes of [
    Buffer.concat([nextToken(kerberos), token]),
    nextToken(Buffer.concat([kerberos, token])),
    firstToken(Buffer.concat([Buffer.of(0x60, 0), token])),
    Buffer.concat([kerberos, token]),
  ])
    assert.deepEqual(identityOf(`Negotiate ${bytes.toString('base64')}`), {
      user: null,
      source: 'kerberos',
      workstation: null,
    })
})

test('an anonymous NTLM user is nobody', () => {
  const token = authenticateMessage({ domain: '', user: '', workstation: 'PC' })
  assert.deepEqual(identityOf(`NTLM ${token.toString('base64')}`), { user: null, source: 'ntlm', workstation: 'PC' })
})

test('the first message of NTLM names nobody yet', () => {
  assert.deepEqual(readAuthorization(`NTLM ${negotiateMessage.toString('base64')}`), {
    kind: 'handshake',
    identity: { user: null, source: 'ntlm', workstation: null },
  })
})

test('a message of NTLM whose lengths or offsets lead outside it is somebody’s, who is not named', () => {
  const whole = authenticateMessage({ domain: 'K', user: 'bent', workstation: 'W' })
  for (const at of [28, 36, 44]) {
    for (const [offset, value] of [
      [0, 0xffff],
      [0, 3],
      [4, 0xffffffff],
      [4, whole.length - 1],
    ] as const) {
      const broken = Buffer.from(whole)
      if (offset === 0) broken.writeUInt16LE(value, at)
      else broken.writeUInt32LE(value, at + 4)
      assert.deepEqual(
        readAuthorization(`NTLM ${broken.toString('base64')}`),
        { kind: 'connection', identity: { user: null, source: 'ntlm', workstation: null } },
        `${at} ${offset} ${value}`,
      )
    }
  }
  for (let length = 0; length < 52; length++) {
    assert.equal(userOf(`NTLM ${whole.subarray(0, length).toString('base64')}`) ?? null, null)
  }
})

test('Kerberos is known as such; whom it names is not for us to read', () => {
  const spnego = Buffer.from('6082064706062b0601050502a082063b30820637a00d300b06092a864886f712010202', 'hex')
  assert.deepEqual(readAuthorization(`Negotiate ${spnego.toString('base64')}`), {
    kind: 'connection',
    identity: { user: null, source: 'kerberos', workstation: null },
  })
})

test('a bearer token names the first claim that names a user, whatever scheme carries it', () => {
  assert.equal(userOf(`Bearer ${jwt({ sub: 's', upn: 'åse@kommune.dk', preferred_username: 'p' })}`), 'åse@kommune.dk')
  assert.equal(userOf(`bearer ${jwt({ sub: 's', preferred_username: 'p', unique_name: 'u' })}`), 'p')
  assert.equal(userOf(`MwcToken ${jwt({ unique_name: 'u', email: 'e' })}`), 'u')
  assert.equal(userOf(`Bearer ${jwt({ email: 'e', sub: 's' })}`), 'e')
  assert.equal(userOf(`Bearer ${jwt({ sub: 's' })}`), 's')
  assert.equal(userOf(`Bearer ${jwt({ idtyp: 'app', appid: 'a1', tid: 't1', sub: 's' })}`), 'app:a1@t1')
})

test('a bearer token that cannot be read is one still, and names nobody', () => {
  for (const token of [
    'opaque',
    'a.b',
    'a.b.c',
    `${jwt({ upn: 'anna' })} ${jwt({ upn: 'bent' })}`,
    jwt(null),
    jwt([1]),
    jwt('x'),
    jwt({ upn: 7 }),
    jwt({ upn: 'a\nb' }),
    jwt({ upn: '' }),
  ]) {
    assert.deepEqual(identityOf(`Bearer ${token}`), { user: null, source: 'bearer', workstation: null }, token)
  }
})

test('NTLM and Negotiate own their connection, whatever their case; nothing else does', () => {
  for (const value of ['NTLM TlRM', 'ntlm x', 'Negotiate', 'NEGOTIATE YII=']) assert.ok(ownsConnection(value), value)
  for (const value of [undefined, '', 'Basic x', 'NTLMv2 x', 'xNTLM x', 'Bearer ntlm x'])
    assert.ok(!ownsConnection(value), value)
})

test('no value, however odd, makes the reader throw', () => {
  const scheme = constantFrom('Basic', 'NTLM', 'Negotiate', 'Bearer', 'MwcToken', 'Other', '')
  const bytes = uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
  const signed = bytes.map((rest) => Buffer.concat([Buffer.from('NTLMSSP\0\x03\0\0\0', 'latin1'), rest]))
  const token = oneof(
    bytes.map(String),
    bytes.map((b) => b.toString('base64')),
    signed.map((b) => b.toString('base64')),
    string(),
  )
  check(
    property(scheme, token, (name, value) => {
      const claim = readAuthorization(`${name} ${value}`)
      // Names that reach the record hold nothing that could break a line or a log.
      if (claim.kind !== 'none') assert.doesNotMatch(`${claim.identity.user}${claim.identity.workstation}`, /\p{Cc}/u)
    }),
    { numRuns: 2000 },
  )
})
