/**
 * Files that an operator names. Whoever opens a FIFO waits for its other end, and a device may never come to its end: all
 * that passes the proxy would wait with it, at a reload or when a certificate is looked at. So only regular files are read,
 * and only up to a size.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

const MAX_BYTES = 16 * 1024 * 1024

/** What is there is not for reading. */
export class UnfitFile extends Error {
  override readonly name = 'UnfitFile'
  readonly code: 'NOT_A_REGULAR_FILE' | 'FILE_TOO_LARGE'
  constructor(code: UnfitFile['code']) {
    super('only regular files are read, up to 16 MB')
    this.code = code
  }
}

/** @throws UnfitFile, and what the system throws */
export function readRegularFile(path: string): Buffer {
  // Opening does not wait for a writer then (POSIX.1-2017, open(), O_NONBLOCK); Windows knows neither flag nor FIFO.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  try {
    const found = fstatSync(file)
    if (!found.isFile()) throw new UnfitFile('NOT_A_REGULAR_FILE')
    if (found.size > MAX_BYTES) throw new UnfitFile('FILE_TOO_LARGE')
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}
