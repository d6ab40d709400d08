/**
 * The report service: who searched for, or saw, a person; what was asked lately; everything about one entry. For
 * auditors by pages and a REST interface, the same questions (`query`), shown differently (`render`, `routes`).
 *
 * Invariants, each with a test:
 * - No answer without an entry: the use of the log is committed to the log before the answer leaves, and so is an
 *   attempt that is refused. If that cannot be done there is no answer (503).
 * - No route without a rule: `routes/rules.ts` says for each who may, and one it does not know ends the start.
 * - A person number stands in no address, header, log line or error.
 * - Whatever is shown is escaped where it is put together, and no page needs a script, so none may run.
 *
 * Left to others: listening, TLS, the first sign-in link and what the commands print (`main.ts`); storing
 * (`schema/store`).
 */
import { randomBytes, randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import csrf from '@fastify/csrf-protection'
import formBody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import session from '@fastify/session'
import swagger, { type SwaggerOptions } from '@fastify/swagger'
import { Ajv } from 'ajv'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Origin } from '../schema/record/ids.ts'
import type { PersonRules } from '../schema/record/person-number.ts'
import type { Store } from '../schema/store/store.ts'
import type { Keeping, Lag } from './query/status.ts'
import { UseLog } from './query/use.ts'
import { remembering, type SignInCodes } from './routes/access.ts'
import { assetRoutes } from './routes/assets.ts'
import { addErrorAnswers } from './routes/errors.ts'
import { addGuard } from './routes/guard.ts'
import { logRoutes } from './routes/log.ts'
import { pageRoutes } from './routes/pages.ts'
import { invalid, Problem, problemDetails } from './routes/problem.ts'
import { searchPersonRoute } from './routes/search-person.ts'
import type { Service } from './routes/service.ts'
import { IDLE_MS, SESSION_COOKIE, Sessions } from './routes/sessions.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { statusRoutes } from './routes/status.ts'
import { csrfUser } from './routes/view.ts'

export interface AppSettings {
  readonly store: Store
  readonly persons: PersonRules
  /** Of the entries about the use of the log itself. */
  readonly origin: Origin
  /** 0 to 255, see `LogIdMint`. */
  readonly journalNumber: number
  /** How far behind the recorder is; `null` when nobody knows. */
  readonly lag: Lag
  /** How long entries are kept. */
  readonly retention: Keeping
  readonly signInCodes: SignInCodes
  /** pino, or what speaks like it. */
  readonly logger: FastifyBaseLogger | false
  readonly now?: () => number
  /** Addresses of fronts whose `X-Forwarded-For` and `-Proto` are believed; none if not given. */
  readonly trustProxy?: readonly string[]
}

/** Enough for any question; a body is read into memory. */
const BODY_BYTES = 16 * 1024
/** Requests a minute from one address. */
const REQUESTS = { max: 600, timeWindow: 60_000 }

export async function buildApp(settings: AppSettings): Promise<FastifyInstance> {
  const app = bareApp(settings)
  const service = serviceOf(settings, app.log)
  addValidation(app)
  await addPlugins(app, service)
  addGuard(app, service)
  addErrorAnswers(app, service)
  addRequestLog(app)
  searchPersonRoute(app, service)
  logRoutes(app, service)
  statusRoutes(app, service)
  await assetRoutes(app)
  // Forms in a scope of their own: the REST interface takes JSON only, which no foreign page can post unasked.
  await app.register(async (pages) => {
    await pages.register(formBody, { bodyLimit: BODY_BYTES })
    pageRoutes(pages, service)
    signInRoutes(pages, service)
  })
  await app.ready()
  return app
}

function serviceOf(settings: AppSettings, log: FastifyBaseLogger): Service {
  const { store, persons, origin, journalNumber, retention, signInCodes, now = Date.now } = settings
  const uses = new UseLog(store.writer, origin, journalNumber, now)
  // Not to know how far behind the recorder is must not keep the log from being read: it is said instead.
  const lag: Lag = () =>
    settings.lag().catch((err: unknown) => {
      log.warn({ err }, 'the state of the recorder cannot be read')
      return null
    })
  const accessToStatus = remembering(store.access)
  const desk = { reader: store.reader, uses, persons }
  return { desk, access: store.access, accessToStatus, lag, retention, now, signInCodes }
}

