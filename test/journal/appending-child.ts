/** Asks as fast as it can and tells on stdout of each query that was acknowledged, until it is killed. */
import { writeSync } from 'node:fs'
import { openJournal } from '../../proxy/journal/journal.ts'
import { answered, asked } from './samples.ts'

const [folder = '', life = ''] = process.argv.slice(2)
const journal = await openJournal({ folder, name: 'proxy', segmentBytes: 30_000 })
writeSync(1, 'open\n')

async function client(name: number): Promise<void> {
  for (let i = 0; ; i++) {
    const text = `${life}.${name}.${i}`
    const { ticket, durable } = journal.ask(asked(text))
    await durable
    writeSync(1, `${text}\n`)
    if (i % 3 !== 0) journal.answer(ticket, answered())
  }
}
await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(client))
