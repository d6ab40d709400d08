/**
 * All workers go by another configuration, or none. The first tries it, files and keys and all; where it is refused, nobody
 * has changed. Should another one refuse what the first took, those that took it go back.
 */
import { isDeepStrictEqual } from 'node:util'
import { ConfigError } from '../../schema/config/config-error.ts'
import type { Config } from '../../schema/config/config.ts'
import { inForce, settingsInForce } from '../reload/in-force.ts'
import type { Reloaded, Who } from '../reload/who.ts'
import { WorkerFailure, type WorkerProcess } from './worker-process.ts'

/** `wanted`, as far as it can take effect: who listens where stays as it is while several processes share it. */
export function inForceForAll(wanted: Config, running: Config): Config {
  const config = inForce(wanted, running)
  const { listen, tls } = running.proxy
  if (isDeepStrictEqual(wanted.proxy.listen, listen)) return config
  const settings = settingsInForce(config.settings, running.settings, ['/proxy/listen', '/proxy/tls'])
  return { ...config, settings, proxy: { ...config.proxy, listen, tls } }
}

export interface Reloading {
  readonly worker: WorkerProcess
  /** Configurations, as messages. */
  readonly from: unknown
  readonly to: unknown
}

/** @throws ConfigError, or what else a worker could not go by it for */
export async function reloadAll(all: readonly Reloading[], who: Who): Promise<Reloaded> {
  const done: Reloading[] = []
  let first: Reloaded | null = null
  try {
    for (const one of all) {
      const reloaded = await one.worker.reload(one.to, who)
      done.push(one)
      first ??= reloaded
    }
  } catch (error) {
    await Promise.allSettled(done.map(({ worker, from }) => worker.reload(from, who)))
    throw ownWords(error)
  }
  // Also for those that are just being started again.
  for (const { worker, to } of all) worker.startWith(to)
  return first ?? { changed: [], atNextStart: [] }
}

/** A mistake in the configuration is one here too, whoever found it. */
export function ownWords(error: unknown): unknown {
  if (!(error instanceof WorkerFailure) || error.mistakes.length === 0) return error
  const [file = ''] = error.message.split(':\n', 1)
  return new ConfigError(file, error.mistakes, { cause: error })
}
