/**
 * The one upstream connection of a client connection that logs in by connection: opened once, used by nobody else, and
 * lost for good when it closes, for another one would not be logged in.
 */
import type http from 'node:http'
import { Socket } from 'node:net'

export class BoundConnection {
  readonly agent: http.Agent
  #hasServed = false

  constructor(agent: http.Agent) {
    this.agent = agent
    // It is for the BI server to end a login: neither a time it announces nor one of ours does.
    agent.keepSocketAlive = (socket) => {
      if (socket instanceof Socket) socket.setKeepAlive(true).setTimeout(0)
      return true
    }
  }

  /** The BI server has answered on it, so that there may be a login to lose. */
  get hasServed(): boolean {
    return this.#hasServed
  }

  served(): void {
    this.#hasServed = true
  }

  close(): void {
    this.agent.destroy()
  }
}

/** The upstream connection on which a client had logged in is gone; another would not be logged in. */
export class BoundConnectionLost extends Error {
  override readonly name = 'BoundConnectionLost'
  readonly code = 'BOUND_CONNECTION_LOST'
}
