/**
 * Listens for all workers, and hands each connection to one of them unread: TLS, PROXY protocol and HTTP begin there. One
 * process accepts, because only Linux shares a port's connections among several, and none by who they come from.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { Listener } from '../../schema/config/front.ts'
import { listen as listenAt } from '../front/front.ts'
import { clientAddress } from '../identity/address.ts'
import { Networks } from '../identity/networks.ts'
import { type Choosable, leastLoaded, workerOf } from './choice.ts'

export interface Hand extends Choosable {
  hand(door: number, socket: Socket): void
}

export interface ReceptionSettings {
  readonly listen: readonly Listener[]
  readonly trusted: readonly string[]
  /** Those that take connections now. */
  readonly workers: () => readonly Hand[]
}

export interface Reception {
  /** One for each address of `proxy.listen`, in its order. */
  readonly urls: readonly string[]
  /** Connections from these are spread from now on. */
  trust(trusted: readonly string[]): void
  /** Accepts no more. */
  close(): void
}

/** @throws what `listen` throws, with nothing left open */
export async function openReception({ listen, trusted, workers }: ReceptionSettings): Promise<Reception> {
  let networks = new Networks(trusted)
  const trust = (others: readonly string[]) => {
    networks = new Networks(others)
  }
  const receive = (door: number, socket: Socket) => {
    // Until it is handed over: a client that leaves at once must not end the process.
    socket.on('error', () => socket.destroy())
    const address = clientAddress(socket.remoteAddress)
    const worker = networks.has(address) ? leastLoaded(workers()) : workerOf(address, workers())
    if (worker === null) socket.resetAndDestroy()
    else worker.hand(door, socket)
  }
  const doors = listen.map((listener, door) => ({ listener, server: createDoor((socket) => receive(door, socket)) }))
  const close = () => {
    for (const { server } of doors) server.close()
  }
  const bound = await Promise.allSettled(doors.map(({ server, listener }) => listenAt(server, listener)))
  const failed = bound.find((each) => each.status === 'rejected')
  if (failed === undefined)
    return { urls: bound.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : [])), trust, close }
  close()
  throw failed.reason
}

function createDoor(receive: (socket: Socket) => void): Server {
  // Not a byte is read here: it would be lost to the worker.
  return createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true }, receive)
}
