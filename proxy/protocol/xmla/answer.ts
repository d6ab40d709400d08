/**
 * Reads an XMLA answer as it streams past: what kind it is, how many rows and cells, which fault, and which persons it
 * shows. It only counts and looks; nothing of the answer is kept but person numbers.
 *
 * The BI server is trusted more than a client, and its answers are read more kindly than requests: what is not well
 * formed is passed over as far as possible, for Mondrian writes faults that are not, and an answer may break off. Names
 * are matched by local name and by where they stand: cheaper than resolving namespaces, and an answer's structure is not
 * an attacker's to choose.
 *
 * A fault's text counts for nobody: it repeats the question, and who was refused a person has not seen one.
 */
import type { SaxesTagPlain } from 'saxes'
import { SaxesParser } from 'saxes'
import type { AnswerFacts } from '../../exchange.ts'
import type { PersonRules } from '../../../schema/record/person-number.ts'
import { namesPersonNumbers } from '../../../schema/record/person-number.ts'
import { PersonsSeen } from '../persons-seen.ts'
import { UNREAD_ANSWER } from '../unread-answer.ts'
import { attribute, decodeColumnName, localName } from './column-name.ts'
import { DatasetReader } from './dataset.ts'
import type { RootReader } from './root-reader.ts'
import { RowsetReader } from './rowset.ts'

const MAX_DEPTH = 200
/** A parser in trouble may find fault with every character. */
const MAX_ERRORS = 100
/** The parser holds a text until it ends; none in an answer is this long. */
const MAX_TEXT = 16 * 1024 * 1024

/** Ends the reading from within a handler; never leaves this file. */
class Stop extends Error {
  override readonly name = 'Stop'
  readonly code = 'ANSWER_STOP'
}

export class XmlaAnswerReader {
  readonly #parser = new SaxesParser({ xmlns: false, position: false })
  readonly #seen: PersonsSeen
  /** Local names of the open elements. */
  readonly #path: string[] = []
  readonly #roots: RootReader[] = []
  /** The text since the last tag: all there is in an element without children. */
  #text = ''
  #kind: AnswerFacts['kind'] = 'other'
  #faultCode: string | null = null
  /** The reader of the root that is open, and the length of the path down to it. */
  #root: RootReader | null = null
  #rootDepth = 0
  #inlineError = false
  #started = false
  #stopped = false
  #errors = 0
  #sinceTag = 0

