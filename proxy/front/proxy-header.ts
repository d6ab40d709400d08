/**
 * The header with which a load balancer begins a connection that it passes on: "The PROXY protocol, Versions 1 & 2"
 * (haproxy.org, doc/proxy-protocol.txt, revision of 2020/03/05), sections 2.1 and 2.2.
 *
 * Strict: it is read from trusted addresses only, so whatever is not as the text says is a mistake of set-up, and a
 * guess would give an entry to the wrong address. TLVs of version 2 are passed over, their checksum too: TCP has one.
 */
import { isIP } from 'node:net'
import { plainAddress } from './node-name.ts'

export type ProxyHeader =
  /** More bytes are needed. */
  | { readonly kind: 'partial' }
  | { readonly kind: 'malformed' }
  | {
      readonly kind: 'whole'
      /** Bytes of the header. */
      readonly length: number
      /** `null`: the load balancer speaks for itself (LOCAL, UNKNOWN), so the connection's own address counts. */
      readonly address: string | null
    }

const PARTIAL: ProxyHeader = { kind: 'partial' }
const MALFORMED: ProxyHeader = { kind: 'malformed' }

/** Section 2.2: the signature that begins a header of version 2. */
const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const V1_START = Buffer.from('PROXY ')
/** Section 2.1: "a 108-byte buffer is always enough to store all the line and a trailing zero". */
const V1_MAX_BYTES = 107
const V2_HEAD_BYTES = 16
/** Of a header of version 2 no more is read; TLVs are some hundred bytes, with a client's certificate a few thousand. */
const V2_MAX_BYTES = 16_384

export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (beginsLike(bytes, SIGNATURE)) return bytes.length < V2_HEAD_BYTES ? PARTIAL : readV2(bytes)
  if (beginsLike(bytes, V1_START)) return readV1(bytes)
  return MALFORMED
}

/** As much of `bytes` as there is agrees with `start`. */
function beginsLike(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length)
  return bytes.subarray(0, length).equals(start.subarray(0, length))
}

/** `"PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP source-port SP destination-port CRLF`, or `"PROXY UNKNOWN" … CRLF`. */
function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, V1_MAX_BYTES).indexOf('\r\n')
  if (end === -1) return bytes.length < V1_MAX_BYTES ? PARTIAL : MALFORMED
  const length = end + 2
  const [, family = '', ...rest] = bytes.toString('latin1', 0, end).split(' ')
  if (family === 'UNKNOWN') return { kind: 'whole', length, address: null }
  const [source = '', destination = '', ...ports] = rest
  const version = family === 'TCP4' ? 4 : family === 'TCP6' ? 6 : null
  const address = isIP(source) === version ? plainAddress(source) : null
  const sound = isIP(destination) === version && ports.length === 2 && ports.every(isPort)
  return address === null || !sound ? MALFORMED : { kind: 'whole', length, address }
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65535
}

/** Signature, version and command, family and protocol, length u16be, addresses, TLVs. */
function readV2(bytes: Buffer): ProxyHeader {
  const command = bytes.readUInt8(12)
  const length = V2_HEAD_BYTES + bytes.readUInt16BE(14)
  if ((command !== 0x20 && command !== 0x21) || length > V2_MAX_BYTES) return MALFORMED
  if (bytes.length < length) return PARTIAL
  if (command === 0x20) return { kind: 'whole', length, address: null }
  switch (bytes.readUInt8(13)) {
    case 0x00:
      return { kind: 'whole', length, address: null }
    case 0x11:
      return length < V2_HEAD_BYTES + 12
        ? MALFORMED
        : { kind: 'whole', length, address: bytes.subarray(16, 20).join('.') }
    case 0x21:
      return length < V2_HEAD_BYTES + 36 ? MALFORMED : { kind: 'whole', length, address: ipv6(bytes.subarray(16, 32)) }
    default:
      // Datagrams and Unix sockets carry no HTTP from a client.
      return MALFORMED
  }
}

function ipv6(bytes: Buffer): string | null {
  const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(2 * at).toString(16))
  return plainAddress(groups.join(':'))
}