function bareApp({ logger, trustProxy = [] }: AppSettings): FastifyInstance {
  return Fastify({
    ...(logger === false ? {} : { loggerInstance: logger.child({}, { serializers: SERIALIZERS }) }),
    // Fastify's own lines hold the address as it came, and somebody may put a person number into one.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    requestTimeout: 30_000,
    exposeHeadRoutes: false,
    genReqId: () => randomUUID(),
    trustProxy: trustProxy.length === 0 ? false : [...trustProxy],
    frameworkErrors: (_error, _request, reply) => {
      // An address that cannot be decoded: no hook runs, so nothing of it is kept anywhere.
      reply.raw.writeHead(400, { 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
      reply.raw.end(problemDetails(new Problem(400, 'BAD_ADDRESS')))
    },
  })
}

/** An error's message may quote what stood in the request, so the operational log gets its kind and place only. */
const SERIALIZERS = {
  req: (request: { readonly id?: unknown; readonly method?: unknown }) => ({ id: request.id, method: request.method }),
  res: (reply: { readonly statusCode?: unknown }) => ({ statusCode: reply.statusCode }),
  err: (error: unknown) => errorFacts(error, 5),
}

interface ErrorFacts {
  readonly type: string
  readonly code?: string
  readonly stack: string
  readonly cause?: ErrorFacts
}

function errorFacts(error: unknown, depth: number): ErrorFacts {
  if (!(error instanceof Error)) return { type: typeof error, stack: '' }
  return {
    type: error.name,
    ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
    stack: (error.stack ?? '')
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n'),
    ...(error.cause === undefined || depth === 0 ? {} : { cause: errorFacts(error.cause, depth - 1) }),
  }
}

/** Numbers come as text in an address and as numbers in JSON. Surplus fields are refused, not dropped. */
function addValidation(app: FastifyInstance): void {
  const strict = { strict: true, allErrors: false, verbose: true, removeAdditional: false, useDefaults: false }
  const body = new Ajv({ ...strict, coerceTypes: false })
  const address = new Ajv({ ...strict, coerceTypes: true })
  app.setValidatorCompiler(({ schema, httpPart }) => (httpPart === 'body' ? body : address).compile(schema))
  app.setSchemaErrorFormatter(invalid)
}

async function addPlugins(app: FastifyInstance, { now }: Service): Promise<void> {
  await app.register(helmet, HELMET)
  await app.register(cookie, { secret: randomBytes(32).toString('hex') })
  // `secure` is set with each cookie (`overTls`): 'auto' would weaken `sameSite` to lax on connections without TLS.
  const shared = { path: '/', httpOnly: true, sameSite: 'strict', secure: false } as const
  await app.register(session, {
    secret: randomBytes(32).toString('hex'),
    cookieName: SESSION_COOKIE,
    cookie: { ...shared, maxAge: IDLE_MS },
    store: new Sessions(now),
    saveUninitialized: false,
    rolling: true,
  })
  await app.register(csrf, {
    sessionPlugin: '@fastify/cookie',
    cookieKey: 'tilsyn-csrf',
    cookieOpts: { ...shared, signed: true },
    csrfOpts: { userInfo: true, hmacKey: randomBytes(32).toString('hex') },
    getUserInfo: csrfUser,
  })
  await app.register(rateLimit, {
    ...REQUESTS,
    errorResponseBuilder: () => new Problem(429, 'TOO_MANY'),
  })
  await app.register(swagger, OPENAPI)
}

const HELMET = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      fontSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  referrerPolicy: { policy: 'no-referrer' },
  // It would hold for every port of the host name, and the BI server beside us may speak plain HTTP. Who terminates
  // TLS for the whole host sets it.
  strictTransportSecurity: false,
} as const

const OPENAPI: SwaggerOptions = {
  openapi: {
    openapi: '3.1.0',
    info: {
      title: 'Tilsyn',
      description:
        'Who asked the BI server what. Every answer given here is itself an entry of the log, module `Logning`.',
      version: '1',
    },
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
      },
    },
    security: [{ token: [] }, { session: [] }],
  },
}

/** One line a request: the route, never the address. */
function addRequestLog(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.is404 ? null : (request.routeOptions.url ?? null)
    const ms = Math.round(reply.elapsedTime)
    request.log.info({ method: request.method, route, status: reply.statusCode, ms }, 'request')
  })
}
