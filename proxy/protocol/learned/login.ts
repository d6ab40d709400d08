/**
 * Logins whose body names the user: what the interfaces we know send when somebody types name and password. A claim, which
 * the answer confirms or not; so only where it is known how the server says no. A form of somebody else's may be answered
 * alike either way, and a name that anybody can type must not become a person in evidence.
 */
import type { Request } from '../adapter.ts'

export interface Login {
  readonly user: string
  /** Did the BI server let the user in? */
  accepted(status: number | null): boolean
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

/**
 * Metabase: `POST /api/session {"username", "password"}`; 200 with the session, or 4xx. With anything else in it, or a name
 * that is said twice, it may be another interface's, or be read otherwise there.
 */
function metabase(text: string): Login | null {
  const members = membersOf(text)
  const user = named(members?.get('username'))
  if (members === null || user === null || typeof members.get('password') !== 'string') return null
  return { user, accepted: (status) => status !== null && status >= 200 && status < 300 }
}

const METABASE = new Set(['username', 'password', 'remember'])

function membersOf(text: string): ReadonlyMap<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    const members = new Map(typeof value === 'object' && value !== null ? Object.entries(value) : [])
    // All values are plain, so each of these is a name; a reader that takes the first of two would take another than JSON.parse.
    const names = text.match(/"(?:[^"\\]|\\.)*"\s*:/g) ?? []
    return names.length === members.size && [...members.keys()].every((name) => METABASE.has(name)) ? members : null
  } catch {
    return null
  }
}

/**
 * Superset (Flask-AppBuilder): a form with its token. Never accepted as far as we see: it sends whoever has logged in before
 * to the same page as whoever has typed the right password, whatever name the form has.
 */
function superset(text: string): Login | null {
  const form = new URLSearchParams(text)
  const [user, another] = form.getAll('username')
  const name = another === undefined ? named(user) : null
  if (name === null || !form.has('csrf_token') || !form.has('password')) return null
  return { user: name, accepted: () => false }
}

function named(value: unknown): string | null {
  if (typeof value !== 'string' || value.trim() === '' || value.length > MAX_NAME) return null
  return /\p{Cc}/u.test(value) ? null : value.trim()
}
