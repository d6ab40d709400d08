/** How long entries are kept, as written and as used. Names and defaults: `config.schema.json`. */
import { isLonger, type Kept, retentionPeriod, type RetentionPeriod } from '../record/retention.ts'
import { ConfigError } from './config-error.ts'

export interface RetentionConfig {
  readonly period: RetentionPeriod
  /** Of changes of the set-up, and of deletions. */
  readonly changes: RetentionPeriod
  readonly automatic: boolean
  /** When the automatic run begins, minutes of Copenhagen's day. */
  readonly atMinute: number
  /** Of a login that may delete, in SQL Server; `null`: the store's own is tried. */
  readonly connection: string | null
}

export interface WrittenRetention {
  readonly period?: string
  readonly reason?: string
  readonly changes?: string
  readonly automatic?: boolean
  readonly at?: string
  readonly connectionFile?: string
}

const EXPECTED: Readonly<Record<Kept, string>> = {
  log: 'expected at least six months and at most five years: 6M to 60M, 1Y to 5Y, 27W to 260W, or 184D to 1826D',
  changes: 'expected at least five years and at most ten: 5Y to 10Y, 60M to 120M, 261W to 521W, or 1827D to 3652D',
}

/** @param connection what the file or the environment holds. @throws ConfigError */
export function retentionConfig(written: WrittenRetention, connection: string | null, file: string): RetentionConfig {
  const periodOf = (text: string, kept: Kept, path: string): RetentionPeriod => {
    const period = retentionPeriod(text, kept)
    if (period === null) throw mistake(path, EXPECTED[kept], kept === 'log' ? '"6M"' : '"5Y"')
    return period
  }
  const mistake = (path: string, expected: string, example: string) =>
    new ConfigError(file, [{ path, expected, example }])
  const period = periodOf(written.period ?? '6M', 'log', 'retention.period')
  if (isLonger(period) && written.reason === undefined) {
    const expected = 'expected the special need for which the log is kept longer than six months, in words'
    throw mistake('retention.reason', expected, '"Tilsyn efter sundhedsloven, besluttet 2026-03-01"')
  }
  const [hours = 0, minutes = 0] = (written.at ?? '02:30').split(':').map(Number)
  return {
    period,
    changes: periodOf(written.changes ?? '5Y', 'changes', 'retention.changes'),
    automatic: written.automatic ?? false,
    atMinute: hours * 60 + minutes,
    connection,
  }
}
