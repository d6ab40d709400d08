const MAPPED_IPV4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i

/**
 * The address a connection comes from, as text. An IPv4 address that reached a dual-stack socket is written as IPv4
 * (RFC 4291, section 2.5.5.2 "IPv4-Mapped IPv6 Address"), so that one client has one address in the record.
 *
 * @param remote `socket.remoteAddress`; undefined when the connection was gone before anybody asked.
 */
export function clientAddress(remote: string | undefined): string {
  if (remote === undefined) return ''
  return MAPPED_IPV4.exec(remote)?.[1] ?? remote
}
