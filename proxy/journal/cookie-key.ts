/**
 * The key of the hashes that stand in this journal for session cookies. It lies beside the segments, readable by their
 * owner only, and goes nowhere else: without it a hash says nothing, and in another journal it is another hash.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { type Disk, nodeDisk } from './disk.ts'
import { fields, shaped, text } from './fields.ts'
import { readSealed, writeSealed } from './sealed.ts'

const KEY_BYTES = 32

/**
 * The key of the journal in `folder`, made where there is none. One that is damaged is made anew: what was learnt of
 * cookies is then lost. Where the disk refuses, the key holds for this process alone. Never rejects.
 */
export async function cookieKey(folder: string, disk: Disk = nodeDisk): Promise<Buffer> {
  const path = join(folder, 'cookie-key.json')
  const sealed = await readSealed(path).catch(() => 'damaged' as const)
  const known = typeof sealed === 'object' ? shaped(() => text(fields(sealed.content), 'key')) : null
  const key = Buffer.from(known ?? '', 'base64')
  if (key.length === KEY_BYTES) return key
  const fresh = randomBytes(KEY_BYTES)
  // The journal, which writes to the same disk, tells of what is wrong with it.
  await writeSealed(disk, path, { key: fresh.toString('base64') }).catch(() => undefined)
  return fresh
}
