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

/** Microseconds of processor time. */
export interface ProcessorTime {
  /** Of the first thread of a process. */
  readonly first: number
  readonly all: number
  /** By the names that threads have; Node's own are `V8Worker` (collections, compiling) and `libuv-worker` (the disk). */
  readonly byName: Readonly<Record<string, number>>
}

/** What a process has had so far. */
export function processorTime(pid: number): ProcessorTime {
  let [first, all] = [0, 0]
  const byName: Record<string, number> = {}
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const from = `/proc/${pid}/task/${thread}`
    const micros = Number(readFileSync(`${from}/schedstat`, 'utf8').split(' ')[0]) / 1000
    const name = readFileSync(`${from}/comm`, 'utf8').trim()
    byName[name] = (byName[name] ?? 0) + micros
    all += micros
    if (thread === String(pid)) first = micros
  }
  return { first, all, byName }
}

/** What it has had between the two, for each of `requests`. */
export function spent(before: ProcessorTime, after: ProcessorTime, requests: number): ProcessorTime {
  const names = Object.entries(after.byName)
  return {
    first: (after.first - before.first) / requests,
    all: (after.all - before.all) / requests,
    byName: Object.fromEntries(names.map(([name, to]) => [name, (to - (before.byName[name] ?? 0)) / requests])),
  }
}

/** Resident memory of a process, megabytes. */
export function residentMb(pid: number): number {
  const kB = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(kB) / 1024)
}
