/**
 * Milliseconds of processor time that `work` takes of this thread. What others do on the machine does not count, so a
 * test may say how long something takes at most, and be right on a busy machine too.
 */
export function processorMs(work: () => unknown): number {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}
