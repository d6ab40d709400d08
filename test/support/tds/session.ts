/**
 * One client's connection. Requests are answered one after another; an attention, which may come at any time, ends what is
 * under way ([MS-TDS] section 2.2.1.7 "Attention"). As after SET XACT_ABORT ON, every error rolls the transaction back.
 */
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Database, Parameters, Turn } from './database.ts'
import { ServerError } from './error.ts'
import type { Faults, Moment } from './faults.ts'
import { answer, Packets, TYPE } from './packet.ts'
import type { Packet } from './packet.ts'
import { readBatch, readBulk, readExecution, readLogin, readTransaction } from './request.ts'
import type { Login } from './request.ts'
import { bulkOf, translate } from './statements.ts'
import type { Bulk } from './statements.ts'
import * as say from './tokens.ts'

/** The server, as its connections see it. */
export interface House {
  readonly faults: Faults
  readonly turn: Turn
  /** @throws ServerError where the login fails */
  admit(login: Login): Database
  /** The double was asked for what it does not know. */
  complain(what: unknown): void
}

interface Transaction {
  readonly id: Buffer
  readonly giveTurnOn: () => void
}

class Gone extends Error {}
class Attention extends Error {}

export class Session {
  readonly #house: House
  readonly #socket: Socket
  readonly #packets = new Packets()
  #parts: Buffer[] = []
  #database: Database | null = null
  #bulk: Bulk | null = null
  #transaction: Transaction | null = null
  #work = new AbortController()
  #queue: Promise<void> = Promise.resolve()
  #transactions = 0

