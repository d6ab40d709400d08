/**
 * What a driver throws says too much: the key that was double, the value that was too long, the user of the connection
 * string. So a StoreError's cause keeps the code of the driver's error and drops its words.
 */
import { StoreError } from './store.ts'

/** The driver's error without its words. */
export class DriverFault extends Error {
  override readonly name = 'DriverFault'
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export function storeFault(code: StoreError['code'], what: string, driverCode: string): StoreError {
  return new StoreError(code, `${what} (${driverCode})`, { cause: new DriverFault(driverCode) })
}

export const closed = (): StoreError => new StoreError('STORE_UNAVAILABLE', 'the store has been closed')
