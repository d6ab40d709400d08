/**
 * Logins whose body names the user: what the interfaces we know send when somebody types name and password. A claim, which
 * the answer confirms or not; so only where it is known how the server says no. A form of somebody else's may be answered
 * alike either way, and a name that anybody can type must not become a person in evidence.
 */
import type { Request } from '../adapter.ts'

export interface Login {
  readonly user: string
  /** Did the BI server let the user in? */
  accepted(status: number | null, redirect: string | null): boolean
}

const MAX_BODY = 65_536
const MAX_NAME = 512

export function loginOf(request: Request): Login | null {
  const { method, target, text, extent } = request
  if (method !== 'POST' || text === null || text === '' || text.length > MAX_BODY || extent !== 'whole') return null
  const path = target.split('?', 1)[0] ?? ''
  if (path.endsWith('/api/session')) return metabase(text)
  if (path.endsWith('/login/') && request.mediaType === 'application/x-www-form-urlencoded') return superset(text)
  return null
}

/** Metabase: `POST /api/session {"username", "password"}`; 200 with the session, or 4xx. */
function metabase(text: string): Login | null {
  const user = named(memberOf(text, 'username'))
  return user === null ? null : { user, accepted: (status) => status !== null && status >= 200 && status < 300 }
}

/** Superset (Flask-AppBuilder): a form with its token. A wrong password is sent back to the form, a right one elsewhere. */
function superset(text: string): Login | null {
  const form = new URLSearchParams(text)
  const user = named(form.get('username'))
  if (user === null || !form.has('csrf_token') || !form.has('password')) return null
  return {
    user,
    accepted: (status, redirect) =>
      (status === 302 || status === 303) && redirect !== null && !/\/login\/?$/.test(redirect),
  }
}

function memberOf(text: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Reflect.get(value, name) : null
  } catch {
    return null
  }
}

function named(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_NAME) return null
  return /\p{Cc}/u.test(value) ? null : value.trim()
}
