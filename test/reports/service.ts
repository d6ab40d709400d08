/** Starts the report service for a test, with a clock that stands still, and speaks to it as a program or a browser. */
import assert from 'node:assert/strict'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { pino } from 'pino'
import { buildApp } from '../../reports/app.ts'
import type { Keeping, RecorderStatus } from '../../reports/query/status.ts'
import { createSignInCodes, newToken, type SignInCodes } from '../../reports/routes/access.ts'
import { type Kept, retentionPeriod } from '../../schema/record/retention.ts'
import type { Role, Store } from '../../schema/store/store.ts'
import { memoryStore } from '../support/memory-store.ts'
import { NOON, PERSONS, REPORTS } from './invented.ts'

export interface Service {
  readonly app: FastifyInstance
  readonly codes: SignInCodes
  /** Everything the operational log was told. */
  readonly logLines: readonly string[]
  readonly clock: { now: number }
  /** `authorization` of a fresh token. */
  bearer(role: Role, name?: string): Promise<{ authorization: string }>
}

const MINUTE_MS = 60_000

const period = (text: string, kept: Kept) => retentionPeriod(text, kept) ?? assert.fail(text)
export const KEEPING: Keeping = { period: period('6M', 'log'), changes: period('5Y', 'changes'), automatic: false }

export const IN_STEP: RecorderStatus = {
  origin: 'bi-front-1a2b3c',
  appended: 40,
  shipped: 40,
  pending: 0,
  oldestUnshippedAt: null,
  journalBytes: 4096,
  store: 'ok',
  at: NOON + MINUTE_MS,
}

export async function service(
  store: Store = memoryStore(),
  lag: () => Promise<RecorderStatus | null> = async () => IN_STEP,
): Promise<Service> {
  const clock = { now: NOON + MINUTE_MS }
  const now = () => clock.now
  const logLines: string[] = []
  const codes = createSignInCodes({ now })
  const app = await buildApp({
    store,
    persons: PERSONS,
    origin: REPORTS,
    journalNumber: 9,
    lag,
    retention: KEEPING,
    now,
    signInCodes: codes,
    logger: pino({ level: 'trace' }, { write: (line: string) => void logLines.push(line) }),
  })
  return {
    app,
    codes,
    logLines,
    clock,
    async bearer(role, name = `a test ${role}`) {
      const { token, record } = newToken({ name, role, now: now(), ttlMs: 60 * MINUTE_MS })
      await store.access.addToken(record)
      return { authorization: `Bearer ${token}` }
    },
  }
}

type Form = Readonly<Record<string, string>>

/** Keeps cookies and sends forms, as a browser without scripts does. */
export class Browser {
  readonly #app: FastifyInstance
  readonly #cookies = new Map<string, string>()
  /** The token of the last page that had a form. */
  csrf = ''

  readonly #always: Form

  /** @param always headers of every request, as a front would add them. */
  constructor(app: FastifyInstance, always: Form = {}) {
    this.#app = app
    this.#always = always
  }

  get(url: string, headers: Form = {}) {
    return this.#send({ method: 'GET', url, headers })
  }

  post(url: string, form: Form) {
    const payload = new URLSearchParams({ _csrf: this.csrf, ...form }).toString()
    return this.#send({
      method: 'POST',
      url,
      payload,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
  }

  async signIn(codes: SignInCodes, role: Role, name = `a test ${role}`) {
    const code = codes.issue({ name, role })
    await this.get(`/sign-in?code=${code}`)
    return this.post('/sign-in', { code })
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name)
  }

  async #send(options: InjectOptions) {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#app.inject({ ...options, headers: { ...options.headers, ...this.#always, cookie } })
    for (const { name, value, maxAge, expires } of answer.cookies) {
      const gone = maxAge === 0 || (expires !== undefined && expires.getTime() === 0)
      if (gone) this.#cookies.delete(name)
      else this.#cookies.set(name, encodeURIComponent(value))
    }
    this.csrf = /name="_csrf" value="([^"]+)"/.exec(answer.body)?.[1] ?? this.csrf
    return answer
  }
}

export async function signedIn(of: Service, role: Role, name?: string): Promise<Browser> {
  const browser = new Browser(of.app)
  await browser.signIn(of.codes, role, name)
  return browser
}
