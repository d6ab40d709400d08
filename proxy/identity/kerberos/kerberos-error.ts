/** Why nobody could be read from a token; stable, for an operator to alert on. */
export type KerberosCode =
  /** It makes no sense, or its parts do not belong together. */
  | 'KERBEROS_BROKEN'
  /** No key of the keytab opens the ticket: it is for another account, or the password has changed since. */
  | 'KERBEROS_NO_KEY'
  /** An encryption nobody here speaks: DES, Camellia. */
  | 'KERBEROS_ETYPE'

/**
 * Nobody can be read. Thrown inside this folder only: `TicketReader` makes a count of it. It carries the kind of trouble
 * and never a name, for what could not be read may say anything.
 */
export class KerberosError extends Error {
  override readonly name = 'KerberosError'
  readonly code: KerberosCode

  constructor(code: KerberosCode, what: string) {
    super(what)
    this.code = code
  }
}

export const broken = (what: string): KerberosError => new KerberosError('KERBEROS_BROKEN', what)
