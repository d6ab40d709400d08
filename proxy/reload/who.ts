/** Who had the configuration read again, as far as it can be told. */
export type Who =
  /** `user`: whom the command ran as, by its own word. `vouched`: only this user could have asked. */
  | { readonly through: 'command'; readonly user: string; readonly vouched: boolean }
  | { readonly through: 'signal' }
  /** It was found when the proxy started. */
  | { readonly through: 'start' }

/** Places of settings (JSON Pointers), in order. */
export interface Reloaded {
  readonly changed: readonly string[]
  /** What was written, and waits. */
  readonly atNextStart: readonly string[]
}
