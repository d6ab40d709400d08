import { ConfigError } from './config-error.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Takes `HOST:PORT` apart; the schema has seen to its form. */
export function address(text: string, path: string, file: string): Address {
  const cut = text.lastIndexOf(':')
  const port = Number(text.slice(cut + 1))
  if (port > 65535) {
    throw new ConfigError(file, [{ path, expected: 'expected a port up to 65535', example: '"127.0.0.1:8080"' }])
  }
  return { host: text.slice(0, cut).replace(/^\[|\]$/g, ''), port }
}
