/** What the server says is wrong, by the numbers of sys.messages. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
  readonly number: number
  constructor(number: number, message: string) {
    super(message)
    this.number = number
  }
}

interface SqliteError {
  readonly errcode: number
  readonly message: string
}

const isSqlite = (error: unknown): error is SqliteError =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'

/** sqlite.org, "Result and Error Codes": the extended codes. */
const NUMBERS: Readonly<Record<number, number>> = { 1299: 515, 1555: 2627, 2067: 2601 }

/** A fault of the embedded database, as SQL Server would tell it. Any other is the double's own. */
export function asServerError(error: unknown): unknown {
  if (!isSqlite(error)) return error
  const { errcode, message } = error
  if (message.includes('no such table')) return new ServerError(208, 'Invalid object name.')
  if (message.includes('no such column')) return new ServerError(207, 'Invalid column name.')
  const number = NUMBERS[errcode]
  return number === undefined ? error : new ServerError(number, message)
}
