/**
 * A store that may not be there yet. It is opened when first asked, and again at the next question if that failed: the
 * report service starts without its database, says so, and answers as soon as the database is back.
 */
import type { OpenStore, StoreLocation } from './open.ts'
import { openStore } from './open.ts'

export function openWhenNeeded(location: StoreLocation): OpenStore {
  let opening: Promise<OpenStore> | null = null
  const store = (): Promise<OpenStore> => {
    opening ??= openStore(location).catch((error: unknown) => {
      opening = null
      throw error
    })
    return opening
  }
  const close = async () => {
    await (await opening)?.close()
  }
  return {
    writer: {
      position: async (origin) => (await store()).writer.position(origin),
      holds: async (entry) => (await store()).writer.holds(entry),
      write: async (batch) => (await store()).writer.write(batch),
      append: async (use) => (await store()).writer.append(use),
      close,
    },
    reader: {
      log: async (filter, page) => (await store()).reader.log(filter, page),
      entry: async (id) => (await store()).reader.entry(id),
      children: async (ids) => (await store()).reader.children(ids),
      person: async (person, range, page) => (await store()).reader.person(person, range, page),
      attributes: async () => (await store()).reader.attributes(),
      carriers: async () => (await store()).reader.carriers(),
      concerning: async (attributes, range, page) => (await store()).reader.concerning(attributes, range, page),
      statistics: async (range) => (await store()).reader.statistics(range),
      origins: async () => (await store()).reader.origins(),
      numbers: async (origin) => (await store()).reader.numbers(origin),
      oldest: async (kept, before) => (await store()).reader.oldest(kept, before),
      countOlder: async (kept, before) => (await store()).reader.countOlder(kept, before),
      close,
    },
    access: {
      addToken: async (token) => (await store()).access.addToken(token),
      findToken: async (hash) => (await store()).access.findToken(hash),
    },
    close,
  }
}
