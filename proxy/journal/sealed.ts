/**
 * Small JSON files beside the segments, each with the CRC of its own content: one changed bit must not turn an origin
 * into another origin, or a position into another position.
 */
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Disk } from './disk.ts'
import { replaceFile } from './disk.ts'
import { systemCodeOf } from './journal-error.ts'

export async function writeSealed(disk: Disk, path: string, content: object): Promise<void> {
  const json = JSON.stringify(content)
  await replaceFile(disk, path, Buffer.from(`${json}\n${crc32(json).toString(16).padStart(8, '0')}\n`))
}

/** The content, `absent` when there is no such file, `damaged` when it is not what was written. */
export async function readSealed(path: string): Promise<{ readonly content: unknown } | 'absent' | 'damaged'> {
  const lines = await readFile(path, 'utf8').catch((error: unknown) => {
    if (systemCodeOf(error) === 'ENOENT') return null
    throw error
  })
  if (lines === null) return 'absent'
  const [json = '', sum, end] = lines.split('\n')
  if (end !== '' || sum !== crc32(json).toString(16).padStart(8, '0')) return 'damaged'
  const content: unknown = JSON.parse(json)
  return { content }
}
