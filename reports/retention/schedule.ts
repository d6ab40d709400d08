/**
 * Once a day, at the time that is set or at the first minute the service runs behind it: what is too old is deleted where
 * that is to happen by itself, and else the operator is reminded (requirements N16, N17). Services beside each other do not
 * get in each other's way: one of them has the deletion, the others find nothing left.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { RetentionConfig } from '../../schema/config/retention.ts'
import { copenhagenOf } from '../../schema/record/copenhagen.ts'
import { LogIdMint } from '../../schema/record/ids.ts'
import { KEPT, keptFrom } from '../../schema/record/retention.ts'
import { overdueSince } from '../../schema/store/overdue.ts'
import type { Retention, Store } from '../../schema/store/store.ts'
import { deleteOlder } from './run.ts'

export interface ScheduleOptions {
  readonly config: RetentionConfig
  readonly store: Store
  readonly openRetention: () => Promise<Retention>
  readonly logger: Pick<Console, 'info' | 'warn' | 'error'>
  readonly now?: () => number
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
/** After a failure. */
const AGAIN_MS = 10 * MINUTE_MS

export class Schedule {
  readonly #options: ScheduleOptions
  readonly #now: () => number
  #day: number | null = null
  #notBefore = 0
  #isStopped = false
  #running: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null

  constructor(options: ScheduleOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), MINUTE_MS)
    this.#timer.unref()
    void this.look()
  }

  /** Is it time? Resolves when what was to be done is done. */
  look(): Promise<void> {
    const wall = copenhagenOf(this.#now())
    const [day, minute] = [Math.floor(wall / DAY_MS), Math.floor((wall % DAY_MS) / MINUTE_MS)]
    const isTime = day !== this.#day && minute >= this.#options.config.atMinute && this.#now() >= this.#notBefore
    if (!isTime || this.#isStopped) return Promise.resolve()
    this.#running ??= this.#today(day).finally(() => (this.#running = null))
    return this.#running
  }

  /** A deletion under way stops behind its piece; the next start goes on with it. */
  async close(): Promise<void> {
    this.#isStopped = true
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#running
  }

  async #today(day: number): Promise<void> {
    const { config, store, logger } = this.#options
    try {
      if (config.automatic) await this.#delete()
      const since = await overdueSince(store.reader, config, this.#now())
      this.#day = day
      if (since === null || this.#isStopped) return
      const words = 'entries are kept for longer than they may: see tilsyn retention'
      logger.warn({ code: 'RETENTION_OVERDUE', oldest: new Date(since).toISOString(), period: config.period }, words)
    } catch (error) {
      this.#notBefore = this.#now() + AGAIN_MS
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'RETENTION_FAILED'
      logger.error({ code }, 'nothing could be deleted, or only a part: it is tried again')
    }
  }

  async #delete(): Promise<void> {
    const { config, store, logger } = this.#options
    const periods = { log: config.period, changes: config.changes } as const
    for (const kept of KEPT) {
      const before = keptFrom(periods[kept], this.#now())
      if ((await store.reader.oldest(kept, before)) === null) continue
      const retention = await this.#options.openRetention()
      try {
        const deleted = await deleteOlder(
          {
            retention,
            writer: store.writer,
            mint: new LogIdMint(randomInt(256)),
            by: { name: null, through: 'schedule' },
            holder: randomUUID(),
            now: this.#now,
            rest: (ms) => wait(ms),
            isStopped: () => this.#isStopped,
          },
          kept,
          before,
        )
        if (deleted.kind !== 'ended') return logger.info({ kept, how: deleted.kind }, 'a deletion is under way')
        for (const { run, entries, rows } of deleted.ended) logger.info({ kept, run, entries, rows }, 'deleted')
      } finally {
        await retention.close()
      }
    }
  }
}
