/** Makes what clients and key centres make, in RC4 because that needs the fewest lines: tickets and requests of our own. */
import { createHmac, randomBytes } from 'node:crypto'
import { rc4 } from '../../../proxy/identity/kerberos/rc4.ts'

export const REALM = 'KOMMUNE.EXAMPLE'
export const SERVICE_KEY = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
export const KEYS = [{ principal: `HTTP/bi.kommune.example@${REALM}`, kvno: 3, etype: 23, key: SERVICE_KEY }]

export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents)
  const length = content.length < 0x80 ? [content.length] : [0x82, content.length >> 8, content.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

const number = (value: number) => der(0x02, Buffer.from([value]))
const string = (text: string) => der(0x1b, Buffer.from(text))
const member = (at: number, ...contents: readonly Uint8Array[]) => der(0xa0 | at, ...contents)
const sequence = (...contents: readonly Uint8Array[]) => der(0x30, ...contents)
const octets = (bytes: Uint8Array) => der(0x04, bytes)
const principal = (...names: readonly string[]) =>
  sequence(member(0, number(1)), member(1, sequence(...names.map(string))))

const hmac = (key: Buffer, bytes: Buffer) => createHmac('md5', key).update(bytes).digest()

function seal(key: Buffer, usage: number, plain: Buffer): Buffer {
  const own = hmac(key, Buffer.from([usage, 0, 0, 0]))
  const whole = Buffer.concat([randomBytes(8), plain])
  const mac = hmac(own, whole)
  return Buffer.concat([mac, rc4(hmac(own, mac), whole)])
}

const encrypted = (etype: number, cipher: Buffer) => sequence(member(0, number(etype)), member(2, octets(cipher)))

export interface Sent {
  /** Whom the ticket names. */
  readonly user?: readonly string[]
  /** Whom the authenticator names. */
  readonly sender?: readonly string[]
  readonly pac?: Buffer
  readonly etype?: number
  readonly userToUser?: boolean
}

/** An AP-REQ. */
export function request({ user = ['kirsten'], sender = user, pac, etype = 23, userToUser = false }: Sent = {}): Buffer {
  const session = randomBytes(16)
  const data = (type: number, bytes: Buffer) =>
    sequence(sequence(member(0, der(0x02, Buffer.from([0, type]))), member(1, octets(bytes))))
  const part = sequence(
    member(0, der(0x03, Buffer.from([0, 0, 0, 0, 0]))),
    member(1, sequence(member(0, number(23)), member(1, octets(session)))),
    member(2, string(REALM)),
    member(3, principal(...user)),
    ...(pac === undefined ? [] : [member(10, data(1, data(128, pac)))]),
  )
  const ticket = sequence(
    member(0, number(5)),
    member(1, string(REALM)),
    member(2, principal('HTTP', 'bi.kommune.example')),
    member(3, encrypted(etype, seal(SERVICE_KEY, 2, der(0x63, part)))),
  )
  const authenticator = sequence(member(0, number(5)), member(1, string(REALM)), member(2, principal(...sender)))
  return der(
    0x6e,
    sequence(
      member(0, number(5)),
      member(1, number(14)),
      member(2, der(0x03, Buffer.from([0, userToUser ? 0x40 : 0, 0, 0, 0]))),
      member(3, der(0x61, ticket)),
      member(4, encrypted(23, seal(session, 11, der(0x62, authenticator)))),
    ),
  )
}

const OID = (hex: string) => der(0x06, Buffer.from(hex, 'hex'))
const SPNEGO = OID('2b0601050502')
export const KERBEROS = OID('2a864886f712010202')
export const NTLM = OID('2b06010401823702020a')

/** GSS-API's own framing of a Kerberos message. */
export const framed = (message: Buffer, mechanism = KERBEROS) => der(0x60, mechanism, Buffer.from([1, 0]), message)

/** A client's first token, with the mechanisms it would take. */
export const negotiated = (token: Buffer | null, mechanisms: readonly Buffer[] = [KERBEROS]) =>
  der(
    0x60,
    SPNEGO,
    member(0, sequence(member(0, sequence(...mechanisms)), ...(token === null ? [] : [member(2, octets(token))]))),
  )

/** A later one: an answer, or the checksum alone. */
export const answered = (token: Buffer | null) =>
  member(1, sequence(member(token === null ? 3 : 2, octets(token ?? randomBytes(28)))))

/** A PAC as Active Directory writes it: logon information and another buffer. */
export function pacOf(user: string, domain: string, groups = 2): Buffer {
  const head = Buffer.alloc(20)
  head.set([1, 0x10, 8, 0, 0xcc, 0xcc, 0xcc, 0xcc])
  head.writeUInt32LE(0x20000, 16)
  const struct = Buffer.alloc(216)
  const deferred: Buffer[] = []
  const text = (at: number, value: string) => {
    struct.writeUInt16LE(value.length * 2, at)
    struct.writeUInt16LE(value.length * 2, at + 2)
    struct.writeUInt32LE(0x20004, at + 4)
    const counts = Buffer.alloc(12)
    counts.writeUInt32LE(value.length, 0)
    counts.writeUInt32LE(value.length, 8)
    deferred.push(counts, Buffer.from(value, 'utf16le'), Buffer.alloc(value.length % 2 === 1 ? 2 : 0))
  }
  for (const [at, value] of [user, 'Kirsten Holm', '', '', '', ''].entries()) text(48 + at * 8, value)
  struct.writeUInt32LE(groups, 108)
  struct.writeUInt32LE(0x20008, 112)
  deferred.push(Buffer.from([groups, 0, 0, 0]), Buffer.alloc(groups * 8, 7))
  text(136, 'DC01')
  text(144, domain)
  const info = Buffer.concat([head, struct, ...deferred])
  const index = Buffer.alloc(8 + 2 * 16)
  index.writeUInt32LE(2, 0)
  index.writeUInt32LE(10, 8)
  index.writeUInt32LE(1, 24)
  index.writeUInt32LE(info.length, 28)
  index.writeUInt32LE(index.length, 32)
  return Buffer.concat([index, info])
}
