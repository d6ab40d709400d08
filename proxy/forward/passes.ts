/**
 * http-proxy as the frame: its list of passes, with ours in place of its own.
 *
 * A pass is a function of a request that either lets it go on to the next one (`false`) or deals with it for good
 * (`true`). Ours stand before http-proxy's through its documented `before`, and the last of them deals with every
 * request; so `deleteLength` (CVE-2026-29057) and `stream`, where its other defects are, are never reached. Which
 * defects, and why the frame was kept: docs/decisions/0002-forwarding.md.
 */
import httpProxy from 'http-proxy'
import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Passage } from './passage.ts'

/** A client's request, and the passage that takes it through. */
export class Arrival extends IncomingMessage {
  passage: Passage | null = null
}

export interface Frame {
  web(req: Arrival, res: ServerResponse): void
  ws(req: Arrival, socket: Socket, head: Buffer): void
}

type Pass = (req: Arrival) => boolean

/** http-proxy's types leave out what its README calls `before`. */
interface PassList {
  before(type: 'web' | 'ws', name: string, pass: Pass): void
}

/** In order. What can be read in two ways goes nowhere, not even into a decision. */
const PASSES: readonly Pass[] = [refuseUnclear, refuseUnrecorded, bindLogin, send]

/**
 * A frame for one BI server. It is called with no options of the request's own: http-proxy merges such with
 * `util._extend`, which is deprecated (DEP0060), so each server has its frame and its target.
 */
export function createFrame(target: URL): Frame {
  const frame = httpProxy.createProxyServer<Arrival>({ target })
  if (!hasPasses(frame)) throw new Error('http-proxy without passes')
  for (const pass of PASSES) {
    frame.before('web', 'deleteLength', pass)
    frame.before('ws', 'checkMethodAndHeader', pass)
  }
  return frame
}

function hasPasses(frame: object): frame is PassList {
  return 'before' in frame && typeof frame.before === 'function'
}

function refuseUnclear({ passage }: Arrival): boolean {
  const unclear = passage?.unclear ?? null
  if (unclear !== null) passage?.refuse(unclear.status, unclear.reason, true)
  return unclear !== null
}

function refuseUnrecorded({ passage }: Arrival): boolean {
  return passage?.refuseUnrecorded() ?? false
}

function bindLogin({ passage }: Arrival): boolean {
  return passage?.bindLogin() ?? false
}

function send({ passage }: Arrival): boolean {
  passage?.send()
  return true
}
