/** Writes XPRESS blocks and binary XML, for tests: the other direction of `proxy/protocol/binary`. */
import { SaxesParser } from 'saxes'

const MIN_MATCH = 3
const MAX_DISTANCE = 8192

/** One block's data, greedy: matches of the last place the same three bytes stood. */
export function compressBlock(data: Uint8Array): Uint8Array {
  const out: number[] = []
  const seen = new Map<number, number>()
  let flagsAt = -1
  let flags: number[] = []
  let half = -1
  const flag = (bit: number) => {
    if (flags.length === 0) {
      flagsAt = out.length
      out.push(0, 0, 0, 0)
    }
    flags.push(bit)
    if (flags.length === 32) writeFlags()
  }
  const writeFlags = () => {
    const word = flags.reduce((bits, bit, i) => bits + bit * 2 ** (31 - i), 0)
    for (let i = 0; i < 4; i += 1) out[flagsAt + i] = Math.floor(word / 256 ** i) % 256
    flags = []
  }
  const nibble = (value: number) => {
    if (half < 0) {
      half = out.length
      out.push(value)
    } else {
      out[half] = (out[half] ?? 0) | (value << 4)
      half = -1
    }
  }
  const uint = (value: number, bytes: number) => {
    for (let i = 0; i < bytes; i += 1) out.push(Math.floor(value / 256 ** i) % 256)
  }
  const match = (distance: number, length: number) => {
    const rest = length - 3
    uint(((distance - 1) << 3) | Math.min(rest, 7), 2)
    if (rest < 7) return
    nibble(Math.min(rest - 7, 15))
    if (rest - 7 < 15) return
    uint(Math.min(rest - 22, 255), 1)
    if (rest - 22 < 255) return
    if (rest < 65_536) uint(rest, 2)
    else {
      uint(0, 2)
      uint(rest, 4)
    }
  }
  let at = 0
  while (at < data.length) {
    const key = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0)
    const before = at + MIN_MATCH <= data.length ? seen.get(key) : undefined
    seen.set(key, at)
    let length = 0
    if (before !== undefined && at - before <= MAX_DISTANCE) {
      while (at + length < data.length && data[before + length] === data[at + length]) length += 1
    }
    if (length >= MIN_MATCH) {
      flag(1)
      match(at - (before ?? 0), length)
      at += length
    } else {
      flag(0)
      out.push(data[at] ?? 0)
      at += 1
    }
  }
  if (flags.length > 0) {
    // What is left of the last flags says "match": a reader that knows the size has stopped before.
    while (flags.length > 0) flag(1)
  }
  return Uint8Array.from(out)
}

/** Blocks with their heads; what does not get smaller is stored. */
export function xpress(bytes: Uint8Array, size = 65_535): Uint8Array {
  const blocks: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) {
    const block = bytes.subarray(at, at + size)
    const packed = compressBlock(block)
    const data = packed.length < block.length ? packed : block
    const head = new DataView(new ArrayBuffer(8))
    head.setUint32(0, block.length, true)
    head.setUint32(4, data.length, true)
    blocks.push(new Uint8Array(head.buffer), data)
  }
  return Buffer.concat(blocks)
}

export function mb32(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...mb32(Math.floor(value / 128))]
}

export const text = (value: string): number[] => [...mb32(value.length), ...Buffer.from(value, 'utf16le')]

export const SIGNATURE: readonly number[] = [0xdf, 0xff, 0x02, 0xb0, 0x04]

/** XML text as binary XML, every value an NVARCHAR, each name defined where it is first met. */
export function binaryXml(xml: string): Uint8Array {
  const out: number[] = [...SIGNATURE]
  const names = new Map<string, number>([['', 0]])
  const qnames = new Map<string, number>()
  const name = (value: string): number => {
    const known = names.get(value)
    if (known !== undefined) return known
    out.push(0xf0, ...text(value))
    names.set(value, names.size)
    return names.size - 1
  }
  const qname = (uri: string, prefix: string, local: string): number => {
    const key = `${uri} ${prefix} ${local}`
    const known = qnames.get(key)
    if (known !== undefined) return known
    const parts = [name(uri), name(prefix), name(local)]
    out.push(0xef, ...parts.flatMap(mb32))
    qnames.set(key, qnames.size + 1)
    return qnames.size
  }
  const value = (content: string) => {
    if (content !== '') out.push(0x11, ...text(content))
  }
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', (tag) => {
    const number = qname(tag.uri, tag.prefix, tag.local)
    out.push(0xf8, ...mb32(number))
    const attributes = Object.values(tag.attributes)
    for (const { name: written, uri, prefix, local, value: content } of attributes) {
      const declares = written === 'xmlns' || prefix === 'xmlns'
      const attribute = declares ? qname('', written, '') : qname(uri, prefix, local)
      out.push(0xf6, ...mb32(attribute))
      value(content)
    }
    if (attributes.length > 0) out.push(0xf5)
  })
  parser.on('text', value)
  parser.on('cdata', value)
  parser.on('closetag', () => out.push(0xf7))
  parser.write(xml).close()
  return Uint8Array.from(out)
}
