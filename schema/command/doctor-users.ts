/** By what the proxy tells users: what counts at each BI server, and whether the keys for Kerberos can be had. */
import { open } from 'node:fs/promises'
import type { Config, ServerConfig } from '../config/config.ts'
import { failed, type Finding, ok, warning } from './finding.ts'

/** Many servers go on with the value of these when another user logs in. */
const KEPT = ['jsessionid', 'asp.net_sessionid', 'phpsessid', 'connect.sid', 'session', 'sessionid', 'sid']

export async function users({ servers, identity }: Config): Promise<readonly Finding[]> {
  const found = servers.flatMap((server) => [cookies(server), ...kept(server)])
  const { kerberos, trustedHeader } = identity
  if (trustedHeader !== null)
    found.push(
      ok(`users: ${trustedHeader.name} is believed from ${trustedHeader.from.join(', ')} (identity.trustedHeader)`),
    )
  if (kerberos !== null) found.push(await keys(kerberos.keytab))
  return found
}

function cookies({ name, sessionCookies, rollingCookies }: ServerConfig): Finding {
  const rolling =
    rollingCookies.length === 0 ? '' : `; new with any answer: ${rollingCookies.join(', ')} (rollingCookies)`
  const known = sessionCookies.length === 0 ? 'no cookie' : sessionCookies.join(', ')
  return ok(`BI server ${name}: users are known again by ${known} (sessionCookies)${rolling}`)
}

function kept({ name, sessionCookies }: ServerConfig): readonly Finding[] {
  const risky = sessionCookies.filter((one) => KEPT.includes(one.toLowerCase()))
  return risky.map((one) =>
    warning(
      `BI server ${name}: if ${one} stays as it is when another user logs in, entries carry the user before (sessionCookies)`,
    ),
  )
}

/** Whether they open anything is seen when tickets come: `tilsyn_tickets_unread_total`. */
async function keys(path: string): Promise<Finding> {
  const place = 'users: the keys that Kerberos tickets are read with (identity.kerberos.keytab)'
  try {
    await using file = await open(path, 'r')
    const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
    return buffer.readUInt16BE(0) === 0x0502 ? ok(`${place} can be read`) : failed(`${place} are no keytab`)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    return failed(`${place} cannot be read (${why}); the proxy's own user must be able to`)
  }
}
