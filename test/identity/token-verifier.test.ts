import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWTPayload } from 'jose'
import { TokenVerifier } from '../../proxy/identity/token-verifier.ts'
import type { TokenConfig } from '../../schema/config/identity.ts'
import { listen } from '../forward/support.ts'

const ISSUER = 'https://login.example/kommune'
const AUDIENCE = 'https://bi.kommune.example'
const USER = 'kirsten@kommune.example'

interface Key {
  readonly kid: string
  readonly sign: CryptoKey
  readonly jwk: object
}

async function keyOf(kid: string): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  return { kid, sign: privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

const [ONE, TWO, FOREIGN] = await Promise.all([keyOf('1'), keyOf('2'), keyOf('1')])
const now = () => Math.floor(Date.now() / 1000)

function token(change: JWTPayload = {}, key = ONE): Promise<string> {
  const claims = { iss: ISSUER, aud: AUDIENCE, upn: USER, exp: now() + 600, ...change }
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: key.kid }).sign(key.sign)
}

const setOf = (...keys: readonly Key[]) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })

function verifier(keys: TokenConfig['keys'], change: Partial<TokenConfig> = {}) {
  const told: string[] = []
  const config = { keys, issuer: [ISSUER], audience: [AUDIENCE], algorithms: ['ES256'], skewSeconds: 60, ...change }
  const made = new TokenVerifier(config, (code) => told.push(code))
  return { told, verify: (text: string, user = USER) => made.verify(text, user) }
}

function keyFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-keys-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'keys.json')
  writeFileSync(path, text)
  return path
}

test('a token signed by a known key, for us, in its time, names its user and no other', async (t) => {
  const path = keyFile(t, setOf(ONE))
  const { verify, told } = verifier({ kind: 'file', path })
  const good = await token()
  assert.equal(await verify(good), true)
  assert.equal(await verify(good, 'bent@kommune.example'), false)
  assert.equal(await verify(await token({ exp: now() - 30 })), true)
  assert.deepEqual(told, [])
})

test('a token that is forged, late, early, for others or without an end verifies nobody', async (t) => {
  const path = keyFile(t, setOf(ONE))
  const { verify, told } = verifier({ kind: 'file', path })
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await token()).split('.')[1]}.`
  const [head, payload] = (await token()).split('.')
  const shared = new SignJWT({ iss: ISSUER, aud: AUDIENCE, upn: USER, exp: now() + 600 })
  const endless = new SignJWT({ iss: ISSUER, aud: AUDIENCE, upn: USER })
    .setProtectedHeader({ alg: 'ES256', kid: '1' })
    .sign(ONE.sign)
  const bad = {
    'another key of the same id': await token({}, FOREIGN),
    'a key nobody knows': await token({}, TWO),
    late: await token({ exp: now() - 90 }),
    early: await token({ nbf: now() + 90 }),
    'for others': await token({ aud: 'https://other.example' }),
    'from others': await token({ iss: 'https://login.example/other' }),
    'without an end': await endless,
    'without a signature': none,
    'with a shared secret': await shared.setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(setOf(ONE))),
    'with another payload': `${head}.${Buffer.from('{}').toString('base64url')}.${payload}`,
    'no token': 'a.b.c',
    empty: '',
  }
  for (const [why, text] of Object.entries(bad)) assert.equal(await verify(text), false, why)
  assert.deepEqual(told, [])
})

test('an algorithm that is not listed does not count, whoever signed', async (t) => {
  const path = keyFile(t, setOf(ONE))
  const { verify } = verifier({ kind: 'file', path }, { algorithms: ['RS256'] })
  assert.equal(await verify(await token()), false)
})

test('a changed key file holds; one that is broken leaves the last good one in force', async (t) => {
  const path = keyFile(t, setOf(ONE))
  const { verify } = verifier({ kind: 'file', path })
  assert.equal(await verify(await token({}, TWO)), false)
  const until = async (text: string, expected: boolean) => {
    for (let tries = 0; (await verify(text)) !== expected; tries++) {
      if (tries > 300) assert.fail('the file was not read again')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  writeFileSync(path, setOf(TWO, ONE))
  await until(await token({}, TWO), true)
  writeFileSync(path, '{"keys":')
  await until(await token(), true)
})

test('keys at an address are had beforehand, and a key of a new id is looked for there', async (t) => {
  let keys = setOf(ONE)
  let asked = 0
  const port = await listen(
    t,
    http.createServer((_req, res) => {
      asked += 1
      res.setHeader('Content-Type', 'application/json').end(keys)
    }),
  )
  const { verify, told } = verifier({ kind: 'url', url: `http://127.0.0.1:${port}/keys` })
  assert.equal(await verify(await token()), true)
  const first = asked
  keys = setOf(ONE, TWO)
  // It is looked for once in a while only: tokens that anybody can make up must not send us there each time.
  for (let i = 0; i < 20; i++) await verify(await token({}, TWO))
  assert.equal(asked, first)
  assert.deepEqual(told, [])
})

test('keys that cannot be had verify nobody, and the operator is told once', async (t) => {
  const port = await listen(
    t,
    http.createServer((_req, res) => {
      res.writeHead(500).end()
    }),
  )
  const away = verifier({ kind: 'url', url: `http://127.0.0.1:${port}/keys` })
  for (let i = 0; i < 3; i++) assert.equal(await away.verify(await token()), false)
  assert.equal(away.told.length, 1)
  const gone = verifier({ kind: 'file', path: join(tmpdir(), 'no', 'such', 'keys.json') })
  assert.equal(await gone.verify(await token()), false)
  assert.deepEqual(gone.told, ['ENOENT'])
})
