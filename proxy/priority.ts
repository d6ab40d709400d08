/**
 * Who waits for whom when processor cores are short.
 *
 * BI users wait for the thread that forwards, for the BI server, for the sync of the journal, and, when too much waits to
 * be read, for the reader of answers. They never wait for the recorder, whose backlog the journal keeps. So it steps
 * back: on a machine with cores to spare that changes nothing, and on a busy one the tables lag behind for a while
 * instead of the users. It still gets a share, about a tenth of a core that others want wholly.
 *
 * Linux only, where a thread has a priority of its own (sched(7), "The nice value"). Elsewhere it is the whole process's,
 * and is left as it is.
 */
import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'

const NICENESS = 10

/** The thread that calls this steps back for all others. */
export function stepBack(): void {
  if (process.platform !== 'linux') return
  try {
    const [thread] = readlinkSync('/proc/thread-self').split('/').slice(-1)
    setPriority(Number(thread), NICENESS)
  } catch {
    // No /proc, or not allowed: it stays as important as the others, and everything works.
  }
}
