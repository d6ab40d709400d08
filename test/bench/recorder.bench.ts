/**
 * How many ordinary queries the recorder understands and writes to the embedded store in a second: a journal is filled
 * first (each query of 1.6 kB asked and answered, no two the same, persons sought and persons seen), then one recorder
 * ships all of it, as it does in the proxy's thread. `node test/bench/recorder.bench.ts [queries] [turns]`
 *
 * By the clock, and by the processor time of this process, collections of garbage included: what one core can do when
 * it has nothing else to do. The first turn warms up and is left out.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AnswerFacts } from '../../proxy/exchange.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'
import { interpret, interpretGap } from '../../proxy/protocol/interpret.ts'
import type { Interpretation } from '../../proxy/protocol/interpret.ts'
import type { InterpretSettings } from '../../proxy/protocol/settings.ts'
import { Recorder } from '../../proxy/ship/recorder.ts'
import type { Interpreter } from '../../proxy/ship/understanding.ts'
import { migrateStore, openStore } from '../../schema/store/open.ts'
import { answered, asked } from '../journal/samples.ts'
import { personNo } from '../schema/store/sample.ts'
import { REQUEST } from './peers/traffic.ts'

const queries = Number(process.argv[2] ?? 20_000)
const turns = Number(process.argv[3] ?? 3)
const SETTINGS: InterpretSettings = {
  modules: [],
  mappings: [],
  metadata: 'summary',
  persons: { latestBirth: '2057-12-31', threshold: 20, attributes: [] },
}
const [before, behind] = REQUEST.toString().split('@@')
const persons = [17, 37, 57].map((n) => ({ person: personNo(n), place: 'axis' }))
const facts: AnswerFacts = {
  ...UNREAD_ANSWER,
  kind: 'dataset',
  decoded: true,
  rows: 42,
  cells: 84,
  axes: [2, 42],
  personsSeen: 3,
  persons,
}

async function fill(folder: string): Promise<{ readonly openedAt: number; readonly durable: number }> {
  const journal = await openJournal({ folder, name: 'bench' })
  for (let first = 0; first < queries; first += 500) {
    const group = Array.from({ length: Math.min(500, queries - first) }, (_, n) =>
      journal.ask(asked(`${before ?? ''}${String(first + n).padStart(6, '0')}${behind ?? ''}`, Date.now())),
    )
    await Promise.all(group.map(({ durable }) => durable))
    for (const { ticket } of group) journal.answer(ticket, { ...answered(Date.now()), answerBytes: 20_372, facts })
  }
  await journal.close()
  return { openedAt: journal.openedPosition, durable: journal.durablePosition }
}

interface Shipped {
  readonly seconds: number
  readonly processorSeconds: number
}

async function ship(root: string, interpreter: Interpreter): Promise<Shipped> {
  const folder = join(root, 'journal')
  const { openedAt, durable } = await fill(folder)
  const location = { kind: 'embedded', path: join(root, 'tilsyn.db') } as const
  await migrateStore(location)
  const store = await openStore(location)
  let written = 0
  const recorder = new Recorder({
    folder,
    openedAt,
    openWriter: () => Promise.resolve({ ...bound(store), close: () => store.close() }),
    interpreter,
    onWritten: (tally) => (written += tally.entries.reduce((sum, { count }) => sum + count, 0)),
  })
  recorder.durable(durable)
  recorder.stop(600_000)
  const [started, used] = [performance.now(), process.cpuUsage()]
  await recorder.run()
  const { user, system } = process.cpuUsage(used)
  if (written !== queries) throw new Error(`${written} of ${queries} entries were written`)
  return { seconds: (performance.now() - started) / 1000, processorSeconds: (user + system) / 1e6 }
}

function bound({ writer }: Awaited<ReturnType<typeof openStore>>) {
  return {
    position: writer.position.bind(writer),
    holds: writer.holds.bind(writer),
    write: writer.write.bind(writer),
    append: writer.append.bind(writer),
  }
}

/** Reads each query as the proxy does. */
const understanding: Interpreter = {
  interpret: (exchange, knowledge) => interpret(exchange, SETTINGS, knowledge),
  interpretGap: (gap) => interpretGap(gap, SETTINGS),
}

/** Reads the first, and says the same of all others: what is left is reading the journal and writing the tables. */
function understood(): Interpreter {
  let first: Interpretation | null = null
  return {
    interpret: (exchange, knowledge) => {
      first ??= understanding.interpret(exchange, knowledge)
      const { seq, logId, asked } = exchange
      const records = first.records.map((record) => ({ ...record, seq, logId, askedAt: asked.askedAt }))
      return { ...first, records }
    },
    interpretGap: (gap) => interpretGap(gap, SETTINGS),
  }
}

async function turn(interpreter: Interpreter): Promise<Shipped> {
  const root = mkdtempSync(join(tmpdir(), 'tilsyn-recorder-'))
  try {
    return await ship(root, interpreter)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

const [whole, shipping]: [Shipped[], Shipped[]] = [[], []]
for (let n = 0; n <= turns; n += 1) {
  const [one, other] = [await turn(understanding), await turn(understood())]
  if (n === 0) continue
  whole.push(one)
  shipping.push(other)
}
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN
const seconds = median(whole.map((one) => one.seconds))
const [all, shipped] = [whole, shipping].map((ones) => median(ones.map((one) => one.processorSeconds)))
const micros = (processorSeconds = Number.NaN) => `${((1e6 * processorSeconds) / queries).toFixed(1)} µs`
console.log(
  `${(queries / (all ?? Number.NaN)).toFixed(0)} queries/s understood and written for each second of processor time`,
)
console.log(`${(queries / seconds).toFixed(0)} queries/s by the clock, load ${loadavg()[0]?.toFixed(1) ?? ''}`)
console.log(
  `a query takes ${micros(all)}: shipping ${micros(shipped)}, so understanding ${micros((all ?? Number.NaN) - (shipped ?? Number.NaN))}`,
)
