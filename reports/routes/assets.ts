/** The files that pages need, and no others: from the design system's package, and our own beside the pages. */
import { fileURLToPath } from 'node:url'
import serveFiles from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const DKFDS =
  /^\/(?:css\/dkfds\.min\.css|img\/svg-icons\/[a-z-]+\.svg|fonts\/IBMPlexSans\/complete\/woff2\/[A-Za-z-]+\.woff2)$/
const OWN = /^\/tilsyn\.(?:css|svg)$/

export async function assetRoutes(app: FastifyInstance): Promise<void> {
  const shared = { index: false, decorateReply: false, maxAge: '1h', dotfiles: 'deny' } as const
  await app.register(serveFiles, {
    ...shared,
    root: fileURLToPath(new URL('..', import.meta.resolve('dkfds'))),
    prefix: '/assets/dkfds/',
    allowedPath: (path: string) => DKFDS.test(path),
  })
  await app.register(serveFiles, {
    ...shared,
    root: fileURLToPath(new URL('../render', import.meta.url)),
    prefix: '/assets/tilsyn/',
    allowedPath: (path: string) => OWN.test(path),
  })
}
