/** The browser, its page, Mondrian behind the front, and the proxy before it: for the tests of one file. */
import { after, before } from 'node:test'
import type { Browser } from 'playwright-core'
import { GUARDED } from '../mondrian/lab.ts'
import { onlooker } from '../mondrian/onlooker.ts'
import type { Onlooker } from '../mondrian/onlooker.ts'
import { Tilsyn } from '../mondrian/tilsyn.ts'
import type { Entry } from '../mondrian/tilsyn.ts'
import { launch, site, visit } from './chromium.ts'
import type { Site, Transport, Visit } from './chromium.ts'
import { front } from './front.ts'
import type { Front } from './front.ts'

export class Office {
  readonly front: Front
  readonly tilsyn: Tilsyn
  /** What arrived at Mondrian. */
  readonly seen: Onlooker
  readonly #browser: Browser
  readonly #site: Site

  private constructor(browser: Browser, pages: Site, seen: Onlooker, desk: Front, tilsyn: Tilsyn) {
    this.#browser = browser
    this.#site = pages
    this.seen = seen
    this.front = desk
    this.tilsyn = tilsyn
  }

  static async open(): Promise<Office> {
    const seen = await onlooker(GUARDED.url)
    const desk = await front(seen.url)
    return new Office(await launch(), await site(), seen, desk, await Tilsyn.before(desk.url))
  }

  /** Somebody opens the page. */
  visit(at: URL, transport: Transport = 'fetch'): Promise<Visit> {
    return visit(this.#browser, this.#site, at, transport)
  }

  /** From here on: how much has arrived, and the entries that come. */
  async mark(): Promise<Mark> {
    const logged = await this.tilsyn.log()
    const last = Math.max(0, ...logged.map(({ seq }) => seq))
    const [requests, queries] = [this.front.arrived.length, this.seen.arrived.length]
    const newer = (entries: readonly Entry[]) => entries.filter(({ seq }) => seq > last)
    return {
      requests: () => this.front.arrived.slice(requests),
      queries: () => this.seen.arrived.slice(queries),
      entries: async () => {
        const sent = this.front.arrived.length - requests
        return newer(await this.tilsyn.logWhen((all) => newer(all).length >= sent))
      },
    }
  }

  async close(): Promise<void> {
    await this.#browser.close()
    await this.tilsyn.remove()
    await this.front.close()
    await this.seen.close()
    await this.#site.close()
  }
}

export interface Mark {
  /** At the front: preflights too. */
  requests(): Front['arrived']
  /** At Mondrian. */
  queries(): Onlooker['arrived']
  /** Awaited until there are as many as requests arrived at the front. */
  entries(): Promise<readonly Entry[]>
}

/** Opened before the tests of the calling file, closed after them. */
export function theOffice(): () => Office {
  let office: Office | null = null
  let opening: Promise<Office> | null = null
  before(async () => {
    opening = Office.open()
    office = await opening
  })
  // Also where no test was chosen, and it is opening still.
  after(async () => (await opening)?.close())
  return () => {
    if (office === null) throw new Error('not open')
    return office
  }
}
