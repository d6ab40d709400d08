/**
 * Reads an XMLA answer as it streams past: what kind it is, how many rows and cells, which fault, what it opened, and
 * which persons it shows. It only counts and looks; nothing of the answer is kept but person numbers, and the names that
 * a metadata rowset gives the parts of a cube.
 *
 * The BI server is trusted more than a client, and its answers are read more kindly than requests: what is not well
 * formed is passed over as far as possible, for Mondrian writes faults that are not, and an answer may break off. But
 * where elements do not nest below a root, its counts are not to be had, and the facts say so. Names are matched by
 * local name and by where they stand, and a root by its namespace.
 *
 * A fault's text counts for nobody: it repeats the question, and who was refused a person has not seen one.
 */
import type { AnswerFacts } from '../../exchange.ts'
import type { Named, PersonRules } from '../../../schema/record/person-number.ts'
import { PersonsSeen } from '../persons/persons-seen.ts'
import { attribute } from './attributes.ts'
import { decodeColumnName } from './column-name.ts'
import { DatasetReader } from './dataset.ts'
import type { MarkupName } from './markup-name.ts'
import { MarkupReader } from './markup.ts'
import { Results } from './results.ts'
import type { RootReader } from './root-reader.ts'
import { RowsetReader } from './rowset.ts'
import { NamespaceScope } from './namespace-scope.ts'
import { Vocabulary } from './vocabulary.ts'

const FORMAT = /^urn:schemas-microsoft-com:xml-analysis:(\w+)$/

export class XmlaAnswerReader {
  readonly #markup: MarkupReader
  readonly #vocabulary: Vocabulary
  readonly #seen: PersonsSeen
  readonly #namespaces = new NamespaceScope()
  readonly #results = new Results()
  #kind: AnswerFacts['kind'] = 'other'
  #faultCode: string | null = null
  #opened: string | null = null
  #warnings = 0
  /** The reader of the root that is open, and the depth of that root. */
  #root: RootReader | null = null
  #rootDepth = 0
  /** In the messages below a root, or beside it. */
  #messagesDepth = 0
  #inlineError = false
  #started = false
  #soap = false
  #torn = false

  constructor(rules: PersonRules, threshold: number, vocabulary = new Vocabulary()) {
    this.#markup = new MarkupReader(this, vocabulary)
    this.#vocabulary = vocabulary
    this.#seen = new PersonsSeen(rules, threshold)
  }

  write(text: string): void {
    this.#markup.write(Buffer.from(text))
  }

  /** The same in UTF-8, and much cheaper. The bytes must stay as they are until the next call. */
  writeBytes(bytes: Uint8Array): void {
    this.#markup.write(bytes)
  }

