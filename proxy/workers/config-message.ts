/**
 * The configuration on its way to a worker. It is sent, not read again from its file: all workers have the one that was
 * checked, also one that is started again after somebody has begun to edit the file. Between processes goes what
 * the structured clone algorithm knows, which is everything here but addresses.
 */
import type { Config } from '../../schema/config/config.ts'

export function packed(config: Config): unknown {
  return { ...config, servers: config.servers.map((server) => ({ ...server, upstream: server.upstream.href })) }
}

export function unpacked(message: unknown): Config {
  const config = message as PackedConfig // made by `packed`, in a process of the same program
  return { ...config, servers: config.servers.map((server) => ({ ...server, upstream: new URL(server.upstream) })) }
}

type Server = Config['servers'][number]
type PackedConfig = Omit<Config, 'servers'> & {
  readonly servers: readonly (Omit<Server, 'upstream'> & { readonly upstream: string })[]
}
