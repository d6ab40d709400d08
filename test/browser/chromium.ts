/** Debian's Chromium without a window, the page from an origin of its own, and what the browser says of its network. */
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, Page } from 'playwright-core'

const PAGE = join(import.meta.dirname, 'page')
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
const EXECUTABLE = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
const PATIENCE_MS = 20_000

/** An answer as the browser got it. */
export interface Received {
  /** The request was a preflight, which the browser sent of its own accord. */
  readonly isPreflight: boolean
  readonly status: number
  readonly connection: number
  readonly isReused: boolean
  readonly contentEncoding: string | null
}

export interface Visit {
  readonly page: Page
  readonly received: readonly Received[]
  /** Waits until what a click asked for is drawn. */
  readonly settled: () => Promise<void>
  /** Goes to another page; `last` is the request that the page sends when it is left. */
  readonly leave: (last: Promise<unknown>) => Promise<void>
  close(): Promise<void>
}

export interface Site {
  readonly origin: string
  close(): Promise<void>
}

/** How Debian's Chromium is started by root, too, and without a graphics card. */
export const launch = (): Promise<Browser> =>
  chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox', '--disable-gpu'] })

export async function site(): Promise<Site> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://page').pathname.slice(1) || 'index.html'
    const type = TYPES[extname(name)] ?? 'none'
    // Also a name with a slash in it is no file of the page's.
    const content = name.includes('/') || type === 'none' ? Promise.reject(new Error(name)) : readFile(join(PAGE, name))
    content.then(
      (bytes) => response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    origin: `http://127.0.0.1:${address.port}`,
    async close() {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      await closed
    },
  }
}

export type Transport = 'fetch' | 'xhr'

/** A browser profile of its own: no cookie, cache or connection of another visit. */
export async function visit(browser: Browser, from: Site, xmla: URL, transport: Transport): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, locale: 'da-DK' })
  const page = await context.newPage()
  page.setDefaultTimeout(PATIENCE_MS)
  const received = await listen(page, xmla)
  const settled = async () => void (await page.waitForSelector('body[data-state=ready]'))
  await page.goto(`${from.origin}/?transport=${transport}&xmla=${encodeURIComponent(xmla.href)}`)
  await settled()
  const leave = async (last: Promise<unknown>) => void (await Promise.all([last, page.goto('about:blank')]))
  return { page, received, settled, leave, close: () => context.close() }
}

async function listen(page: Page, xmla: URL): Promise<Received[]> {
  const received: Received[] = []
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Network.enable')
  devtools.on('Network.responseReceived', ({ type, response }) => {
    if (response.url !== xmla.href) return
    const headers = new Map(Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]))
    received.push({
      isPreflight: type === 'Preflight',
      status: response.status,
      connection: response.connectionId,
      isReused: response.connectionReused,
      contentEncoding: headers.get('content-encoding') ?? null,
    })
  })
  return received
}
