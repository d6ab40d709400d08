import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decrypt, decryptCts, nFold } from '../../../proxy/identity/kerberos/encryption.ts'
import { KerberosError } from '../../../proxy/identity/kerberos/kerberos-error.ts'
import { rc4 } from '../../../proxy/identity/kerberos/rc4.ts'

const hex = (text: string) => Buffer.from(text, 'hex')

test('n-fold gives what RFC 3961, appendix A.1, gives', () => {
  for (const [input, bits, folded] of [
    ['012345', 64, 'be072631276b1955'],
    ['password', 56, '78a07b6caf85fa'],
    ['kerberos', 128, '6b65726265726f737b9b5b2b93132b93'],
    ['kerberos', 168, '8372c236344e5f1550cd0747e15d62ca7a5a3bcea4'],
  ] as const)
    assert.equal(nFold(Buffer.from(input), bits / 8).toString('hex'), folded)
})

test('ciphertext stealing is undone as in RFC 3962, appendix B', () => {
  const key = Buffer.from('chicken teriyaki')
  const text = "I would like the General Gau's Chicken, please, and wonton soup."
  for (const [length, sealed] of [
    [17, 'c6353568f2bf8cb4d8a580362da7ff7f97'],
    [31, 'fc00783e0efdb2c1d445d4c8eff7ed2297687268d6ecccc0c07b25e25ecfe5'],
    [32, '39312523a78662d5be7fcbcc98ebf5a897687268d6ecccc0c07b25e25ecfe584'],
    [47, '97687268d6ecccc0c07b25e25ecfe584b3fffd940c16a18c1b5549d2f838029e39312523a78662d5be7fcbcc98ebf5'],
    [48, '97687268d6ecccc0c07b25e25ecfe5849dad8bbb96c4cdc03bc103e1a194bbd839312523a78662d5be7fcbcc98ebf5a8'],
    [
      64,
      '97687268d6ecccc0c07b25e25ecfe58439312523a78662d5be7fcbcc98ebf5a8' +
        '4807efe836ee89a526730dbc2f7bc8409dad8bbb96c4cdc03bc103e1a194bbd8',
    ],
  ] as const)
    assert.equal(decryptCts(key, hex(sealed)).toString(), text.slice(0, length))
})

const SHA2 = [
  [19, '', 'ef85fb890bb8472f4dab20394dca781dad877eda39d50c870c0d5a0a8e48c718'],
  [19, '000102030405', '84d7f30754ed987bab0bf3506beb09cfb55402cef7e6877ce99e247e52d16ed4421dfdf8976c'],
  [
    19,
    '000102030405060708090a0b0c0d0e0f',
    '3517d640f50ddc8ad3628722b3569d2ae07493fa8263254080ea65c1008e8fc295fb4852e7d83e1e7c48c37eebe6b0d3',
  ],
  [
    19,
    '000102030405060708090a0b0c0d0e0f1011121314',
    '720f73b18d9859cd6ccb4346115cd336c70f58edc0c4437c5573544c31c813bce1e6d072c186b39a413c2f92ca9b8334a287ffcbfc',
  ],
  [20, '', '41f53fa5bfe7026d91faf9be959195a058707273a96a40f0a01960621ac612748b9bbfbe7eb4ce3c'],
  [
    20,
    '000102030405060708090a0b0c0d0e0f1011121314',
    '40013e2df58e8751957d2878bcd2d6fe101ccfd556cb1eae79db3c3ee86429f2b2a602ac86fef6ecb647d6295fae077a1feb517508d2c16b4192e01f62',
  ],
] as const
const BASE_KEYS = {
  19: hex('3705d96080c17728a0e800eab6e0d23c'),
  20: hex('6d404d37faf79f9df0d33568d320669800eb4836472ea8a026d16b7182460c52'),
}

test('AES with SHA-2 is undone as in RFC 8009, appendix A', () => {
  for (const [etype, plain, sealed] of SHA2)
    assert.equal(decrypt({ etype, key: BASE_KEYS[etype] }, 2, hex(sealed))?.toString('hex'), plain)
})

test('what has changed in one bit, or was made for another use or with another key, is not undone', () => {
  for (const [etype, , sealed] of SHA2) {
    const key = BASE_KEYS[etype]
    const bytes = hex(sealed)
    assert.equal(decrypt({ etype, key }, 11, bytes), null)
    assert.equal(decrypt({ etype, key: Buffer.alloc(key.length, 1) }, 2, bytes), null)
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 0x10
      assert.equal(decrypt({ etype, key }, 2, changed), null)
    }
  }
})

test('RC4 gives what its known answers are (RFC 6229, key 0102030405)', () => {
  const stream = rc4(hex('0102030405'), Buffer.alloc(16))
  assert.equal(stream.toString('hex'), 'b2396305f03dc027ccc3524a0a1118a8')
})

test('a key of another length, an unknown encryption and a ciphertext without room for a block are refused', () => {
  const code = (etype: number, keyBytes: number, bytes: number) => {
    try {
      decrypt({ etype, key: Buffer.alloc(keyBytes) }, 2, Buffer.alloc(bytes))
    } catch (error) {
      return error instanceof KerberosError ? error.code : error
    }
    return null
  }
  assert.equal(code(3, 8, 64), 'KERBEROS_ETYPE')
  assert.equal(code(18, 16, 64), 'KERBEROS_BROKEN')
  for (const etype of [17, 19, 23]) assert.equal(code(etype, 16, 20), 'KERBEROS_BROKEN')
})
