/**
 * RC4 by hand: OpenSSL 3 keeps it in a provider that is not loaded. For tickets of directories that still use it; what it
 * hides is worth what RC4 is worth, and integrity comes from HMAC beside it.
 */
export function rc4(key: Uint8Array, input: Uint8Array): Buffer {
  const state = Uint8Array.from({ length: 256 }, (_, at) => at)
  const swap = (one: number, other: number) => {
    const kept = state[one] ?? 0
    state[one] = state[other] ?? 0
    state[other] = kept
  }
  for (let i = 0, j = 0; i < 256; i += 1) {
    j = (j + (state[i] ?? 0) + (key[i % key.length] ?? 0)) & 0xff
    swap(i, j)
  }
  const output = Buffer.alloc(input.length)
  for (let at = 0, i = 0, j = 0; at < input.length; at += 1) {
    i = (i + 1) & 0xff
    j = (j + (state[i] ?? 0)) & 0xff
    swap(i, j)
    output[at] = (input[at] ?? 0) ^ (state[((state[i] ?? 0) + (state[j] ?? 0)) & 0xff] ?? 0)
  }
  return output
}