  constructor(house: House, socket: Socket) {
    this.#house = house
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      for (const packet of this.#packets.take(chunk)) this.#take(packet)
    })
    socket.once('close', () => {
      this.#work.abort(new Gone())
      void this.#queue.then(() => this.#leave())
    })
  }

  #leave(): void {
    this.#rollBack()
    this.#database?.close()
    this.#database = null
  }

  #take({ type, isLast, isIgnored, data }: Packet): void {
    if (type === TYPE.attention) {
      this.#work.abort(new Attention())
      this.#then(async () => say.done({ attention: true }))
      return
    }
    if (type === TYPE.bulk && this.#parts.length === 0) this.#then(() => this.#meet('bulk begins').then(() => null))
    this.#parts.push(data)
    if (!isLast) return
    const body = Buffer.concat(this.#parts)
    this.#parts = []
    this.#work = new AbortController()
    this.#then(() => (isIgnored ? Promise.resolve(say.done({ error: true })) : this.#serve(type, body)))
  }

  /** Behind what is being answered. `null`: there is nothing to say yet. */
  #then(work: () => Promise<Buffer | null>): void {
    this.#queue = this.#queue.then(async () => {
      if (this.#socket.destroyed) return
      try {
        const said = await work()
        if (said !== null) this.#socket.write(answer(said))
      } catch (error) {
        this.#fail(error)
      }
    })
  }

  #fail(error: unknown): void {
    if (error instanceof Attention) {
      // What was under way ends as a message of its own, before the one that acknowledges.
      this.#socket.write(answer(say.done({ error: true })))
      return
    }
    if (!(error instanceof Gone) && !(error instanceof ServerError)) this.#house.complain(error)
    if (!(error instanceof ServerError)) {
      this.#socket.destroy()
      return
    }
    const transaction = this.#rollBack()
    const rolledBack = transaction === null ? [] : [say.transactionRolledBack(transaction.id)]
    const told = [say.error(error.number, error.message), ...rolledBack, say.done({ error: true })]
    this.#socket.write(answer(Buffer.concat(told)))
    if (this.#database === null) this.#socket.end()
  }

  async #serve(type: number, body: Buffer): Promise<Buffer> {
    switch (type) {
      case TYPE.prelogin:
        return say.prelogin()
      case TYPE.login:
        return this.#login(readLogin(body))
      case TYPE.batch:
        return this.#batch(readBatch(body))
      case TYPE.rpc: {
        const { text, parameters } = readExecution(body)
        const results = await this.#execute(text, parameters, 'inProcedure')
        return Buffer.concat([results, say.returnStatus(), say.done({ kind: 'procedure' })])
      }
      case TYPE.bulk:
        return this.#load(body)
      case TYPE.transaction:
        return this.#transact(readTransaction(body))
      default:
        throw new ServerError(8016, `the double knows no message of type ${type}`)
    }
  }

  async #login(login: Login): Promise<Buffer> {
    await this.#meet('login')
    this.#database = this.#house.admit(login)
    return say.loggedIn(login.database)
  }

  async #batch(text: string): Promise<Buffer> {
    const bulk = bulkOf(text)
    if (bulk === null) return this.#execute(text, {}, 'plain')
    this.#bulk = bulk
    return say.done({})
  }

  async #execute(text: string, parameters: Parameters, kind: say.DoneKind): Promise<Buffer> {
    const statements = this.#known(text)
    if (statements.length === 0) return say.done({ kind })
    await this.#meet(this.#transaction === null ? 'query' : 'statement')
    return this.#writing(statements, () => {
      const results = statements.map((statement) => this.#open.run(statement, parameters))
      const told = results.flatMap(({ columns, rows, count }, i) => [
        ...(columns.length === 0 ? [] : [say.columnMetadata(columns), ...rows.map((row) => say.row(columns, row))]),
        say.done({ kind, count, more: kind === 'inProcedure' || i < results.length - 1 }),
      ])
      return Buffer.concat(told)
    })
  }

  #known(text: string): readonly string[] {
    try {
      return translate(text)
    } catch (error) {
      this.#house.complain(text)
      throw error
    }
  }

  /** What writes outside a transaction has to wait for its turn as well. */
  async #writing<T>(statements: readonly string[], work: () => T): Promise<T> {
    const reads = statements.every((statement) => /^select\b/i.test(statement))
    if (reads || this.#transaction !== null) return work()
    const giveTurnOn = await this.#house.turn.take(this.#work.signal)
    try {
      return work()
    } finally {
      giveTurnOn()
    }
  }

  async #load(body: Buffer): Promise<Buffer> {
    const bulk = this.#bulk
    this.#bulk = null
    if (bulk === null) throw new ServerError(4815, 'nothing announced this bulk load')
    await this.#meet('bulk')
    const rows = readBulk(body)
    return say.done({ count: await this.#writing([''], () => this.#open.load(bulk, rows)) })
  }

  async #transact(wanted: 'begin' | 'commit' | 'rollback'): Promise<Buffer> {
    if (wanted === 'begin') return this.#begin()
    if (wanted === 'commit') await this.#meet('commit')
    const transaction = this.#transaction
    if (transaction === null) throw new ServerError(3902, 'The request has no corresponding BEGIN TRANSACTION.')
    if (wanted === 'rollback') {
      this.#rollBack()
      return Buffer.concat([say.transactionRolledBack(transaction.id), say.done({})])
    }
    this.#open.run('COMMIT')
    this.#transaction = null
    transaction.giveTurnOn()
    await this.#meet('committed')
    return Buffer.concat([say.transactionCommitted(transaction.id), say.done({})])
  }

  async #begin(): Promise<Buffer> {
    await this.#meet('begin')
    const giveTurnOn = await this.#house.turn.take(this.#work.signal)
    const id = Buffer.alloc(8)
    id.writeUInt32LE((this.#transactions += 1))
    this.#transaction = { id, giveTurnOn }
    this.#open.run('BEGIN IMMEDIATE')
    return Buffer.concat([say.transactionBegun(id), say.done({})])
  }

  #rollBack(): Transaction | null {
    const transaction = this.#transaction
    if (transaction === null) return null
    this.#transaction = null
    this.#database?.run('ROLLBACK')
    transaction.giveTurnOn()
    return transaction
  }

  get #open(): Database {
    if (this.#database === null) throw new ServerError(18456, 'Login failed.')
    return this.#database
  }

  /** Lets happen what was planned for this moment. */
  async #meet(moment: Moment): Promise<void> {
    const fault = this.#house.faults.at(moment)
    switch (fault?.kind) {
      case undefined:
        return
      case 'drop':
        throw new Gone()
      case 'error':
        throw new ServerError(fault.number, 'as planned')
      case 'delay':
        await pause(fault.ms)
        this.#work.signal.throwIfAborted()
        return
      case 'hang':
        await new Promise((_, reject) => {
          this.#work.signal.addEventListener('abort', () => reject(this.#work.signal.reason), { once: true })
        })
    }
  }
}