  end(): AnswerFacts {
    this.#lookAtTornText()
    this.#closeRoot()
    const decoded = this.#started && !this.#markup.isStopped() && !this.#torn
    // An Exception says that there was an error; the messages behind it, mostly, which.
    const faultCode = this.#faultCode ?? (this.#inlineError ? 'Exception' : null)
    const kind = this.#kind === 'empty' && faultCode !== null ? 'fault' : this.#kind
    const fault = kind === 'fault'
    return {
      kind,
      decoded,
      faultCode,
      warnings: fault ? 0 : this.#warnings,
      opened: fault ? null : this.#opened,
      // What was read of a broken answer says nothing about its size.
      ...(decoded ? this.#results.found() : { rows: null, cells: null, axes: [], model: [] }),
      ...this.#seen.facts(),
    }
  }

  /** For the markup reader. */
  open(name: MarkupName): void {
    this.#started = true
    if (this.#root === null) this.#openOutside(name)
    else if (this.#messagesDepth > 0) this.#message(name)
    else {
      const depth = this.#markup.depth - this.#rootDepth
      if (depth === 1 && isMessages(name)) this.#openMessages(name)
      else this.#root.open(name, depth)
    }
  }

  close(name: MarkupName): void {
    const { depth } = this.#markup
    if (this.#messagesDepth > 0) {
      if (depth === this.#messagesDepth) this.#messagesDepth = 0
    } else if (this.#root === null) this.#closeOutside(name)
    else if (depth === this.#rootDepth) this.#closeRoot()
    else this.#root.close(name, depth - this.#rootDepth)
    if (this.#root === null) this.#namespaces.close(depth)
  }

  torn(): void {
    if (this.#root !== null) this.#torn = true
  }

  #openOutside(name: MarkupName): void {
    const { depth } = this.#markup
    if (depth === 1) this.#soap = name.local === 'Envelope'
    if (this.#markup.hasAttributes) this.#namespaces.open(this.#markup.attributes(), depth)
    this.#lookAtText(this.#markup.ancestor(1))
    if (this.#messagesDepth > 0) this.#message(name)
    else if (this.#kind === 'fault') this.#faultDetail(name)
    else if (name.local === 'root') this.#openRoot(name)
    else {
      this.#openBesideRoot(name)
      if (!this.#soap) this.#lookAtAttributes(name)
    }
  }

  #openBesideRoot(name: MarkupName): void {
    const around = this.#markup.ancestor(1)?.local
    if (name.local === 'Fault' && around === 'Body') this.#kind = 'fault'
    else if (name.local === 'Session' && around === 'Header') {
      this.#opened ??= attribute(this.#markup.attributes(), 'SessionId')
    } else if (isMessages(name) && (around === 'return' || around === 'results')) this.#openMessages(name)
  }

  /** One of an unknown format, or of none, may be that of somebody else's XML. */
  #openRoot(name: MarkupName): void {
    const [, format] = FORMAT.exec(this.#namespaces.uri(name.prefix)) ?? []
    if (format === undefined && !this.#soap) return this.#lookAtAttributes(name)
    const kind = format === 'mddataset' ? 'dataset' : format === 'rowset' ? 'rowset' : 'empty'
    if (this.#kind === 'other' || this.#kind === 'empty') this.#kind = kind
    this.#root =
      kind === 'dataset'
        ? new DatasetReader(this.#markup, this.#seen, this.#vocabulary)
        : new RowsetReader(this.#markup, this.#seen)
    this.#results.begin(kind)
    this.#rootDepth = this.#markup.depth
  }

  #closeRoot(): void {
    this.#root?.end()
    if (this.#root !== null) this.#results.end(this.#root.found())
    this.#root = null
  }

  #openMessages(name: MarkupName): void {
    this.#messagesDepth = this.#markup.depth
    this.#message(name)
  }

  /** `<Error ErrorCode="…">`, among the messages behind the data or in their place; a warning is none. */
  #message({ local }: MarkupName): void {
    if (local === 'Exception') this.#inlineError = true
    else if (local === 'Warning') this.#warnings += 1
    else if (local === 'Error') {
      this.#inlineError = true
      this.#faultCode ??= attribute(this.#markup.attributes(), 'ErrorCode')
    }
  }

  #faultDetail({ local }: MarkupName): void {
    if (local !== 'Error') return
    const code = attribute(this.#markup.attributes(), 'ErrorCode')
    if (code !== null && this.#markup.isWithin('detail')) this.#faultCode ??= code
  }

  #closeOutside({ local }: MarkupName): void {
    if (this.#kind !== 'fault') return this.#lookAtText(this.#markup.ancestor(0))
    if (local !== 'faultcode' && !(local === 'Value' && this.#markup.ancestor(1)?.local === 'Code')) return
    const code = this.#markup.text().trim()
    if (code !== '') this.#faultCode ??= code
  }

  /** Text outside every root: somebody else's XML, or a page that calls itself XML. */
  #lookAtText(name: MarkupName | undefined): void {
    if (this.#kind === 'fault' || this.#messagesDepth > 0 || this.#markup.textIsEmpty) return
    const naming = this.#naming(name)
    if (naming === true || this.#markup.mayHoldPerson()) this.#seen.look(this.#markup.text(), 'text', () => naming)
  }

  #lookAtAttributes(name: MarkupName): void {
    if (!this.#markup.hasAttributes || !this.#markup.attributesMayHoldPerson()) return
    for (const [key, value] of this.#markup.attributes()) {
      if (!key.startsWith('xmlns')) {
        const naming = this.#seen.naming(key)
        this.#seen.look(value, 'text', () => (naming === false ? this.#naming(name) : naming))
      }
    }
  }

  /** The answer broke off within a text: up to its last blank it is whole, and the client has it. */
  #lookAtTornText(): void {
    if (this.#kind === 'fault' || this.#messagesDepth > 0 || !this.#markup.mayHoldPerson()) return
    const text = this.#markup.text()
    const whole = text.slice(0, Math.max(text.lastIndexOf(' '), 0))
    this.#seen.look(whole, 'text', () => this.#naming(this.#markup.ancestor(0)))
  }

  /** What an element outside every root tells of the numbers in it. */
  #naming(name: MarkupName | undefined): Named {
    if (name === undefined) return false
    return (name.naming ??= this.#seen.naming(decodeColumnName(name.local)))
  }
}

/** What stands at the tail of an answer that went wrong, and in one that only went almost right. */
function isMessages({ local }: MarkupName): boolean {
  return local === 'Exception' || local === 'Messages'
}
