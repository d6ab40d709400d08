/** Messages of NTLM as a Windows client sends them ([MS-NLMP] sections 2.2.1.1 and 2.2.1.3). */
export const negotiateMessage = Buffer.from('NTLMSSP\0\x01\0\0\0\x07\x82\x08\xa2', 'latin1')

/** With which a BI server asks for the last one (section 2.2.1.2), as `WWW-Authenticate` has it. */
export const CHALLENGE = `NTLM ${Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1').toString('base64')}`

export interface NtlmNames {
  readonly domain: string
  readonly user: string
  readonly workstation: string
}

export function authenticateMessage(
  { domain, user, workstation }: NtlmNames,
  text: 'unicode' | 'oem' = 'unicode',
): Buffer {
  const head = Buffer.alloc(64)
  head.write('NTLMSSP\0', 'latin1')
  head.writeUInt32LE(3, 8)
  head.writeUInt32LE(text === 'unicode' ? 1 : 2, 60)
  const names = [domain, user, workstation].map((name) => Buffer.from(name, text === 'unicode' ? 'utf16le' : 'latin1'))
  let at = head.length
  for (const [n, name] of names.entries()) {
    head.writeUInt16LE(name.length, 28 + 8 * n)
    head.writeUInt16LE(name.length, 30 + 8 * n)
    head.writeUInt32LE(at, 32 + 8 * n)
    at += name.length
  }
  return Buffer.concat([head, ...names])
}
