/**
 * One request on its way through the proxy, and its answer on the way back.
 *
 * The order is the safety, and here is where it is kept:
 * - the request goes upstream as it arrives; once it is complete, or more of it has come than is kept, it is asked of the
 *   witness; an answer that comes sooner has the request asked as far as it is known, for the answer can depend on no more;
 * - nothing of an answer leaves before the witness has the request durably, and nothing at all if it cannot;
 * - whatever happens, every ticket is answered once, when the exchange is over: that is when `res` has closed, however
 *   it came to that, or when the tunnel has.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Ending, RawHeaders } from '../exchange.ts'
import { ownsConnection } from '../identity/authorization.ts'
import { redact } from '../identity/redact.ts'
import type { Claimed } from '../identity/who-asks.ts'
import { answerHeaders, asksFor, asksForLogin, endsConnection, framingOf, isRefusal } from './answer-head.ts'
import { writeAnswer } from './answer-out.ts'
import { askedHead } from './asked-head.ts'
import { Capture } from './capture.ts'
import type { Leg, Underway } from './client-connection.ts'
import { turnOf } from './cookies.ts'
import { Download } from './download.ts'
import { Entry } from './entry.ts'
import { Errand, risksStale } from './errand.ts'
import { codeOf, type RefusalReason } from './event.ts'
import { Informing } from './informing.ts'
import { linger } from './linger.ts'
import { Outcome } from './outcome.ts'
import { prepareHead } from './prepared-head.ts'
import { ownAnswer, ownHeaders, reasonPhrase, type OwnStatus } from './refusal.ts'
import { recordLast } from './recording.ts'
import { readRequestHead, type RequestHead } from './request-head.ts'
import type { PassageSettings, Road } from './road.ts'
import { beginReading, type SafeReading } from './safe-reading.ts'
import { Stopwatch } from './stopwatch.ts'
import { mayTrail } from './trailer.ts'
import { Tunnel } from './tunnel.ts'
import { conversationOf } from './conversation-of.ts'
import type { Conversation } from './websocket/conversation.ts'
import { avoidBinaryXml } from './transport-capability.ts'
import { Upload } from './upload.ts'

export class Passage implements Underway {
  readonly #its: PassageSettings
  readonly #askedAt: number
  readonly #head: RequestHead
  readonly #capture: Capture
  readonly #entry: Entry
  readonly #claimed: Claimed
  readonly #leg: Leg | null
  readonly #outcome: Outcome
  #errand: Errand | null = null
  #upload: Upload | null = null
  #answer: IncomingMessage | null = null
  #download: Download | null = null
  #reading: SafeReading | null = null
  #tunnelled = { up: 0, down: 0 }
  readonly #informing: Informing
  /** The connection ends with this answer, yet not before the client has sent all of its request. */
  #lingers = false
  #isOver = false
  readonly #stopwatch = new Stopwatch()

  constructor(its: PassageSettings) {
    this.#its = its
    const { road, route, req, res } = its
    this.#askedAt = road.now()
    const front = road.whoAsks.headerFrom(its.connection.address)
    this.#head = readRequestHead(req, { upgrade: its.tunnel !== null, front, limits: road.limits })
    if (this.#head.kind === 'clear' && route !== null) {
      prepareHead(this.#head.headers, route.server, its.connection, road.origin)
    }
    this.#capture = new Capture(road.captureBytes)
    this.#entry = new Entry({
      witness: road.witness,
      server: this.server,
      onJournalFailure: route?.server.onJournalFailure ?? 'refuse',
      failed: (error, unrecorded) => this.#journalFailed(error, unrecorded),
    })
    this.#leg = route === null ? null : its.connection.toward(route)
    // A head that can be read in two ways tells nobody's name.
    const raw = this.#head.kind === 'clear' ? req.rawHeaders : []
    const facts = { authorization: this.#authorization, raw, peer: its.connection.address }
    this.#claimed = road.whoAsks.claim(this.#leg?.identity ?? null, facts)
    this.#outcome = new Outcome(this.#claimed.verified)
    this.#informing = new Informing(its.res, this.#entry, (code) => this.#brokeOff(code))
    its.connection.begin(this)
    res.on('close', () => this.#closed())
  }

  /** The head can be read in more than one way: why, and what to answer. */
  get unclear(): Extract<RequestHead, { kind: 'unclear' }> | null {
    return this.#head.kind === 'unclear' ? this.#head : null
  }

  get isArriving(): boolean {
    return !this.#its.req.complete && this.#its.tunnel === null
  }

  get isUnanswered(): boolean {
    return !this.#its.res.headersSent
  }

  get awaitsClient(): boolean {
    const { res, tunnel } = this.#its
    if (tunnel !== null) return false
    // One without a socket waits for its turn behind another, and not for the client.
    const isOut = res.socket !== null && !res.writableFinished
    if (isOut && (res.writableNeedDrain || res.writableEnded)) return true
    const awaitsContinue = this.#head.kind === 'clear' && this.#head.expects && this.#capture.size === 0
    return this.isArriving && this.#errand !== null && !awaitsContinue && this.#upload?.isBlocked !== true
  }

  get server(): string {
    return this.#its.route?.server.name ?? ''
  }

  get #authorization(): string | undefined {
    return this.#head.kind === 'clear' ? this.#head.authorization : undefined
  }

  /** Answers without asking the BI server; the attempt leaves an entry, where one can be made. */
  refuse(status: OwnStatus, reason: RefusalReason, close = false): void {
    this.#its.road.report({ kind: 'refused', server: this.server, status, reason })
    this.#outcome.decide('refused')
    if (close) this.#its.connection.spoil()
    if (this.#its.road.witness.ready) this.#ask()
    else this.#entry.giveUp()
    this.#entry.whenKept(() => this.#say(status, close))
  }

  /** `true`: the journal is broken and the server's setting is to refuse, which has been done. */
  refuseUnrecorded(): boolean {
    const { road, route } = this.#its
    if (road.witness.ready) return false
    if (route?.server.onJournalFailure === 'forward') {
      road.report({ kind: 'unrecorded', server: this.server, code: 'JOURNAL_NOT_READY' })
      this.#entry.miss()
      return false
    }
    road.report({ kind: 'journal-refusal', server: this.server })
    this.#outcome.decide('refused')
    this.#entry.giveUp()
    this.#say(503, false)
    return true
  }

  /**
   * Gives a client that logs in by connection one upstream connection of its own. `true`: it cannot have one, because it
   * speaks HTTP/2, and has been sent to HTTP/1.1.
   */
  bindLogin(): boolean {
    const { connection, route } = this.#its
    if (route === null || !ownsConnection(this.#authorization)) return false
    if (connection.demandHttp1 === null) connection.bind(route)
    else this.#sendToHttp1(connection.demandHttp1, null)
    return connection.demandHttp1 !== null
  }

  /** Sends the request on, when it is its turn; the answer comes back by itself. */
  send(): void {
    const send = () => this.#guarded(() => this.#send())
    const isHasty = this.#head.kind === 'clear' && risksStale(this.#its, this.#leg, this.#head)
    this.#its.connection.inTurn(this, isHasty ? () => setImmediate(send) : send)
  }

  #send(): void {
    if (this.#outcome.isDecided) return
    const { req, tunnel } = this.#its
    const errand = this.#set()
    this.#errand = errand
    this.#stopwatch.sent()
    if (this.#head.kind === 'clear' && this.#head.hasBody && tunnel === null) {
      this.#upload = new Upload(req, errand.up, this.#capture, {
        moved: () => this.#moved(),
        enough: () => this.#ask(),
        ended: () => this.#ask(),
        // A front end that passes its clients' trailers on passes their claims on, too.
        keeps: (trailer) => mayTrail(trailer) && !this.#its.road.whoAsks.isTrustedHeader(trailer),
      })
      return this.clientEnded()
    }
    errand.up.end()
    this.#capture.end()
    this.#ask()
    this.clientEnded()
  }

  /** What was to be the rest of the body is no HTTP; the caller answers `status` on the bare socket. */
  malformed(status: number): void {
    this.#outcome.decide('refused')
    if (this.isUnanswered) this.#outcome.beginOwn(status, this.#its.road.now())
    this.#abandonUpstream()
  }

  clientEnded(): void {
    if (this.#its.connection.hasEnded && !this.#tunnelIsOpen) this.#errand?.endAfterRequest()
  }

  clientGone(): void {
    if (!this.#isOver) this.#closed()
  }

  /** A fault of ours: the client is not left waiting, and the ticket not open. */
  failed(error: unknown): void {
    this.#its.road.report({ kind: 'failed', server: this.server, code: codeOf(error) })
    this.#giveUp(502, 'upstream-unreachable')
  }

  // ——— up ———

  #set(): Errand {
    const { route, target, req, road, tunnel } = this.#its
    const head = this.#head
    if (route === null || target === null || head.kind !== 'clear') throw new Error('a refused request is not sent')
    return new Errand({
      route,
      target,
      req,
      headers: head.headers,
      hasBody: head.hasBody,
      upgrades: tunnel !== null,
      bound: this.#leg?.bound ?? null,
      report: road.report,
      answered: (answer) => this.#guarded(() => this.#answered(answer)),
      informed: (information) => this.#guarded(() => this.#informing.pass(information)),
      switched: (answer, socket, first) => this.#guarded(() => this.#switch(answer, socket, first)),
      broke: (error) => this.#broke(error),
      closed: () => this.#upload?.stop(),
      silent: () => this.#silent(),
    })
  }

  #ask(): void {
    if (!this.#entry.isOpen) return
    this.#stopwatch.asked()
    this.#entry.ask({
      askedAt: this.#askedAt,
      server: this.server,
      ...askedHead(this.#its),
      identity: this.#claimed.identity,
      body: this.#capture.take(),
      socket: null,
    })
  }

  #moved(): void {
    this.#errand?.moved()
  }

  /** Time is up; but it counts only where the BI server is the one that is waited for. */
  #silent(): void {
    if (this.awaitsClient || this.#download?.isHeld === true || this.#entry.isPending) return this.#moved()
    this.#its.road.report({ kind: 'upstream-timeout', server: this.server })
    this.#giveUp(504, 'upstream-timeout')
  }

  /** The upstream connection failed, or closed (`null`), before the answer was complete. */
  #broke(error: Error | null): void {
    // Where the end is decided, this is only its consequence.
    if (this.#outcome.isDecided) return
    if (this.#answer !== null) return this.#answerBroke(this.#answer, error)
    // Told that nothing more comes of the client, the BI server took it for gone.
    if (this.#its.connection.hasEnded) return void this.#its.res.destroy()
    const code = codeOf(error)
    if (this.#errand?.wentStale(this.#its.connection) === true) return this.#connectionEnded(code)
    this.#its.road.report({ kind: 'upstream-unreachable', server: this.server, code })
    this.#giveUp(502, 'upstream-unreachable')
  }

  /**
   * The BI server has closed a connection under a request, as servers do with idle ones. A client that sees its own
   * connection end, as without us, asks again where that is safe, and logs in anew; a 502 it would show to somebody.
   */
  #connectionEnded(code: string): void {
    const { road, res, connection } = this.#its
    // An answer to an earlier request is on its way to the client, and is not to be cut.
    if (res.socket === null) return this.#brokeOff(code)
    road.report({ kind: 'upstream-gone', server: this.server, code })
    this.#outcome.decide('upstream-gone')
    this.#abandonUpstream()
    this.#ask()
    this.#entry.whenKept(() => connection.hangUp())
  }

  // ——— down ———

  #answered(answer: IncomingMessage): void {
    this.#answer = answer
    this.#stopwatch.answered()
    this.#moved()
    answer.on('close', () => this.#answerBroke(answer, answer.errored))
    if (isRefusal(answer)) this.#ask()
    this.#whenKept(() => this.#passOn(answer))
  }

  #passOn(answer: IncomingMessage): void {
    const { road, res, req } = this.#its
    if (this.#outcome.isDecided || res.destroyed) return
    const status = answer.statusCode ?? 502
    const bodiless = status === 204 || status === 304
    const framing = framingOf(res, bodiless, this.#mustClose())
    const headers = answerHeaders(answer, framing)
    if (headers === null) return this.#brokeOff('TRANSFER_CODING')
    const { demandHttp1 } = this.#its.connection
    if (demandHttp1 !== null && asksForLogin(answer)) return this.#sendToHttp1(demandHttp1, answer)
    if (this.#its.route?.server.binaryXml === 'avoid') avoidBinaryXml(headers)
    const kept = this.#begin(answer, status)
    if (!bodiless && req.method !== 'HEAD') {
      this.#reading = beginReading(road.readAnswer, { status, headers: kept }, readerFailed(road, this.server))
    }
    this.#lingers = !req.complete && endsConnection(answer, framing)
    writeAnswer(res, { status, reason: answer.statusMessage ?? '', headers, lingers: this.#lingers })
    this.#download = new Download(answer, res, this.#reading, () => this.#moved())
    this.#download.begin()
  }

  /** Notes the head of the answer, and gives back what is kept of it. */
  #begin(answer: IncomingMessage, status: number): RawHeaders {
    const kept = redact(answer.rawHeaders)
    this.#its.road.report({ kind: 'passed', server: this.server, ...this.#stopwatch.passed() })
    const confirmed = this.#claimed.answered(status, status === 401 ? asksFor(answer) : [])
    // Before its head leaves: a cookie that it sets may come back at once.
    this.#entry.turn(turnOf(this.#its, answer, this.#claimed, confirmed))
    this.#outcome.begin(status, kept, this.#its.road.now(), confirmed)
    return kept
  }

  /** What the BI server sends may be something Node refuses to send on; that ends the exchange, not the process. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.failed(error)
    }
  }

  #whenKept(leave: () => void): void {
    this.#entry.whenKept(() => this.#guarded(leave))
  }

  /** A login that was begun or, by `answer`, asked for is had on another connection; on record is just that. */
  #sendToHttp1(demand: () => void, answer: IncomingMessage | null): void {
    this.#its.road.report({ kind: 'http1-demanded', server: this.server })
    if (answer !== null) this.#begin(answer, 401)
    this.#outcome.decide(answer === null ? 'refused' : 'complete')
    this.#abandonUpstream()
    this.#ask()
    this.#whenKept(demand)
  }

  #mustClose(): boolean {
    const { connection, road } = this.#its
    const loginEnds = (this.#leg?.bound ?? null) !== null && this.#errand?.endsConnection === true
    return connection.mustClose || road.isClosing() || loginEnds
  }

  #switch(answer: IncomingMessage, socket: Duplex, first: Buffer): void {
    const { tunnel, res } = this.#its
    if (tunnel === null) return
    this.#answer = answer
    this.#stopwatch.answered()
    this.#errand?.listenNoMore()
    socket.on('error', (error) => this.#broke(error))
    // Either side may end its half and hear the rest.
    socket.allowHalfOpen = true
    // Node has let go of it, so that whoever ends the exchange before the tunnel is open must end it here.
    res.once('close', () => {
      if (!tunnel.isOpen) socket.destroy()
    })
    this.#whenKept(() => {
      if (this.#outcome.isDecided || res.destroyed) return
      if (socket.destroyed) return this.#giveUp(502, 'upstream-gone')
      this.#begin(answer, 101)
      tunnel.open({ answer, upstream: socket, first, talk: this.#converse(answer, tunnel) }, (end) => {
        this.#outcome.decide(end.ending)
        this.#tunnelled = end
        this.#over()
      })
    })
  }

  /** What is said in the tunnel has entries of its own. */
  #converse(answer: IncomingMessage, tunnel: Tunnel): Conversation {
    return conversationOf(this.#its, answer, {
      server: this.server,
      identity: this.#claimed.identity,
      socket: this.#entry.logId,
      userConfirmed: () => this.#outcome.isConfirmed,
      cut: (ending) => {
        this.#outcome.decide(ending)
        tunnel.cut()
      },
    })
  }

  /** Told by an error too: Node takes an answer without a length for complete when its connection is reset. */
  #answerBroke(answer: IncomingMessage, error: Error | null): void {
    if (!answer.complete) this.#brokeOff(codeOf(error))
  }

  #brokeOff(code: string): void {
    if (this.#outcome.isDecided) return
    this.#its.road.report({ kind: 'upstream-gone', server: this.server, code })
    this.#giveUp(502, 'upstream-gone')
  }

  // ——— ends ———

  #journalFailed(error: unknown, unrecorded: boolean): void {
    const { road } = this.#its
    road.report({ kind: unrecorded ? 'unrecorded' : 'withheld', server: this.server, code: codeOf(error) })
    if (unrecorded) return
    if (this.#outcome.isRefused) return this.#say(503, true)
    this.#outcome.decide('withheld')
    this.#abandonUpstream()
    this.#say(503, false)
  }

  /** Ends the exchange with the proxy's own answer, or, where the BI server's has begun, by cutting it. */
  #giveUp(status: OwnStatus, ending: Ending): void {
    this.#outcome.decide(ending)
    this.#abandonUpstream()
    this.#ask()
    this.#entry.whenKept(() => this.#say(status, false))
  }

  #abandonUpstream(): void {
    this.#upload?.stop()
    // Half a request and then a FIN is what the BI server is told, too; nothing can have been begun on it.
    this.#errand?.abandon(this.isArriving && this.#its.connection.hasEnded ? 'end' : 'reset')
    // Its login ends with it, and so does the client's connection: after the answer, which says so.
    if (this.#errand?.isBound === true) this.#its.connection.close()
  }

  #say(status: OwnStatus, close: boolean): void {
    const { res } = this.#its
    if (res.destroyed || res.writableEnded) return
    if (res.headersSent) return this.#cut()
    const answer = ownAnswer(status, close || this.#mustClose())
    this.#outcome.beginOwn(status, this.#its.road.now())
    writeAnswer(res, { status, reason: reasonPhrase(status), headers: ownHeaders(answer), lingers: false })
    res.end(answer.body)
  }

  /** An answer that ends only with its connection would look whole after an orderly close. */
  #cut(): void {
    const { res, connection } = this.#its
    if (res.chunkedEncoding || this.#outcome.hasLength) res.destroy()
    else connection.reset()
  }

  #closed(): void {
    const { req, res, connection } = this.#its
    if (this.#tunnelIsOpen) return
    if (!res.writableFinished) {
      this.#outcome.decide('client-gone')
      this.#abandonUpstream()
    } else if (!req.complete) {
      linger(req, connection, { ends: this.#lingers, closed: () => this.#abandonUpstream() })
    }
    this.#outcome.decide('complete')
    this.#errand?.listenNoMore()
    this.#ask()
    this.#over()
  }

  get #tunnelIsOpen(): boolean {
    return this.#its.tunnel?.isOpen === true
  }

  #over(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { road, connection } = this.#its
    const endedAt = road.now()
    connection.end(this)
    const sizes = {
      answerBytes: (this.#download?.bytes ?? 0) + this.#tunnelled.down,
      requestBytes: this.#capture.size + this.#tunnelled.up,
      requestHash: this.#capture.hash(),
    }
    const { over } = road
    recordLast({ receipt: this.#entry.receipt(), outcome: this.#outcome, endedAt, sizes, reading: this.#reading, over })
  }
}

/** Apart from the passage, which the reading outlives. */
function readerFailed({ report }: Road, server: string): (code: string) => void {
  return (code) => report({ kind: 'reader-failed', server, code })
}
