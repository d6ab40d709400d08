/**
 * What one set-up says that another did not. A set-up is kept without its secrets: of each only a salted, slow hash is
 * left, in the journal's folder and nowhere else, so that a secret that was changed while nobody ran is noticed too.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { isDeepStrictEqual, promisify } from 'node:util'
import type { Setting } from '../../schema/config/settings.ts'
import type { Change } from '../../schema/record/record.ts'

export interface KeptSetting extends Pick<Setting, 'pointer' | 'text' | 'sha256'> {
  /** Both in base64; `null`: nothing of it is secret. */
  readonly secret: { readonly salt: string; readonly hash: string } | null
}

const slowHash = promisify<string, Buffer, number, Buffer>(scrypt)
const HASH_BYTES = 32

export async function keep(settings: readonly Setting[]): Promise<readonly KeptSetting[]> {
  return Promise.all(settings.map(async (setting) => ({ ...plainOf(setting), secret: await hashed(setting.secret) })))
}

async function hashed(secret: string | null, salt = randomBytes(16)): Promise<KeptSetting['secret']> {
  if (secret === null) return null
  const hash = await slowHash(secret, salt, HASH_BYTES)
  return { salt: salt.toString('base64'), hash: hash.toString('base64') }
}

/** In the order of their places. */
export async function changesBetween(
  before: readonly KeptSetting[],
  after: readonly Setting[],
): Promise<readonly Change[]> {
  const [old, now] = [placed(before), placed(after)]
  const places = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  const changes = await Promise.all(places.map((place) => changeOf(place, old.get(place), now.get(place))))
  return changes.filter((change) => change !== null)
}

/** Where two set-ups differ: for telling whoever asks, at once. */
export function placesChanged(before: readonly Setting[], after: readonly Setting[]): readonly string[] {
  const [old, now] = [placed(before), placed(after)]
  const places = [...new Set([...old.keys(), ...now.keys()])].toSorted()
  return places.filter((place) => !isDeepStrictEqual(old.get(place), now.get(place)))
}

function placed<T extends Pick<Setting, 'pointer'>>(settings: readonly T[]): ReadonlyMap<string, T> {
  return new Map(settings.map((setting) => [setting.pointer, setting]))
}

async function changeOf(setting: string, old?: KeptSetting, now?: Setting): Promise<Change | null> {
  if (now === undefined)
    return old === undefined ? null : { setting, kind: 'delete', oldValue: shown(old), newValue: null }
  if (old === undefined) return { setting, kind: 'insert', oldValue: null, newValue: shown(now) }
  const isSameSecret = await sameSecret(old.secret, now.secret)
  if (isSameSecret && old.text === now.text && old.sha256 === now.sha256) return null
  const newValue = isSameSecret ? shown(now) : `${shown(now)} (changed)`
  return { setting, kind: 'change', oldValue: shown(old), newValue }
}

async function sameSecret(old: KeptSetting['secret'], now: string | null): Promise<boolean> {
  if (old === null || now === null) return old === now
  const again = await hashed(now, Buffer.from(old.salt, 'base64'))
  const [one, other] = [Buffer.from(old.hash, 'base64'), Buffer.from(again?.hash ?? '', 'base64')]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** As it is on record: of a file its name and the SHA-256 of its content, of a secret that there is one. */
function shown({ text, sha256, secret }: Setting | KeptSetting): string {
  const content = sha256 === null ? null : `(SHA-256 ${sha256})`
  return [text, content, secret === null ? null : '…'].filter((part) => part !== null).join(' ')
}

function plainOf({ pointer, text, sha256 }: Setting) {
  return { pointer, text, sha256 }
}
