// A forwarder in a process of its own, so that its memory can be measured: it tells its port, and its resident
// memory and processor time whenever it is asked.
import type { AddressInfo } from 'node:net'
import { createForward } from '../../proxy/forward/forward.ts'
import { JsonMessageId } from '../../proxy/protocol/request/message-id.ts'
import { processorTime, TestWitness } from './support.ts'

// The witness of a long run: it keeps nothing.
const witness = new TestWitness()
witness.asked.push = () => 1
witness.answers.push = () => 1

const forward = createForward({
  servers: [
    {
      name: 'bi',
      upstream: new URL(process.argv[2] ?? ''),
      host: null,
      path: null,
      onJournalFailure: 'refuse',
      binaryXml: 'avoid',
      timeoutMs: 60_000,
    },
  ],
  witness,
  readAnswer: () => null,
  findMessageId: () => new JsonMessageId(),
  captureBytes: 1_000_000,
  report: (event) => {
    if (event.kind !== 'passed') process.stderr.write(`${JSON.stringify(event)}\n`)
  },
})
forward.server.listen(0, '127.0.0.1', () => process.send?.({ port: (forward.server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss(), cpu: processorTime() }))
process.on('disconnect', () => process.exit())
