import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readJournal } from '../../proxy/journal/reader.ts'
import { verifyJournal } from '../../proxy/journal/verify.ts'
import { folderFor } from './samples.ts'

const CHILD = fileURLToPath(new URL('appending-child.ts', import.meta.url))
const LIVES = 50

/** Runs one life and kills it a little after it has opened; resolves with what it had acknowledged. */
async function live(folder: string, life: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [CHILD, folder, String(life)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  let killing = false
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk
    if (killing || !said.startsWith('open\n')) return
    killing = true
    setTimeout(() => child.kill('SIGKILL'), Math.random() * 25)
  })
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGKILL')
  return said.split('\n').slice(1, -1)
}

test(`killed at ${LIVES} random instants, the journal holds every acknowledged query exactly once`, async (t) => {
  const folder = await folderFor(t)
  const acknowledged: string[] = []
  for (let life = 0; life < LIVES; life++) acknowledged.push(...(await live(folder, life)))
  const found = new Map<string, number>()
  let n = 0
  for await (const reading of readJournal(folder)) {
    assert.ok(reading.kind === 'frame', JSON.stringify(reading))
    assert.equal(reading.frame.n, (n += 1))
    if (reading.frame.kind !== 'asked') continue
    const text = Buffer.from(reading.frame.asked.body.bytes).toString()
    found.set(text, (found.get(text) ?? 0) + 1)
  }
  assert.ok(acknowledged.length > 5 * LIVES, `only ${acknowledged.length} acknowledged`)
  assert.deepEqual(
    acknowledged.filter((text) => found.get(text) !== 1),
    [],
  )
  assert.ok([...found.values()].every((times) => times === 1))
  const report = await verifyJournal(folder)
  assert.deepEqual([report.frames.opened, report.missingSeqs, report.damaged], [LIVES, 0, []])
  t.diagnostic(`${acknowledged.length} acknowledged, ${found.size} on record, ${report.segments} segments`)
})
