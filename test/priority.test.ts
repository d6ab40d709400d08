import assert from 'node:assert/strict'
import { once } from 'node:events'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'

const STEPS_BACK = `
const { parentPort, workerData } = require('node:worker_threads')
const { readlinkSync } = require('node:fs')
import(workerData).then(({ stepBack }) => {
  stepBack()
  parentPort.postMessage(Number(readlinkSync('/proc/thread-self').split('/').at(-1)))
  setInterval(() => undefined, 1000)
})`

test('a thread that steps back does so alone: the process stays as important as it was', async (t) => {
  if (process.platform !== 'linux') return t.skip('only on Linux has a thread a priority of its own')
  const before = getPriority()
  const worker = new Worker(STEPS_BACK, {
    eval: true,
    workerData: new URL('../proxy/priority.ts', import.meta.url).href,
  })
  t.after(() => worker.terminate())
  const [thread]: [number] = (await once(worker, 'message')) as [number]
  assert.ok(getPriority(thread) >= 10)
  assert.equal(getPriority(), before)
})
