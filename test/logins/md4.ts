/** MD4 (RFC 1320), which NTLM hashes passwords with and OpenSSL 3 no longer brings. For tests: it protects nothing. */
const ROUNDS = [
  { shifts: [3, 7, 11, 19], add: 0, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15] },
  { shifts: [3, 5, 9, 13], add: 0x5a827999, order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15] },
  { shifts: [3, 9, 11, 15], add: 0x6ed9eba1, order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15] },
] as const

const MIX = [
  (x: number, y: number, z: number) => (x & y) | (~x & z),
  (x: number, y: number, z: number) => (x & y) | (x & z) | (y & z),
  (x: number, y: number, z: number) => x ^ y ^ z,
] as const

export function md4(bytes: Buffer): Buffer {
  const padded = Buffer.alloc((((bytes.length + 8) >> 6) + 1) * 64)
  bytes.copy(padded)
  padded[bytes.length] = 0x80
  padded.writeUInt32LE(bytes.length * 8, padded.length - 8)
  let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < padded.length; at += 64) {
    const before = state
    state = block(padded.subarray(at, at + 64), before).map((word, n) => (word + (before[n] ?? 0)) >>> 0)
  }
  const digest = Buffer.alloc(16)
  for (const [n, word] of state.entries()) digest.writeUInt32LE(word, 4 * n)
  return digest
}

function block(words: Buffer, state: readonly number[]): number[] {
  let [a = 0, b = 0, c = 0, d = 0] = state
  for (const [round, { shifts, add, order }] of ROUNDS.entries()) {
    for (const [step, word] of order.entries()) {
      const sum = (a + (MIX[round]?.(b, c, d) ?? 0) + words.readUInt32LE(4 * word) + add) >>> 0
      const shift = shifts[step % 4] ?? 0
      ;[a, b, c, d] = [d, ((sum << shift) | (sum >>> (32 - shift))) >>> 0, b, c]
    }
  }
  return [a, b, c, d]
}
