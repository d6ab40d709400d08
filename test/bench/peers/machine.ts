/** What the bench runs on, and where on it things run. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

/** One core for the thread that proxies; all others for the load, the BI server and whatever else a proxy runs. */
export const PROXY_CORE = '0'
export const OTHER_CORES = availableParallelism() > 1 ? `1-${availableParallelism() - 1}` : '0'

export function machine() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? '',
    memoryMb: Math.round(totalmem() / 2 ** 20),
    kernel: release(),
    node: process.version,
    load: loadavg().map((load) => Number(load.toFixed(1))),
    at: new Date().toISOString(),
  }
}

export function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(`${folder}/${program}`))
}

/** The first thread of a process to the core of proxies, the others away from it. */
export function pin(pid: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const cores = thread === String(pid) ? PROXY_CORE : OTHER_CORES
    spawnSync('taskset', ['-p', '-c', cores, thread])
  }
}

/** Microseconds of processor time that the first thread of a process has had, and that all of them have had. */
export function processorTime(pid: number): { readonly first: number; readonly all: number } {
  let [first, all] = [0, 0]
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const nanoseconds = Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    all += nanoseconds / 1000
    if (thread === String(pid)) first = nanoseconds / 1000
  }
  return { first, all }
}

/** Resident memory of a process, megabytes. */
export function residentMb(pid: number): number {
  const kB = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kB) / 1024)
}
