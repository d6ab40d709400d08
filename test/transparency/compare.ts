import { isDeepStrictEqual } from 'node:util'
import { ALLOWED, type Allowance, type AllowanceName } from './allowed.ts'
import type { Transcript } from './script.ts'

export interface Compared {
  readonly expected: Transcript
  readonly seen: Transcript
}

/** What should have been seen through the proxy, and what was, as far as it is compared. */
export function compare(direct: Transcript, proxied: Transcript, allowed: readonly AllowanceName[]): Compared {
  const allowances: readonly Allowance[] = allowed.map((name) => ALLOWED[name])
  const expected = allowances.reduce((seen, { expect }) => expect?.(seen) ?? seen, direct)
  const blinded = (seen: Transcript) => allowances.reduce((now, { blind }) => blind?.(now) ?? now, seen)
  return { expected: blinded(expected), seen: blinded(proxied) }
}

/** Allowances among `allowed` without which the two would be as much alike. */
export function needless(direct: Transcript, proxied: Transcript, allowed: readonly AllowanceName[]): AllowanceName[] {
  const alike = (names: readonly AllowanceName[]) => {
    const { expected, seen } = compare(direct, proxied, names)
    return isDeepStrictEqual(expected, seen)
  }
  return allowed.filter((name) => alike(allowed.filter((other) => other !== name)))
}
