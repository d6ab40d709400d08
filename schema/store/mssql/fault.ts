/**
 * What mssql, tedious and SQL Server throw, as the contract's errors. Unknown faults are taken for `unavailable`: the
 * batch is then kept and tried again, and nothing is lost while somebody finds out.
 */
import { storeFault } from '../fault.ts'
import { StoreError } from '../store.ts'

/** Of the data: NULL, foreign key or check, unique (2601, 2627), truncation (8152, 2628), conversion, row or key too large. */
const REJECTED = new Set([
  515, 547, 2601, 2627, 8152, 2628, 220, 232, 241, 242, 245, 295, 296, 511, 1946, 8114, 8115, 4815, 4863,
])
const TAKEN = new Set([2601, 2627])
/** Invalid column, invalid object: the tables are not ours. */
const NOT_MIGRATED = new Set([207, 208])

const WORDS: Readonly<Record<number, string>> = {
  229: 'the login may not use the tables',
  262: 'the login may not create the tables',
  916: 'the login has no user in the database',
  1105: 'the database is full',
  1088: 'the login may not alter the tables',
  1205: 'deadlock',
  1222: 'a lock was not granted in time',
  2759: 'the login may not create the schema',
  2760: 'the schema does not exist, or the login may not use it',
  3906: 'the database is read-only',
  3960: 'the row changed under a snapshot',
  4060: 'the database cannot be opened',
  9002: 'the transaction log is full',
  15247: 'the login may not do this',
  18456: 'the login failed',
}

const UNTRUSTED =
  "the server's certificate is not trusted here: see NODE_EXTRA_CA_CERTS, or TrustServerCertificate=true"

const CODES: Readonly<Record<string, string>> = {
  ELOGIN: 'the login failed, or the database is not open to it',
  ESOCKET: 'no connection',
  ETIMEOUT: 'no answer in time',
  ECONNCLOSED: 'the connection was lost',
  ENOTOPEN: 'the connection was lost',
  ECONNREFUSED: 'no connection: nobody listens at that address and port',
  ENOTFOUND: 'no connection: no computer of that name is known',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  EINSTLOOKUP: 'the named instance was not found',
  TimeoutError: 'no free connection in time',
}

interface Found {
  readonly numbers: readonly number[]
  readonly codes: readonly string[]
}

/**
 * What tedious (19.2.2) says of a value that a type we bind (`types.ts`) cannot take, where it tells no code: in a bulk
 * load. No other TypeError says anything of the data: for a mistake in our code, or in its own, no record may be cut.
 */
const UNFIT = /^(?:Invalid (?:string|number|date)\.|Out of range\.|Value must be between -?\d+ and -?\d+, inclusive\.)$/

const isObject = (thing: unknown): thing is Readonly<Record<string, unknown>> =>
  typeof thing === 'object' && thing !== null

/** All error numbers and codes in `error`, what it wraps, and what came before it in the same answer. */
function found(error: unknown, depth = 0): Found {
  if (!isObject(error) || depth > 4) return { numbers: [], codes: [] }
  const { number, code, name, originalError, precedingErrors, info, cause, errors } = error
  const parts = [originalError, precedingErrors, info, cause, errors].flat().map((e) => found(e, depth + 1))
  const own = [code, name].find((c) => typeof c === 'string')
  return {
    numbers: [...(typeof number === 'number' ? [number] : []), ...parts.flatMap((p) => p.numbers)],
    codes: [...(own === undefined ? [] : [own]), ...parts.flatMap((p) => p.codes)],
  }
}

/** Did the driver refuse a value before it was sent? */
function isUnfit(error: unknown, depth = 0): boolean {
  if (!isObject(error) || depth > 4) return false
  const { code, message, originalError, cause } = error
  if (code === 'EPARAM') return true
  const isSaid = error instanceof TypeError && typeof message === 'string' && UNFIT.test(message)
  return isSaid || isUnfit(originalError, depth + 1) || isUnfit(cause, depth + 1)
}

/** Is an id, or an entry's identity, stored already? */
export const isTaken = (error: unknown): boolean => found(error).numbers.some((n) => TAKEN.has(n))

/** Did no server answer? Then the connections of the pool are in doubt, and with them what they were doing. */
export const isUnanswered = (error: unknown): boolean =>
  !(error instanceof StoreError) && found(error).numbers.length === 0

export function mssqlFault(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const { numbers, codes } = found(error)
  const rejected = numbers.find((n) => REJECTED.has(n))
  if (rejected !== undefined)
    return storeFault('STORE_REJECTED', 'SQL Server: the data do not fit the tables', String(rejected))
  if (numbers.length === 0 && isUnfit(error))
    return storeFault('STORE_REJECTED', 'SQL Server: a value does not fit', codes.join(' '))
  if (numbers.some((n) => NOT_MIGRATED.has(n)))
    return storeFault('STORE_MIGRATION', 'SQL Server: the tables are missing: run "tilsyn migrate"', String(numbers[0]))
  return storeFault('STORE_UNAVAILABLE', `SQL Server: ${words({ numbers, codes })}`, String(numbers[0] ?? codes[0]))
}

/** While a connection is made there are no data yet that could be at fault. */
export function connectFault(error: unknown): StoreError {
  const fault = mssqlFault(error)
  if (fault.code !== 'STORE_REJECTED') return fault
  const { numbers, codes } = found(error)
  return storeFault('STORE_UNAVAILABLE', 'SQL Server: no connection', String(numbers[0] ?? codes[0]))
}

function words({ numbers, codes }: Found): string {
  return (
    // What is wrapped innermost says most: of "ESOCKET" for a certificate, say.
    [...numbers.map((n) => WORDS[n]), ...codes.toReversed().map((c) => CODES[c])].find((w) => w !== undefined) ??
    'the statement failed'
  )
}
