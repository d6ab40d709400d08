/** The front with a forwarder behind it, as `proxy/main.ts` wires them, before a BI server of the test's. */
import net from 'node:net'
import type { SecureVersion } from 'node:tls'
import tls from 'node:tls'
import { ClientOrigin } from '../../proxy/front/client-origin.ts'
import type { FrontEvent } from '../../proxy/front/front-event.ts'
import { openFront } from '../../proxy/front/front.ts'
import {
  createForward,
  type ForwardEvent,
  type ForwardServer,
  type ForwardStats,
  type Limits,
} from '../../proxy/forward/forward.ts'
import { USUAL_LIMITS } from '../../proxy/forward/limits.ts'
import { JsonMessageId } from '../../proxy/protocol/request/message-id.ts'
import type { FrontConfig, TlsConfig } from '../../schema/config/front.ts'
import { type Scope, TestWitness, usualServer } from '../forward/support.ts'
import type { Pair } from './certificates.ts'

export interface Fronted {
  readonly ports: readonly number[]
  readonly port: number
  readonly urls: readonly string[]
  readonly witness: TestWitness
  readonly events: readonly (ForwardEvent | FrontEvent)[]
  readonly stats: () => ForwardStats
  /** As a proxy stops: what is under way finishes. */
  readonly stop: () => Promise<void>
}

export interface FrontedOptions {
  readonly config?: Partial<FrontConfig>
  readonly servers?: readonly Partial<ForwardServer>[]
  readonly limits?: Partial<Limits>
}

export async function fronted(scope: Scope, upstream: number, its: FrontedOptions = {}): Promise<Fronted> {
  const { tls = null, listen = [{ host: '127.0.0.1', port: 0, tls: tls !== null }], ...rest } = its.config ?? {}
  const config = { tls, listen, trusted: [], proxyProtocol: false, ...HEADER, ...rest } as const
  const witness = new TestWitness()
  const events: (ForwardEvent | FrontEvent)[] = []
  const report = (event: ForwardEvent | FrontEvent) =>
    void (event.kind === 'passed' || event.kind === 'piece-passed' || events.push(event))
  const origin = new ClientOrigin(config)
  const forward = createForward({
    servers: (its.servers ?? [{}]).map((server) => ({ ...usualServer(upstream), ...server })),
    witness,
    readAnswer: () => null,
    findMessageId: () => new JsonMessageId(),
    captureBytes: 65_536,
    limits: { ...USUAL_LIMITS, ...its.limits },
    origin,
    report,
  })
  const front = await openFront({ config, origin, forward, report, lookEveryMs: 20 })
  const stop = async () => {
    front.close()
    await forward.close()
  }
  scope.after(async () => {
    forward.cut()
    await stop()
  })
  const ports = front.urls.map((url) => Number(new URL(url).port))
  return { ports, port: ports[0] ?? 0, urls: front.urls, witness, events, stats: () => forward.stats(), stop }
}

const HEADER = { clientAddressHeader: 'X-Forwarded-For' } as const

export function tlsConfig(identity: Pair | { readonly pfx: string }, more: Partial<TlsConfig> = {}): TlsConfig {
  return {
    identity:
      'pfx' in identity ? { kind: 'pfx', ...identity } : { kind: 'pem', certificate: identity.cert, key: identity.key },
    passwordFile: null,
    password: null,
    clientCa: null,
    clientCertificate: 'required',
    minVersion: 'TLSv1.2',
    http2: false,
    configFile: 'tilsyn.config.json',
    ...more,
  }
}

export interface TlsClientOptions {
  readonly ca: string
  readonly maxVersion?: SecureVersion
  readonly cert?: string
  readonly key?: string
  /** What is sent before TLS begins. */
  readonly ahead?: Buffer | string
}

/** A client that trusts `ca` only; connected and verified when it resolves. */
export async function tlsClient(scope: Scope, port: number, options: TlsClientOptions): Promise<tls.TLSSocket> {
  const { ahead, ...rest } = options
  const wire = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  wire.on('error', () => undefined)
  if (ahead !== undefined) wire.write(ahead)
  const socket = tls.connect({ socket: wire, servername: 'bi.kommune.example', ...rest })
  scope.after(() => socket.destroy())
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
  return socket
}

export interface Heard {
  readonly text: string
  /** The code of the error that ended it; `null`: an orderly end. */
  readonly error: string | null
}

/** Sends `request` and hears everything up to the end of the connection. */
export function hear(socket: net.Socket, request: string): Promise<Heard> {
  let text = ''
  let error: string | null = null
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')))
  socket.on('error', (cause: NodeJS.ErrnoException) => (error = cause.code ?? cause.message))
  socket.on('end', () => socket.end())
  socket.write(request, 'latin1')
  return new Promise((resolve) => socket.once('close', () => resolve({ text, error })))
}
