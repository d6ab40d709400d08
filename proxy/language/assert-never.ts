/** At the end of a `switch` over kinds: does not compile while a kind is missing. */
export function assertNever(nothing: never): never {
  throw new TypeError(`unexpected ${typeof nothing}`)
}
