/** The wrapping that Negotiate may put around NTLM (RFC 4178, section 4.2 "Negotiation Tokens"), as far as two ends need it. */
const SPNEGO = Buffer.from('06062b0601050502', 'hex')
const NTLM = Buffer.from('060a2b06010401823702020a', 'hex')

/** A client's first word: NTLM is all it can, and here is its first message. */
export function firstToken(ntlm: Buffer): Buffer {
  const types = tlv(0xa0, tlv(0x30, NTLM))
  return tlv(0x60, SPNEGO, tlv(0xa0, tlv(0x30, types, tlv(0xa2, tlv(0x04, ntlm)))))
}

/** Every further word, of either end. */
export function nextToken(ntlm: Buffer): Buffer {
  return tlv(0xa1, tlv(0x30, tlv(0xa0, tlv(0x0a, Buffer.of(1))), tlv(0xa1, NTLM), tlv(0xa2, tlv(0x04, ntlm))))
}

/** The server's last word: accepted. */
export const ACCEPTED = tlv(0xa1, tlv(0x30, tlv(0xa0, tlv(0x0a, Buffer.of(0)))))

export const isWrapped = (token: Buffer): boolean => token[0] === 0x60 || token[0] === 0xa1

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts)
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}
