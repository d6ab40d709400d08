import type { ClientConnection } from './client-connection.ts'
import type { Origin } from './origin.ts'
import type { ForwardServer } from './target.ts'
import { avoidBinaryXml } from './transport-capability.ts'

/** All that is changed in the head of a request, beside what belongs to one hop: where the server's settings ask for it. */
export function prepareHead(headers: string[], server: ForwardServer, from: ClientConnection, origin: Origin): void {
  if (server.binaryXml === 'avoid') avoidBinaryXml(headers)
  if (server.forwardedHeaders === 'append') origin.announce(headers, from.address, from.isSecure)
}
