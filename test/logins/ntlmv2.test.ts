import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { readAuthorization } from '../../proxy/identity/authorization.ts'
import { md4 } from './md4.ts'
import { challengeMessage, clientBlob, isProof, messageIn, nameIn, ntProof, proofMessage } from './ntlmv2.ts'
import { firstToken, nextToken } from './spnego.ts'

const ANNA = { domain: 'KOMMUNE', name: 'anna', password: 'hemmelig æøå' }

test('MD4 is what RFC 1320 says it is', () => {
  const hex = (text: string) => md4(Buffer.from(text)).toString('hex')
  assert.equal(hex(''), '31d6cfe0d16ae931b73c59d7e0c089c0')
  assert.equal(hex('message digest'), 'd9130a8164549fe818874806e1c7014b')
  assert.equal(hex('1234567890'.repeat(8)), 'e33b4ddc9c38f2199c3e7b164fcc0536')
})

test('a proof of NTLMv2 is the one that MS-NLMP section 4.2.4 works out', () => {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le').toString('hex')
  const pairs = Buffer.from(`02000c00${utf16('Domain')}01000c00${utf16('Server')}00000000`, 'hex')
  const blob = clientBlob(Buffer.alloc(8, 0xaa), Buffer.alloc(8), pairs)
  const account = { domain: 'Domain', name: 'User', password: 'Password' }
  const proof = ntProof(account, Buffer.from('0123456789abcdef', 'hex'), blob)
  assert.equal(proof.toString('hex'), '68cd0ab851e51c96aabc927bebef6a1c')
})

test('only who knows the password proves it, and only to the challenge that was his', () => {
  const challenge = randomBytes(8)
  const message = proofMessage(ANNA, 'PC-1', challengeMessage(challenge, 'KOMMUNE'))
  assert.equal(nameIn(message), 'KOMMUNE\\anna')
  assert.ok(isProof(message, challenge, ANNA))
  assert.ok(!isProof(message, challenge, { ...ANNA, password: 'gættet' }))
  assert.ok(!isProof(message, randomBytes(8), ANNA))
})

test('a login wrapped by Negotiate names its user as one that is not', () => {
  const message = proofMessage(ANNA, 'PC-1', challengeMessage(randomBytes(8), 'KOMMUNE'))
  for (const token of [message, nextToken(message)]) {
    assert.deepEqual(readAuthorization(`Negotiate ${token.toString('base64')}`), {
      kind: 'connection',
      identity: { user: 'KOMMUNE\\anna', source: 'ntlm', workstation: 'PC-1' },
    })
  }
  assert.equal(messageIn(firstToken(Buffer.from('NTLMSSP\0\x01\0\0\0')))?.type, 1)
})
