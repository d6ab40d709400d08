/**
 * The recorder's thread: opens the store, loads the interpreter, and runs a `Recorder` until it is told to stop. An error
 * that the recorder throws ends the thread; `recorder-handle.ts` starts another one.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { StoreError } from '../../schema/store/store.ts'
import type { RecordWriter } from '../../schema/store/store.ts'
import { openDirectory } from '../directory/open.ts'
import type { FromRecorder, RecorderStart, ToRecorder } from './messages.ts'
import { Recorder } from './recorder.ts'

type StoreModule = typeof import('../../schema/store/open.ts')
type InterpretModule = typeof import('../protocol/interpret.ts')

const port = parentPort
if (port === null) throw new Error('recorder-thread.ts runs as a worker thread')
const start: RecorderStart = workerData
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
    write: (batch) => writer.write(batch),
    append: (use) => writer.append(use),
    close: () => store.close(),
  }
}

const { interpret, interpretGap }: InterpretModule = await import(start.modules.interpret)
const { settings } = start
const directory = await openDirectory(start.places, (code) => recorder.trouble(code))
const recorder: Recorder = new Recorder({
  folder: start.folder,
  openedAt: start.openedAt,
  compared: start.compared,
  openWriter,
  interpreter: {
    interpret: (exchange, knowledge) => interpret(exchange, settings, knowledge),
    interpretGap: (gap) => interpretGap(gap, settings),
  },
  ...(directory !== null && { place: (records) => directory.place(records) }),
  suspects: new Set(start.suspects),
  onInterpret: (seq) => Atomics.store(interpreting, 0, BigInt(seq)),
  onStatus: (status) => say({ kind: 'status', status }),
  onWritten: (tally) => say({ kind: 'written', tally }),
  onTrouble: (code) => say({ kind: 'trouble', code }),
  onCompared: () => say({ kind: 'compared' }),
  onRelease: ({ segment }) => say({ kind: 'release', segment }),
  onIdle: (durable) => say({ kind: 'idle', durable }),
})

port.on('message', (message: ToRecorder) => {
  if (message.kind === 'durable') recorder.durable(message.n)
  else recorder.stop(message.withinMs)
})
recorder.durable(start.durable)
await recorder.run()
port.close()
