/**
 * What an answer shows of a login that its connection now holds, or is in the middle of. Such a connection is nobody's who
 * shares: `ownsConnection` keeps logins off shared ones, and what a BI server should take for one all the same ends here.
 */
import type { IncomingMessage } from 'node:http'
import { pairs } from './answer-head.ts'

const CHALLENGE = /^\s*(?:ntlm|negotiate|kerberos)\s+\S/i

export function leavesLogin(answer: IncomingMessage): boolean {
  const { headers } = answer
  const asks = headers['www-authenticate'] ?? headers['proxy-authenticate'] ?? headers['persistent-auth']
  if (asks === undefined) return false
  return pairs(answer.rawHeaders).some(([name, value]) => {
    switch (name.toLowerCase()) {
      case 'www-authenticate':
      case 'proxy-authenticate':
        return CHALLENGE.test(value)
      case 'persistent-auth':
        return /^\s*true\s*$/i.test(value)
      default:
        return false
    }
  })
}
