import type { Call, Command, Envelope, Restriction, SessionHeader, Stranger } from './call.ts'
import { SOAP, XMLA } from './namespaces.ts'
import type { MarkupSink, Tag } from './plain-markup.ts'

interface Frame {
  readonly name: string
  /** Where its tag begins in the source. */
  readonly at: number
  text: string
}

/** A call whose elements are still coming. */
interface Draft {
  readonly kind: Call['kind']
  requestType: string
  readonly restrictions: Restriction[]
  readonly commands: Command[]
  readonly parameters: Map<string, string>
  readonly properties: Map<string, string>
}

/** What a call consists of; anything else in it is a stranger. */
const CALL_PARTS: Readonly<Record<Call['kind'], readonly string[]>> = {
  discover: ['RequestType', 'Restrictions', 'Properties'],
  execute: ['Command', 'Properties', 'Parameters'],
}

/** Commands stand in these, however deep they nest (MS-SSAS, "Batch": `Parallel`). */
const WRAPPERS: ReadonlySet<string> = new Set(['Batch', 'Parallel'])
const NO_COMMANDS: ReadonlySet<string> = new Set([...WRAPPERS, 'Properties'])

const SESSION_HEADERS: readonly SessionHeader[] = ['BeginSession', 'Session', 'EndSession']

/**
 * Gathers an envelope from the events of a parser. Below `Discover` and `Execute` only local names count: their
 * children stand in the XMLA namespace or, within a batch, in the engine's.
 */
export class EnvelopeBuilder implements MarkupSink {
  readonly #source: string
  readonly #frames: Frame[] = []
  /** Names from below the call to the innermost element. */
  readonly #path: string[] = []
  readonly #calls: Draft[] = []
  readonly #strangers: Stranger[] = []
  #session: SessionHeader | null = null
  #sessionId: string | null = null
  #securityUser: string | null = null
  #inBody = false
  #call: Draft | null = null
  #named: { database: string | null; cube: string | null } = { database: null, cube: null }
  #values: string[] = []
  #parameter = { name: '', values: [] as string[] }
  inEnvelope = false

  constructor(source: string) {
    this.#source = source
  }

  /** `false`: this is no SOAP envelope. */
  open(tag: Tag, at: number): boolean {
    const depth = this.#frames.length
    if (depth === 0 && !(tag.local === 'Envelope' && SOAP.has(tag.uri))) return false
    this.inEnvelope = true
    this.#frames.push({ name: tag.local, at, text: '' })
    if (depth > 2) this.#path.push(tag.local)
    if (depth === 1) this.#inBody = tag.local === 'Body' && SOAP.has(tag.uri)
    else if (depth === 2 && this.#inBody) this.#openCall(tag)
    else if (depth === 2) this.#header(tag)
    else if (this.#commandIsHere()) this.#named = { database: null, cube: null }
    return true
  }

  text(text: string): void {
    const frame = this.#frames.at(-1)
    if (frame !== undefined) frame.text += text
  }

  close(end: number): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return
    if (this.#call === null) this.#closeOutside(frame, end)
    else this.#closeInCall(frame, this.#call, end)
    this.#frames.pop()
    this.#path.pop()
  }

  /** The envelope; elements still open are taken as far as they came, to `end`. */
  finish(end: number): Envelope {
    while (this.#frames.length > 0) this.close(end)
    return {
      session: this.#session,
      sessionId: this.#sessionId,
      securityUser: this.#securityUser,
      calls: this.#calls.map(callOf),
      strangers: this.#strangers,
    }
  }

  #header(tag: Tag): void {
    const session = SESSION_HEADERS.find((name) => name === tag.local)
    if (session === undefined || tag.uri !== XMLA) return
    this.#session = session
    const id = tag.attributes.find(({ local }) => local.toLowerCase() === 'sessionid')?.value
    if (id !== undefined && id !== '') this.#sessionId = id
  }

  #closeOutside(frame: Frame, end: number): void {
    if (this.#inBody && this.#frames.length === 3) this.#strangers.push(this.#strangerOf(frame, end))
    const inSecurity = this.#frames[2]?.name === 'Security' && !this.#inBody
    const name = frame.text.trim()
    if (inSecurity && frame.name === 'Username' && name !== '') this.#securityUser ??= name
  }

  #openCall(tag: Tag): void {
    const kind = tag.local === 'Discover' ? 'discover' : tag.local === 'Execute' ? 'execute' : null
    if (kind === null || tag.uri !== XMLA) return
    this.#call = {
      kind,
      requestType: '',
      restrictions: [],
      commands: [],
      parameters: new Map(),
      properties: new Map(),
    }
    this.#calls.push(this.#call)
  }