  constructor(rules: PersonRules, threshold: number) {
    this.#seen = new PersonsSeen(rules, threshold)
    this.#parser.on('error', () => {
      if (++this.#errors > MAX_ERRORS) throw new Stop()
    })
    this.#parser.on('opentag', (tag) => this.#open(tag))
    this.#parser.on('closetag', () => this.#close())
    this.#parser.on('text', (text) => (this.#text += text))
    this.#parser.on('cdata', (text) => (this.#text += text))
  }

  write(piece: string): void {
    const text = this.#started ? piece : withoutDatasetSchema(piece)
    this.#sinceTag += text.length
    if (this.#sinceTag > MAX_TEXT) this.#stopped = true
    this.#run(() => this.#parser.write(text))
  }

  end(): AnswerFacts {
    this.#run(() => this.#parser.close())
    const decoded = this.#started && !this.#stopped
    // An Exception says that there was an error; the messages behind it, mostly, which.
    const faultCode = this.#faultCode ?? (this.#inlineError ? 'Exception' : null)
    const kind = this.#kind === 'empty' && faultCode !== null ? 'fault' : this.#kind
    return { ...UNREAD_ANSWER, kind, decoded, faultCode, ...this.#counts(decoded), ...this.#seen.facts() }
  }

  #run(step: () => void): void {
    if (this.#stopped) return
    try {
      step()
    } catch (error) {
      if (!(error instanceof Stop)) throw error
      this.#stopped = true
    }
  }

  /** Several results (a batch) are one answer. What was read of a broken one says nothing about its size. */
  #counts(decoded: boolean): Pick<AnswerFacts, 'rows' | 'cells'> {
    const counts = this.#roots.map((root) => root.counts())
    const sum = (numbers: readonly (number | null)[]): number | null => {
      const known = numbers.filter((number) => number !== null)
      return decoded && known.length > 0 ? known.reduce((a, b) => a + b, 0) : null
    }
    return { rows: sum(counts.map(({ rows }) => rows)), cells: sum(counts.map(({ cells }) => cells)) }
  }

  #open({ name, attributes }: SaxesTagPlain): void {
    const local = localName(name)
    const parent = this.#path.at(-1)
    this.#started = true
    this.#text = ''
    this.#sinceTag = 0
    if (this.#path.push(local) > MAX_DEPTH) throw new Stop()
    if (this.#root === null) this.#openOutside(name, local, parent, attributes)
    else if (this.#path[this.#rootDepth] === 'Exception' || this.#path[this.#rootDepth] === 'Messages') {
      if (local === 'Exception') this.#inlineError = true
      this.#errorCode(local, attributes)
    } else this.#root.open(local, this.#path.length - this.#rootDepth, attributes)
  }

  #openOutside(
    name: string,
    local: string,
    parent: string | undefined,
    attributes: Readonly<Record<string, string>>,
  ): void {
    if (local === 'Fault' && parent === 'Body') this.#kind = 'fault'
    else if (this.#kind === 'fault') this.#errorCode(local, attributes)
    else if (local === 'root') this.#openRoot(name, attributes)
  }

  #openRoot(name: string, attributes: Readonly<Record<string, string>>): void {
    const prefix = name.includes(':') ? `:${name.slice(0, name.indexOf(':'))}` : ''
    const [, format] = /^urn:schemas-microsoft-com:xml-analysis:(\w+)$/.exec(attributes[`xmlns${prefix}`] ?? '') ?? []
    const kind = format === 'mddataset' ? 'dataset' : format === 'rowset' ? 'rowset' : 'empty'
    const root = kind === 'dataset' ? new DatasetReader(this.#seen) : new RowsetReader(this.#seen)
    if (this.#kind === 'other' || this.#kind === 'empty') this.#kind = kind
    if (kind !== 'empty') this.#roots.push(root)
    this.#root = root
    this.#rootDepth = this.#path.length
  }

  #close(): void {
    const local = this.#path.at(-1)
    if (local === undefined) return
    const depth = this.#path.length - this.#rootDepth
    if (this.#root === null) this.#closeOutside(local)
    else if (depth === 0) this.#root = null
    else if (this.#path[this.#rootDepth] !== 'Exception' && this.#path[this.#rootDepth] !== 'Messages') {
      this.#root.close(local, depth, this.#text)
    }
    this.#path.pop()
    this.#text = ''
    this.#sinceTag = 0
  }

  #closeOutside(local: string): void {
    if (this.#kind !== 'fault') {
      const name = decodeColumnName(local)
      this.#seen.look(this.#text, 'text', () => namesPersonNumbers(name, this.#seen.rules))
    } else if (local === 'faultcode' || (local === 'Value' && this.#path.at(-2) === 'Code')) {
      const code = this.#text.trim()
      if (code !== '') this.#faultCode ??= code
    }
  }

  /** `<Error ErrorCode="…">`, in a fault's detail or among the messages behind the data; a warning is none. */
  #errorCode(local: string, attributes: Readonly<Record<string, string>>): void {
    const code = local === 'Error' ? attribute(attributes, 'ErrorCode') : null
    if (code !== null && this.#kind !== 'fault') this.#faultCode ??= code
    else if (code !== null && this.#path.includes('detail')) this.#faultCode ??= code
  }
}

/**
 * The inline schema of a dataset says nothing that is not the same in every answer, and is three quarters of a small
 * one. Where the first piece holds all of it, it is left out unparsed. A rowset's names its columns, and is read.
 */
function withoutDatasetSchema(text: string): string {
  const root = text.indexOf('"urn:schemas-microsoft-com:xml-analysis:mddataset"')
  const [tag = '', prefix = ''] =
    /<([\w.-]+:)?schema(?=[\s>])/.exec(root < 0 ? '' : text.slice(root, root + 1024)) ?? []
  if (tag === '') return text
  const [start, close] = [text.indexOf(tag, root), `</${prefix}schema>`]
  const end = text.indexOf(close, start)
  return end < 0 ? text : text.slice(0, start) + text.slice(end + close.length)
}
