/**
 * Reads who a bearer token speaks of. The token is not verified here: the claims are only what they are called
 * (`token-verifier.ts` says more, where the issuer's keys are configured).
 */
import { isName } from './ntlm.ts'

/** In this order: the first that is there names the user (Microsoft Entra access tokens v1 and v2; OpenID Connect). */
const USER_CLAIMS = ['upn', 'preferred_username', 'unique_name', 'email', 'sub'] as const
const MAX_PAYLOAD = 65_536

/** The user in the payload of a JSON Web Token (RFC 7519, section 4 "JWT Claims"), or `null` where none can be read. */
export function bearerUser(token: string): string | null {
  const parts = token.split('.', 4)
  const payload = parts[1]
  if (parts.length !== 3 || payload === undefined || payload.length > MAX_PAYLOAD) return null
  const claims = parseObject(Buffer.from(payload, 'base64url').toString('utf8'))
  return claims === null ? null : userOfClaims(claims)
}

/** The token of a bearer scheme; `null`: the request has none. It is for verifying alone, and goes nowhere else. */
export function bearerToken(authorization: string | undefined): string | null {
  return /^\s*(?:bearer|mwctoken|embedtoken)\s+(\S+)\s*$/i.exec(authorization ?? '')?.[1] ?? null
}

export function userOfClaims(claims: ReadonlyMap<string, unknown>): string | null {
  if (claims.get('idtyp') === 'app') return application(claims)
  for (const claim of USER_CLAIMS) {
    const user = text(claims, claim)
    if (user !== null) return user
  }
  return null
}

/** A token of an application has no user; Analysis Services writes such a caller `app:<application>@<tenant>`. */
function application(claims: ReadonlyMap<string, unknown>): string | null {
  const id = text(claims, 'appid') ?? text(claims, 'azp')
  const tenant = text(claims, 'tid')
  return id === null || tenant === null ? null : `app:${id}@${tenant}`
}

function text(claims: ReadonlyMap<string, unknown>, name: string): string | null {
  const value = claims.get(name)
  return typeof value === 'string' && value !== '' && value.length <= 512 && isName(value) ? value : null
}

function parseObject(json: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json)
    return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : null
  } catch {
    // Not JSON: an opaque token is as valid as a readable one, it only names nobody.
    return null
  }
}
