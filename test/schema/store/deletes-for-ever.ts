/** A process to be killed: deletes piece after piece, and says how far it has come. */
import { openRetention } from '../../../schema/store/open.ts'
import type { StoreLocation } from '../../../schema/store/open.ts'

const location = JSON.parse(process.env['TILSYN_TEST_STORE'] ?? '') as StoreLocation
const deleting = await openRetention(location)
const name = String(process.pid)
const holder = () => ({ name, now: Date.now(), until: Date.now() })
const deletion = await deleting.claim({ kept: 'log', before: Number(process.env['TILSYN_TEST_BEFORE']) }, holder())
if (deletion === null) throw new Error('another process is at it')
for (let isLast = false; !isLast;) {
  const piece = await deleting.deletePiece(deletion.run, holder(), 7)
  isLast = piece.isLast
  process.stdout.write(`${piece.entries}\n`)
}
process.stdout.write('done\n')
await deleting.close()
