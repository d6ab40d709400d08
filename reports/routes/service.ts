/** What the routes work with. */
import type { AccessStore } from '../../schema/store/store.ts'
import type { Keeping, Lag } from '../query/status.ts'
import type { Desk } from '../query/use.ts'
import type { SignInCodes } from './access.ts'

export interface Service {
  readonly desk: Desk
  readonly access: AccessStore
  /** The same, for routes that give nothing personal: it remembers tokens while the database is away. */
  readonly accessToStatus: AccessStore
  readonly lag: Lag
  readonly retention: Keeping
  readonly now: () => number
  readonly signInCodes: SignInCodes
}
