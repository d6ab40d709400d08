import { logIdOfPart } from '../../schema/record/ids.ts'
import type { LogId, Origin } from '../../schema/record/ids.ts'
import { entryAbout } from '../../schema/record/nothing-known.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { StoreError } from '../../schema/store/store.ts'
import type { Batch, RecordWriter } from '../../schema/store/store.ts'
import type { Exchange, Gap } from '../../proxy/exchange.ts'
import type { Interpreter } from '../../proxy/ship/understanding.ts'

export const away = () => new StoreError('STORE_UNAVAILABLE', 'away')
export const refused = () => new StoreError('STORE_REJECTED', 'refused')

/** A store as its contract says, in memory; its transactions can be made to fail before and after they commit. */
export class MemoryStore {
  readonly records: QueryRecord[] = []
  readonly positions = new Map<string, number>()
  readonly batches: number[] = []
  beforeCommit: (batch: Batch) => void | Promise<void> = () => undefined
  afterCommit: (batch: Batch) => void | Promise<void> = () => undefined
  onRead: () => void = () => undefined
  #keys = new Set<string>()
  #owners = new Map<LogId, Origin>()

  readonly writer: RecordWriter = {
    position: async (origin) => {
      this.onRead()
      return this.positions.get(origin) ?? 0
    },
    holds: async ({ origin, seq, logId, askedAt }) => {
      this.onRead()
      const near = (id: LogId) => BigInt(id) - BigInt(logId) >= 0n && BigInt(id) - BigInt(logId) < 4096n
      return this.records.some((r) => r.origin === origin && r.seq === seq && r.askedAt === askedAt && near(r.logId))
    },
    write: async (batch) => {
      await this.beforeCommit(batch)
      this.#commit(batch)
      await this.afterCommit(batch)
    },
    append: () => Promise.reject(new Error('the recorder never appends')),
    close: async () => undefined,
  }

  #commit(batch: Batch): void {
    if (batch.position <= (this.positions.get(batch.origin) ?? 0)) return
    const keys = batch.records.map(({ origin, seq, part }) => `${origin}/${seq}/${part}`)
    if (keys.some((key) => this.#keys.has(key)) || new Set(keys).size < keys.length) throw refused()
    for (const [i, record] of batch.records.entries()) {
      if (this.#owners.get(record.logId) === batch.origin) throw refused()
      const id = this.#owners.has(record.logId) ? this.#nextFree(record.logId) : record.logId
      this.#keys.add(keys[i] ?? '')
      this.#owners.set(id, batch.origin)
      this.records.push({ ...record, logId: id })
    }
    this.positions.set(batch.origin, batch.position)
    this.batches.push(batch.records.length)
  }

  #nextFree(id: LogId): LogId {
    const next = logIdOfPart(id, 1)
    return this.#owners.has(next) ? this.#nextFree(next) : next
  }

  get seqs(): readonly number[] {
    return this.records.map(({ seq }) => seq)
  }
}

function entry(of: Exchange): QueryRecord {
  const { asked, answered } = of
  const query = Buffer.from(asked.body.bytes).toString()
  return {
    ...entryAbout(of, asked.askedAt),
    decoded: true,
    server: asked.server,
    ip: asked.clientAddress,
    query,
    userName: asked.identity.user,
    userSource: asked.identity.source,
    userConfirmed: answered?.userConfirmed ?? false,
    action: 'query',
    outcome: answered === null ? 'unknown' : 'answered',
  }
}

/** One record for each exchange, with the body as the query; as simple as `interpret` may be. */
export const plain: Interpreter = {
  interpret: (exchange: Exchange) => ({ records: [entry(exchange)], lessons: [], leftOut: false }),
  interpretGap: (gap: Gap) => {
    const { server, from, count } = gap
    return { ...entryAbout(gap, from), server, query: `${count} missed`, action: 'gap' }
  },
}
