/**
 * Opens the sockets of tedious, which never sets TCP_NODELAY: a request longer than one packet then waits for the
 * server's delayed acknowledgement, 40 ms for each (RFC 9293 section 3.7.4 "Nagle Algorithm").
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'

interface Target {
  readonly host: string
  readonly port: number
  readonly localAddress?: string | undefined
}

/** A listener of an availability group has several addresses, of which one answers: each gets this long. */
const ATTEMPT_MS = 2_000

// tedious hands its connector what it would connect to itself, after a named instance or a redirection was looked up.
export async function connectWithoutDelay(target?: Target, _lookup?: unknown, signal?: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  if (target === undefined) throw new Error('tedious told its connector no address')
  const { host, port, localAddress } = target
  const socket = connect({
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_MS,
    ...(localAddress !== undefined && { localAddress }),
  })
  const give = (end: () => void) => {
    signal?.removeEventListener('abort', onAbort)
    socket.off('error', onError).off('connect', onConnect)
    end()
  }
  const onAbort = () => {
    // Destroyed without an error, so that none is emitted when nobody listens any more.
    give(() => reject(signal?.reason as Error))
    socket.destroy()
  }
  const onError = (error: Error) => give(() => reject(error))
  const onConnect = () => give(() => resolve(socket.setNoDelay(true)))
  socket.once('error', onError).once('connect', onConnect)
  signal?.addEventListener('abort', onAbort, { once: true })
  return promise
}
