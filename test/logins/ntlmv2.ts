/**
 * NTLMv2 as both ends speak it ([MS-NLMP] sections 2.2.1 "NTLM Messages" and 3.3.2 "NTLM v2 Authentication"): the messages,
 * and the proof that whoever answers a challenge knows the password. No session keys, no MIC: nothing is signed with them.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { authenticateMessage } from '../identity/ntlm-message.ts'
import { md4 } from './md4.ts'

export interface Account {
  readonly domain: string
  readonly name: string
  readonly password: string
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1')
/** Unicode, target, NTLM, always sign, domain, extended session security, target information, 128 and 56 bits. */
const FLAGS = 0xa0898205

/** The NTLM message in a token, also one that SPNEGO wraps; `null`: there is none. */
export function messageIn(token: Buffer): { readonly type: number; readonly bytes: Buffer } | null {
  const start = token.indexOf(SIGNATURE)
  if (start === -1 || token.length < start + 12) return null
  const bytes = token.subarray(start)
  return { type: bytes.readUInt32LE(8), bytes }
}

/** CHALLENGE_MESSAGE, with what IIS tells of itself: names of domain and computer, and the time. */
export function challengeMessage(challenge: Buffer, domain: string): Buffer {
  const target = Buffer.from(domain, 'utf16le')
  const time = Buffer.alloc(8)
  time.writeBigUInt64LE((BigInt(Date.now()) + 11_644_473_600_000n) * 10_000n)
  const information = Buffer.concat([
    pair(2, target),
    pair(1, Buffer.from('BI01', 'utf16le')),
    pair(4, Buffer.from('kommune.invalid', 'utf16le')),
    pair(3, Buffer.from('bi01.kommune.invalid', 'utf16le')),
    pair(7, time),
    pair(0, Buffer.alloc(0)),
  ])
  const head = Buffer.alloc(48)
  SIGNATURE.copy(head)
  head.writeUInt32LE(2, 8)
  field(head, 12, target.length, head.length)
  head.writeUInt32LE(FLAGS, 20)
  challenge.copy(head, 24)
  field(head, 40, information.length, head.length + target.length)
  return Buffer.concat([head, target, information])
}

/** AUTHENTICATE_MESSAGE: what a client that knows the password says to `challenged`. */
export function proofMessage(account: Account, workstation: string, challenged: Buffer): Buffer {
  const { domain, name } = account
  const names = authenticateMessage({ domain, user: name, workstation })
  const blob = clientBlob(randomBytes(8), Buffer.alloc(8), fieldAt(challenged, 40))
  const response = Buffer.concat([ntProof(account, challenged.subarray(24, 32), blob), blob])
  field(names, 20, response.length, names.length)
  return Buffer.concat([names, response])
}

/** Whom an AUTHENTICATE_MESSAGE names. */
export function nameIn(message: Buffer): string {
  return `${fieldAt(message, 28).toString('utf16le')}\\${fieldAt(message, 36).toString('utf16le')}`
}

/** Does whoever sent `message` know the password of `account`? */
export function isProof(message: Buffer, challenge: Buffer, account: Account): boolean {
  const response = fieldAt(message, 20)
  if (response.length <= 24) return false
  return timingSafeEqual(response.subarray(0, 16), ntProof(account, challenge, response.subarray(16)))
}

export function ntProof(account: Account, challenge: Buffer, blob: Buffer): Buffer {
  return hmac(responseKey(account), Buffer.concat([challenge, blob]))
}

/** NTOWFv2. */
function responseKey({ domain, name, password }: Account): Buffer {
  return hmac(md4(Buffer.from(password, 'utf16le')), Buffer.from(name.toUpperCase() + domain, 'utf16le'))
}

/** NTLMv2_CLIENT_CHALLENGE ([MS-NLMP] section 2.2.2.7). */
export function clientBlob(nonce: Buffer, time: Buffer, pairs: Buffer): Buffer {
  return Buffer.concat([Buffer.from([1, 1, 0, 0, 0, 0, 0, 0]), time, nonce, Buffer.alloc(4), pairs, Buffer.alloc(4)])
}

const hmac = (key: Buffer, bytes: Buffer) => createHmac('md5', key).update(bytes).digest()

function pair(id: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(id)
  head.writeUInt16LE(value.length, 2)
  return Buffer.concat([head, value])
}

function field(message: Buffer, at: number, length: number, offset: number): void {
  message.writeUInt16LE(length, at)
  message.writeUInt16LE(length, at + 2)
  message.writeUInt32LE(offset, at + 4)
}

function fieldAt(message: Buffer, at: number): Buffer {
  const offset = message.readUInt32LE(at + 4)
  return message.subarray(offset, offset + message.readUInt16LE(at))
}