  #closeInCall(frame: Frame, call: Draft, end: number): void {
    const path = this.#path
    const [first, second] = path
    if (path.length === 0) this.#call = null
    else if (path.length === 1 && first === 'RequestType') call.requestType = frame.text.trim()
    else if (path.length === 1 && !CALL_PARTS[call.kind].includes(frame.name))
      this.#strangers.push(this.#strangerOf(frame, end))
    else if (first === 'Restrictions' && second === 'RestrictionList') this.#closeRestriction(frame, path.length, call)
    else if (path.at(-3) === 'Properties' && path.at(-2) === 'PropertyList' && isCallOrBatch(path, path.length - 3))
      setOnce(call.properties, frame)
    else if (first === 'Parameters' && path.length >= 2) this.#closeParameter(frame, path.length, call)
    else if (this.#commandIsHere()) this.#closeCommand(frame, call, end)
    else if (this.#isWithinStatement()) this.#giveToParent(frame)
    else if (first === 'Command') this.#noteObject(frame)
  }

  /** The first object a command names is the one it is about. */
  #noteObject({ name, text }: Frame): void {
    const value = text.trim()
    if (value === '') return
    if (name === 'DatabaseID' || name === 'DatabaseName') this.#named.database ??= value
    else if (name === 'CubeID') this.#named.cube ??= value
  }

  #strangerOf({ name, at }: Frame, end: number): Stranger {
    return { name, xml: this.#source.slice(at, end) }
  }

  /** Whatever a value is wrapped in, it was asked for. */
  #closeRestriction(frame: Frame, depth: number, call: Draft): void {
    if (depth >= 3) this.#values.push(frame.text.trim())
    if (depth !== 3) return
    call.restrictions.push({ name: frame.name, values: this.#values.filter((value) => value !== '') })
    this.#values = []
  }

  /** Name and value in either order; a value may be spread over elements of its own, and all of it was asked for. */
  #closeParameter(frame: Frame, depth: number, call: Draft): void {
    const text = frame.text.trim()
    const { name, values } = this.#parameter
    if (depth === 3 && frame.name === 'Name') this.#parameter = { name: text.replace(/^@/, ''), values }
    else if (depth >= 3 && text !== '') values.push(text)
    if (depth !== 2) return
    const before = call.parameters.get(name)
    const all = before === undefined ? values : [before, ...values]
    if (values.length > 0) call.parameters.set(name, all.join(', '))
    this.#parameter = { name: '', values: [] }
  }

  /** Is the innermost element a command: directly under `Command`, or one of a `Batch`, however deep batches nest? */
  #commandIsHere(): boolean {
    const path = this.#path
    if (this.#call?.kind !== 'execute' || path[0] !== 'Command' || path.length < 2) return false
    return wrappersEnd(path, 1, path.length - 1) === path.length - 1
  }

  #isWithinStatement(): boolean {
    const path = this.#path
    const end = wrappersEnd(path, 1, path.length - 1)
    return path[0] === 'Command' && end < path.length - 1 && path[end] === 'Statement'
  }

  /** No element belongs into a statement; what a server reads out of one is not to be missing here. */
  #giveToParent({ text }: Frame): void {
    const parent = this.#frames.at(-2)
    if (parent !== undefined) parent.text += text
  }

  #closeCommand(frame: Frame, call: Draft, end: number): void {
    if (frame.name === 'Statement') call.commands.push({ kind: 'statement', text: frame.text.trim() })
    else if (!NO_COMMANDS.has(frame.name)) {
      call.commands.push({ kind: 'command', ...this.#strangerOf(frame, end), ...this.#named })
    }
  }
}

/** A list of properties belongs to the call, also where it stands in a batch: `length` names stand before it. */
function isCallOrBatch(path: readonly string[], length: number): boolean {
  return length === 0 || (path[0] === 'Command' && length > 1 && wrappersEnd(path, 1, length) === length)
}

/** The first place between `from` and `end` where no wrapper stands; `end` where all are. */
function wrappersEnd(path: readonly string[], from: number, end: number): number {
  let at = from
  while (at < end && WRAPPERS.has(path[at] ?? '')) at += 1
  return at
}

function setOnce(properties: Map<string, string>, frame: Frame): void {
  const [name, value] = [frame.name.toLowerCase(), frame.text.trim()]
  if (value !== '' && !properties.has(name)) properties.set(name, value)
}

function callOf(draft: Draft): Call {
  const { requestType, restrictions, commands, parameters, properties } = draft
  return draft.kind === 'discover'
    ? { kind: 'discover', requestType, restrictions, properties }
    : { kind: 'execute', commands, parameters, properties }
}
