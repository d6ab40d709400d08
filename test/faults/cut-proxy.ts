/**
 * A whole proxy over a disk that forgets what was not synced, until the power goes: `cut-proxy.ts <folder> <seed> <step>`.
 * The power goes at that step of the disk, counted from when the proxy takes queries, or from the start where it is negative.
 */
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pino } from 'pino'
import { openProxy } from '../../proxy/app.ts'
import { loadConfig } from '../../schema/config/load.ts'
import { Random } from '../support/random.ts'
import { ForgetfulDisk } from './forgetful-disk.ts'

const [folder = '', seed = '0', step = '0'] = process.argv.slice(2)
const isAtStart = Number(step) < 0
let left = isAtStart ? -Number(step) : Infinity

const disk = new ForgetfulDisk(new Random(Number(seed)), join(folder, `limbo-${seed}`), () => {
  left -= 1
  if (left <= 0) process.kill(process.pid, 'SIGKILL')
})
await openProxy({ config: loadConfig(null, folder, {}), logger: pino({ level: 'silent' }), disk })
if (!isAtStart) left = Number(step)
writeSync(1, 'listening\n')
