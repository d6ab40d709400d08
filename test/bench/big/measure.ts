/**
 * How long each question takes. Warm: asked twice, the second time counted. Cold, on Linux: the system has forgotten the file
 * (GNU dd asks it to), and the store is opened anew; a few times only. Then how SQLite went about it.
 */
import { spawnSync } from 'node:child_process'
import { Database } from '../../../schema/store/embedded/database.ts'
import type { Session } from '../../../schema/store/embedded/database.ts'
import { embeddedDialect } from '../../../schema/store/embedded/driver.ts'
import { SqlReader } from '../../../schema/store/sql/reader.ts'
import { Random } from '../../support/random.ts'
import { QUESTIONS } from './questions.ts'
import type { Question } from './questions.ts'

const COLD_TIMES = 5

const at = (times: readonly number[], share: number) =>
  (times.toSorted((a, b) => a - b)[Math.min(Math.floor(times.length * share), times.length - 1)] ?? 0).toFixed(1)

export async function measure(path: string, say: (what: string) => void): Promise<void> {
  say(`${'question'.padEnd(36)} warm p50, p99 ms     cold p50, longest ms`)
  for (const question of QUESTIONS) {
    const warm = await timesOf(path, question, question.times)
    const cold: number[] = []
    for (let n = 0; n < Math.min(COLD_TIMES, question.times) && forgotten(path); n++)
      cold.push(...(await coldTimeOf(path, question, n)))
    const told = cold.length === 0 ? '-' : `${at(cold, 0.5)}, ${at(cold, 1)}`
    say(`${question.title.padEnd(36)} ${`${at(warm, 0.5)}, ${at(warm, 0.99)}`.padEnd(20)} ${told}`)
  }
  for (const question of QUESTIONS) {
    say(`\n${question.title}`)
    for (const plan of await plansOf(path, question)) say(`  ${plan}`)
  }
}

function opened(path: string): SqlReader {
  const database = new Database(path, { readOnly: true })
  return new SqlReader(embeddedDialect(database), async () => database.close())
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

async function timesOf(path: string, { ask }: Question, times: number): Promise<number[]> {
  const reader = opened(path)
  const counted: number[] = []
  for (const isCounted of [false, true]) {
    const random = new Random(5)
    for (let n = 0; n < times; n++) {
      const ms = await timed(() => ask(reader, random))
      if (isCounted) counted.push(ms)
    }
  }
  await reader.close()
  return counted
}

async function coldTimeOf(path: string, { ask }: Question, n: number): Promise<number[]> {
  const reader = opened(path)
  const ms = await timed(() => ask(reader, new Random(1000 + n)))
  await reader.close()
  return [ms]
}

function forgotten(path: string): boolean {
  return process.platform === 'linux' && spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0']).status === 0
}

/** What SQLite does for each statement that the question takes, in its own words. */
async function plansOf(path: string, { ask }: Question): Promise<ReadonlySet<string>> {
  const plans = new Set<string>()
  const database = new Explaining(path, plans)
  await ask(new SqlReader(embeddedDialect(database), async () => undefined), new Random(5))
  database.close()
  return plans
}

class Explaining extends Database {
  readonly #plans: Set<string>
  constructor(path: string, plans: Set<string>) {
    super(path, { readOnly: true })
    this.#plans = plans
  }

  override use<T>(work: (session: Session) => T): T {
    return super.use((session) => {
      const all: Session['all'] = (text, ...values) => {
        const rows = session.all(`EXPLAIN QUERY PLAN ${text}`, ...values)
        this.#plans.add(rows.map((row) => String(row['detail'])).join('; '))
        return session.all(text, ...values)
      }
      return work(Object.assign(Object.create(session), { all }))
    })
  }
}
