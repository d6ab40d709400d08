/**
 * The recorder's thread: opens the store, loads the interpreter, and runs a `Recorder` until it is told to stop. An error
 * that the recorder throws ends the thread; `recorder-handle.ts` starts another one.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../../schema/store/store.ts'
import type { RecordWriter } from '../../schema/store/store.ts'
import { openDirectory } from '../directory/open.ts'
import { stepBack } from '../priority.ts'
import type { InterpretSettings } from '../protocol/settings.ts'
import { assertNever } from '../../schema/record/record.ts'
import type { FromRecorder, Places, RecorderStart, ToRecorder } from './messages.ts'
import { Recorder } from './recorder.ts'

type StoreModule = typeof import('../../schema/store/open.ts')
type InterpretModule = typeof import('../protocol/interpret.ts')

const port = parentPort
if (port === null) throw new Error('recorder-thread.ts runs as a worker thread')
const start: RecorderStart = workerData
stepBack()
const interpreting = new BigInt64Array(start.interpreting)
const say = (message: FromRecorder) => port.postMessage(message)

/** The writer's `close` also closes what it stands in. */
async function openWriter(): Promise<RecordWriter> {
  const { openStore, migrateStore }: StoreModule = await import(start.modules.store)
  // The tables are made, or brought up to date, where the proxy's user may; where it may not, that error is told.
  const store = await openStore(start.store).catch(async (error: unknown) => {
    if (!(error instanceof StoreError) || error.code !== 'STORE_MIGRATION') throw error
    await migrateStore(start.store)
    return openStore(start.store)
  })
  const { writer } = store
  return {
    position: (origin) => writer.position(origin),
    holds: (entry) => writer.holds(entry),
    write: (batch) => writer.write(batch),
    append: (use) => writer.append(use),
    close: () => store.close(),
  }
}

const { interpret, interpretGap }: InterpretModule = await import(start.modules.interpret)
let { settings } = start
const find = (places: Places) => openDirectory(places, (code) => recorder.trouble(code))
let directory = await find(start.places)
const recorder: Recorder = new Recorder({
  folder: start.folder,
  openedAt: start.openedAt,
  compared: start.compared,
  openWriter,
  interpreter: {
    interpret: (exchange, knowledge) => interpret(exchange, settings, knowledge),
    interpretGap: (gap) => interpretGap(gap, settings),
  },
  place: async (records) => (await directory?.place(records)) ?? ((record) => record),
  suspects: new Set(start.suspects),
  onInterpret: (seq) => Atomics.store(interpreting, 0, BigInt(seq)),
  onStatus: (status) => say({ kind: 'status', status }),
  onWritten: (tally) => say({ kind: 'written', tally }),
  onTrouble: (code) => say({ kind: 'trouble', code }),
  ...(start.teaches && { onTaught: (taught) => say({ kind: 'taught', taught }) }),
  onCompared: () => say({ kind: 'compared' }),
  onRelease: ({ segment }) => say({ kind: 'release', segment }),
  onIdle: (durable) => say({ kind: 'idle', durable }),
})

port.on('message', (message: ToRecorder) => {
  switch (message.kind) {
    case 'durable':
      return recorder.durable(message.n)
    case 'learn':
      return recorder.learn(message.taught)
    case 'stop':
      return recorder.stop(message.withinMs)
    case 'settings':
      return void change(message.settings, message.places)
    default:
      return assertNever(message)
  }
})

/** In the order they came; what cannot be opened ends the thread, and the next one begins with it. */
let changing: Promise<void> = Promise.resolve()
function change(newSettings: InterpretSettings, places: Places): Promise<void> {
  changing = changing.then(async () => {
    directory = await find(places)
    settings = newSettings
  })
  return changing
}
recorder.durable(start.durable)
await recorder.run()
port.close()
