/** A journal with queries in it, made fast, and a recorder as the product runs it that brings them into an embedded store. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import type { Asked } from '../../proxy/exchange.ts'
import { noteProcess } from '../../proxy/journal/checkpoint.ts'
import { nodeDisk, type Disk } from '../../proxy/journal/disk.ts'
import type { JournalOptions } from '../../proxy/journal/journal.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import { interpret, interpretGap } from '../../proxy/protocol/interpret.ts'
import { ChangeLog } from '../../proxy/reload/change-log.ts'
import { Recorder } from '../../proxy/ship/recorder.ts'
import type { Interpreter } from '../../proxy/ship/understanding.ts'
import { loadConfig } from '../../schema/config/load.ts'
import { migrateStore, openStore } from '../../schema/store/open.ts'
import type { Random } from '../support/random.ts'
import { answered, asked } from '../journal/samples.ts'
import { execute } from '../support/xmla.ts'
import { ROWS, type Row, rowsOf } from './stage.ts'
import { assertNothingMissing } from './verified.ts'

const SETTINGS = {
  modules: [],
  mappings: [],
  metadata: 'summary',
  persons: { latestBirth: '2057-12-31', threshold: 20, attributes: [], domains: [] },
} as const

/** As the recorder's thread has it. */
export const interpreter: Interpreter = {
  interpret: (exchange, knowledge) => interpret(exchange, SETTINGS, knowledge),
  interpretGap: (gap) => interpretGap(gap, SETTINGS),
}

/** For journals whose making is not what is tried. */
const HASTY: Disk = {
  ...nodeDisk,
  async create(path) {
    const file = await nodeDisk.create(path)
    return { ...file, sync: async () => undefined }
  },
}

export function question(mark: string): Asked {
  const bytes = Buffer.from(execute(`SELECT [Measures].[Antal] ON 0 FROM [Borger] WHERE ([Prøve].[Mærke].&[${mark}])`))
  return { ...asked(''), askedAt: 1_800_000_000_000, body: { bytes, extent: 'whole' } }
}

/** A backlog of `count` queries, all answered, in the journal in `folder`. */
export async function fillJournal(folder: string, count: number): Promise<void> {
  const journal = await openJournal({ folder, name: 'tilsyn', fs: HASTY })
  for (let n = 0; n < count; n++) {
    const { ticket, durable } = journal.ask(question(`b${n}`))
    journal.answer(ticket, answered())
    if (n % 1000 === 999) await durable
  }
  await journal.close()
}

export interface Shipping {
  /** Stopped when it has written so many batches; absent: when all is written. */
  readonly batches?: number
  readonly batchRecords?: number
  readonly onTrouble?: (code: string) => void
  /** What journal, checkpoint and knowledge are written to. */
  readonly disk?: Disk
}

/** A folder as a proxy has it: configuration, journal, store. */
export class Recorded {
  readonly folder: string
  readonly journal: string
  readonly database: string

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'tilsyn-recorded-'))
    this.journal = join(this.folder, 'data', 'journal')
    this.database = join(this.folder, 'data', 'tilsyn.db')
    t.after(() => rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 }))
  }

  /** One life of a proxy: `count` queries, of which some are answered out of order and some never. */
  async live(random: Random, name: string, count: number, options: Partial<JournalOptions> = {}): Promise<string[]> {
    const journal = await openJournal({ folder: this.journal, name: 'proxy', fs: HASTY, ...options })
    await noteProcess(this.journal, journal.origin, journal.openedPosition, HASTY)
    const marks: string[] = []
    for (let n = 0; n < count; n++) {
      const mark = `${name}-${n}`
      const { ticket, durable } = journal.ask(question(mark))
      if (n % 16 === 0) await durable
      marks.push(mark)
      const fate = random.below(20)
      if (fate > 1) journal.answer(ticket, answered())
      else if (fate === 1) setImmediate(() => journal.answer(ticket, answered()))
    }
    await journal.close()
    return marks
  }

  /** What a proxy does that starts on the journal as it lies there, until it is stopped. */
  async ship(shipping: Shipping = {}): Promise<void> {
    const { batches = Infinity, batchRecords = 50, onTrouble = () => undefined, disk = HASTY } = shipping
    const journal = await openJournal({ folder: this.journal, name: 'proxy', fs: disk })
    await noteProcess(this.journal, journal.origin, journal.openedPosition, disk).catch(() => undefined)
    const changes = await ChangeLog.open({ journal, folder: this.journal, disk })
    const location = { kind: 'embedded', path: this.database } as const
    await migrateStore(location)
    const store = await openStore(location)
    let left = batches
    const recorder: Recorder = new Recorder({
      folder: this.journal,
      openedAt: journal.openedPosition,
      openWriter: async () => ({
        position: (origin) => store.writer.position(origin),
        holds: (entry) => store.writer.holds(entry),
        write: (batch) => store.writer.write(batch),
        append: (use) => store.writer.append(use),
        close: () => store.close(),
      }),
      interpreter,
      batchRecords,
      pauseMs: 1,
      statusMs: 1,
      disk,
      onTrouble,
      onRelease: (position) => void journal.release(position),
      onWritten: () => {
        if (--left <= 0) recorder.stop(0)
      },
    })
    recorder.durable(journal.durablePosition)
    const running = recorder.run()
    // When all is written, if not before: there may be fewer batches than that.
    recorder.stop(600_000)
    await running
    await changes.close()
    await journal.close()
  }

  rows(): readonly Row[] {
    const db = new DatabaseSync(this.database, { readOnly: true, timeout: 10_000 })
    const statement = db.prepare(`${ROWS} log ORDER BY origin, seq, part`)
    statement.setReadBigInts(true)
    const rows = rowsOf(statement.all())
    db.close()
    return rows
  }

  /** `tilsyn verify` finds nothing missing: from the files alone, and in files and tables. */
  async assertVerified(): Promise<void> {
    await assertNothingMissing(loadConfig(null, this.folder, {}))
  }
}

/** No query, number or id twice, no number left out; and of `marks` all are there but those that `lost` entries tell of. */
export function assertOnce(rows: readonly Row[], marks: readonly string[], lost = 0): void {
  const found = Map.groupBy(
    rows.filter(({ mark }) => mark !== null),
    ({ mark }) => mark,
  )
  for (const [mark, own] of found) assert.equal(own.length, 1, `${mark} is there ${own.length} times`)
  const absent = marks.filter((mark) => !found.has(mark))
  assert.ok(
    absent.length <= lost,
    `${absent.length} are not there, and ${lost} are told of: ${absent.slice(0, 9).join()}`,
  )
  assert.equal(new Set(rows.map(({ logId }) => logId)).size, rows.length, 'an id is there twice')
  for (const [origin, own] of Map.groupBy(rows, (row) => row.origin)) {
    const numbers = new Set(own.map(({ seq }) => seq))
    assert.equal(numbers.size, own.length, 'a number is there twice')
    assert.equal(Math.max(...numbers) - Math.min(...numbers) + 1, numbers.size, `a number of ${origin} is left out`)
  }
}
