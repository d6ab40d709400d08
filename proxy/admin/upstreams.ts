/**
 * What is known of the BI servers: what the last query met. While they answer nobody asks them anything. One that a query
 * could not reach is tried again when somebody wants to know, because a proxy that is sent no more queries for its sake
 * would never find out that it is back.
 */
import { connect } from 'node:net'
import type { ForwardEvent } from '../forward/event.ts'
import type { UpstreamState } from './readiness.ts'

export interface UpstreamPlace {
  readonly name: string
  readonly upstream: URL
}

const TRIAL_MS = 1000

export class Upstreams {
  #places: readonly UpstreamPlace[]
  /** The servers that could not be reached, and why. */
  readonly #errors = new Map<string, string>()
  readonly #trials = new Map<string, Promise<void>>()

  constructor(places: readonly UpstreamPlace[]) {
    this.#places = places
  }

  /** What was met at another address says nothing of this one. */
  know(places: readonly UpstreamPlace[]): void {
    const isSame = ({ name, upstream }: UpstreamPlace) =>
      places.some((place) => place.name === name && place.upstream.href === upstream.href)
    for (const place of this.#places) if (!isSame(place)) this.#errors.delete(place.name)
    this.#places = places
  }

  heard(event: ForwardEvent): void {
    if (event.kind === 'passed') this.#errors.delete(event.server)
    else if (event.kind === 'upstream-unreachable') this.#errors.set(event.server, event.code)
  }

  async states(): Promise<readonly UpstreamState[]> {
    const away = this.#places.filter(({ name }) => this.#errors.has(name))
    await Promise.all(away.map((place) => this.#tryAgain(place)))
    return this.#places.map(({ name }) => ({ server: name, error: this.#errors.get(name) ?? null }))
  }

  /** One trial at a time, however many ask. */
  #tryAgain(place: UpstreamPlace): Promise<void> {
    const { name } = place
    const underway = this.#trials.get(name)
    if (underway !== undefined) return underway
    const trial = tryToReach(place.upstream).then((error) => {
      this.#trials.delete(name)
      if (error === null) this.#errors.delete(name)
      else this.#errors.set(name, error)
    })
    this.#trials.set(name, trial)
    return trial
  }
}

/** The code of what stood in the way of a connection; `null`: nothing. */
function tryToReach({ hostname, port, protocol }: URL): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const host = hostname.replace(/^\[|\]$/g, '')
  const socket = connect({ host, port: port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port) })
  socket.setTimeout(TRIAL_MS, () => resolve('ETIMEDOUT'))
  socket.once('connect', () => resolve(null))
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'UNKNOWN'))
  return promise.finally(() => socket.destroy())
}
