/**
 * A journal that queries come into and a recorder that ships them, over a disk that forgets what was not synced and a store
 * that a power cut tears: `cut-recorder.ts <folder> <seed> <step>`. The power goes at that step, be it the journal's,
 * of checkpoint or knowledge, of the set-up, or of the store; a negative one counts steps of
 * the store alone. Prints what was acknowledged, and what the recorder complained of.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { noteProcess } from '../../proxy/journal/checkpoint.ts'
import { openJournal } from '../../proxy/journal/journal.ts'
import { ChangeLog } from '../../proxy/reload/change-log.ts'
import { Recorder } from '../../proxy/ship/recorder.ts'
import { migrateStore, openStore } from '../../schema/store/open.ts'
import type { Batch, RecordWriter } from '../../schema/store/store.ts'
import { answered } from '../journal/samples.ts'
import { Random } from '../support/random.ts'
import { ForgetfulDisk } from './forgetful-disk.ts'
import { interpreter, question } from './recorded.ts'
import { pause } from './stage.ts'
import { checkpoint, leaveImage, storeFiles, tornCheckpoint, tornCommit } from './torn-store.ts'

const [folder = '', seed = '0', step = '0'] = process.argv.slice(2)
const random = new Random(Number(seed))
const [data, database] = [join(folder, 'data'), join(folder, 'data', 'tilsyn.db')]
/** Only steps of the store are counted. */
const isStores = Number(step) < 0
let left = Math.abs(Number(step))

/** Nothing runs any more behind this line. */
function cut(): never {
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}

function pass(): void {
  if (isStores) return
  left -= 1
  if (left <= 0) cut()
}

/** A step of the store: whole, or as far as the power lets it. */
async function through(tear: typeof tornCommit, work: () => Promise<void> | void): Promise<void> {
  pass()
  if (isStores) left -= 1
  if (left > 1) return await work()
  const before = storeFiles(database)
  await work()
  leaveImage(data, tear(random, before, storeFiles(database)))
  cut()
}

async function openWriter(): Promise<RecordWriter> {
  const location = { kind: 'embedded', path: database } as const
  await migrateStore(location)
  const store = await openStore(location)
  const { writer } = store
  const write = async (batch: Batch) => {
    if (random.below(4) === 0)
      await through(tornCheckpoint, () => checkpoint(database, random.of(['PASSIVE', 'RESTART', 'TRUNCATE'])))
    await through(tornCommit, () => writer.write(batch))
  }
  return {
    write,
    position: (origin) => writer.position(origin),
    holds: (entry) => writer.holds(entry),
    append: (use) => writer.append(use),
    close: () => store.close(),
  }
}

const disk = new ForgetfulDisk(random, join(folder, `limbo-${seed}`), pass)
const segmentBytes = random.of([3_000, 20_000])
const journal = await openJournal({ folder: join(data, 'journal'), name: 'proxy', fs: disk, segmentBytes })
await noteProcess(journal.folder, journal.origin, journal.openedPosition, disk)
const changes = await ChangeLog.open({ journal, folder: journal.folder, disk })
const recorder = new Recorder({
  folder: journal.folder,
  openedAt: journal.openedPosition,
  openWriter,
  interpreter,
  disk,
  batchRecords: 1 + random.below(30),
  pauseMs: 1,
  statusMs: random.of([1, 300]),
  onTrouble: (code) => writeSync(1, `trouble ${code}\n`),
  onRelease: (position) => void journal.release(position),
})
recorder.durable(journal.durablePosition)
journal.onDurable((durable) => recorder.durable(durable))
void recorder.run()

async function client(name: number): Promise<never> {
  for (let n = 0; ; n++) {
    const mark = `${seed}-${name}-${n}`
    const { ticket, durable } = journal.ask(question(mark))
    await durable
    writeSync(1, `kept ${mark}\n`)
    // Many open a session: that is learnt, and kept beside the checkpoint.
    const { facts, ...rest } = answered()
    if (random.below(10) > 0)
      journal.answer(ticket, { ...rest, facts: facts && { ...facts, opened: `session-${mark}` } })
    await turn()
  }
}

async function operator(): Promise<never> {
  for (let n = 0; ; n++) {
    const setting = { pointer: '/log/level', text: `"${seed}-${n}"`, sha256: null, secret: null }
    const noted = await changes.note([setting], { through: 'signal' })
    // From here on it is in force, and will be an entry.
    writeSync(1, `changed ${seed}-${n}\n`)
    await noted.record()
    await pause(random.below(20))
  }
}
await Promise.all([client(0), client(1), client(2), operator()])
