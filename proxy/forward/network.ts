/**
 * What counts as one client where clients are counted: an IPv4 address, and of IPv6 the /64 that one household or one
 * machine gets and can choose freely in (RFC 7421, section 1 "Introduction").
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [plain = ''] = address.toLowerCase().split('%')
  const [before = '', after] = plain.split('::')
  const front = groups(before)
  const back = groups(after ?? '')
  const zeros = after === undefined ? 0 : Math.max(8 - front.length - back.length, 0)
  const all = [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
  return `${all.slice(0, 4).join(':')}::/64`
}

const groups = (text: string): string[] =>
  text === '' ? [] : text.split(':').map((group) => group.replace(/^0+(?=.)/, ''))
