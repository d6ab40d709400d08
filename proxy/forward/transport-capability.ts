/**
 * The one header that is changed on its way (decision 0011). Clients and servers of Analysis Services tell each other in
 * every request and answer whether they can read binary XML and compression: `NEGO,REQ_SX,REQ_XPRESS,RESP_SX,
 * RESP_XPRESS`, each 0 or 1 ([MS-SSAS] "HTTP/HTTPS", "X-Transport-Caps-Negotiation-Flags"). With all but the first at 0
 * on both sides they stay with the text that both must be able to read.
 *
 * @param headers raw, names and values in turn; changed in place.
 */
export function avoidBinaryXml(headers: string[]): void {
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (name.length !== NAME.length || name.toLowerCase() !== NAME) continue
    const [negotiated = '', ...flags] = (headers[at + 1] ?? '').split(',')
    if (flags.some((flag) => flag.trim() !== '0')) headers[at + 1] = [negotiated, ...flags.map(() => '0')].join(',')
  }
}

const NAME = 'x-transport-caps-negotiation-flags'
