/**
 * A directory for tests: as much of LDAP (RFC 4511) as a lookup needs. What it is asked for is kept as the bytes say it, so
 * that a filter that was broken open would show.
 */
import net from 'node:net'
import type { TestContext } from 'node:test'
import { BerReader, BerWriter } from 'ldapts'

export interface Person {
  readonly dn: string
  readonly attributes: Readonly<Record<string, readonly string[]>>
}

export interface Searched {
  readonly base: string
  readonly attribute: string
  readonly value: string
}

export interface LdapServer {
  readonly url: string
  readonly searches: Searched[]
  readonly binds: string[]
  /** Connections that are open. */
  readonly open: ReadonlySet<net.Socket>
  /** `silent`: takes every request, and answers none. */
  silent: boolean
  close(): Promise<void>
}

const BIND = 0x60
const UNBIND = 0x42
const SEARCH = 0x63
const BIND_DONE = 0x61
const ENTRY = 0x64
const SEARCH_DONE = 0x65
const EQUALITY = 0xa3
const SUCCESS = 0
const SIZE_LIMIT = 4
const INVALID_CREDENTIALS = 49

export async function ldapServer(
  t: TestContext,
  people: readonly Person[],
  password: string,
  port = 0,
): Promise<LdapServer> {
  const open = new Set<net.Socket>()
  const searches: Searched[] = []
  const binds: string[] = []
  const server = net.createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => socket.destroy())
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      for (let end = messageEnd(bytes); end !== null; end = messageEnd(bytes)) {
        const message = bytes.subarray(0, end)
        bytes = bytes.subarray(end)
        if (!own.silent) answer(message, socket)
      }
    })
  })
  const answer = (message: Buffer, socket: net.Socket) => {
    const reader = new BerReader(message)
    reader.readSequence()
    const id = reader.readInt() ?? 0
    const operation = reader.readSequence()
    if (operation === BIND) {
      reader.readInt()
      const name = reader.readString() ?? ''
      binds.push(name)
      const right = reader.readString(0x80) === password
      socket.write(done(id, BIND_DONE, right ? SUCCESS : INVALID_CREDENTIALS))
    } else if (operation === SEARCH) {
      const searched = readSearch(reader)
      searches.push(searched)
      const found = people.filter((person) => holds(person, searched))
      for (const person of found.slice(0, 2)) socket.write(entry(id, person))
      socket.write(done(id, SEARCH_DONE, found.length > 2 ? SIZE_LIMIT : SUCCESS))
    } else if (operation === UNBIND) socket.end()
  }
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening on a port')
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of open) socket.destroy()
      server.close(() => resolve())
    })
  const own: LdapServer = { url: `ldap://127.0.0.1:${address.port}`, searches, binds, open, silent: false, close }
  t.after(close)
  return own
}

/** Where the first message in `bytes` ends; `null` while it has not come. */
function messageEnd(bytes: Buffer): number | null {
  const reader = new BerReader(bytes)
  try {
    if (reader.readSequence() === null) return null
  } catch {
    return null
  }
  const end = reader.offset + reader.length
  return end <= bytes.length ? end : null
}

function readSearch(reader: BerReader): Searched {
  const base = reader.readString() ?? ''
  reader.readEnumeration()
  reader.readEnumeration()
  reader.readInt()
  reader.readInt()
  reader.readBoolean()
  if (reader.readSequence(EQUALITY) === null) throw new Error('no equality filter')
  return { base, attribute: reader.readString() ?? '', value: reader.readString() ?? '' }
}

function holds({ attributes }: Person, { attribute, value }: Searched): boolean {
  const found = Object.entries(attributes).find(([name]) => name.toLowerCase() === attribute.toLowerCase())
  return found?.[1].some((one) => one.toLowerCase() === value.toLowerCase()) === true
}

function message(id: number, operation: number, body: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter()
  writer.startSequence()
  writer.writeInt(id)
  writer.startSequence(operation)
  body(writer)
  writer.endSequence()
  writer.endSequence()
  return writer.buffer
}

function done(id: number, operation: number, code: number): Buffer {
  return message(id, operation, (writer) => {
    writer.writeEnumeration(code)
    writer.writeString('')
    writer.writeString('')
  })
}

function entry(id: number, { dn, attributes }: Person): Buffer {
  return message(id, ENTRY, (writer) => {
    writer.writeString(dn)
    writer.startSequence()
    for (const [name, values] of Object.entries(attributes)) {
      writer.startSequence()
      writer.writeString(name)
      writer.startSequence(0x31)
      for (const value of values) writer.writeString(value)
      writer.endSequence()
      writer.endSequence()
    }
    writer.endSequence()
  })
}
