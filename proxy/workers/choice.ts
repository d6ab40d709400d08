/**
 * Which worker serves a connection. A client's connections go to one worker, as long as that is there, because its
 * recorder is the one that knows what was said in the client's sessions: found by the address alone, so that it is the
 * same one after a restart too. What comes from a trusted front end, behind which anybody may be, is spread.
 */
import { createHash } from 'node:crypto'

export interface Choosable {
  readonly worker: number
  /** Connections that it serves. */
  readonly connections: number
}

/**
 * By rendezvous (Thaler and Ravishankar, "Using Name-Based Mappings to Increase Hit Rates", 1998): each worker has a
 * weight for each address, and the heaviest has it. When one goes, only its own addresses go elsewhere.
 */
export function workerOf<T extends Choosable>(address: string, workers: readonly T[]): T | null {
  const weighed = workers.map((each) => ({ each, weight: weightOf(address, each.worker) }))
  return heaviest(weighed)
}

export function leastLoaded<T extends Choosable>(workers: readonly T[]): T | null {
  return heaviest(workers.map((each) => ({ each, weight: -each.connections })))
}

function heaviest<T>(weighed: readonly { readonly each: T; readonly weight: number }[]): T | null {
  const [first, ...rest] = weighed
  if (first === undefined) return null
  return rest.reduce((best, one) => (one.weight > best.weight ? one : best), first).each
}

function weightOf(address: string, worker: number): number {
  return createHash('sha256').update(`${worker} ${address}`).digest().readUInt32LE(0)
}
