import { BinaryError, damaged } from './binary-error.ts'
import type { Budget } from './budget.ts'
import type { QName } from './names.ts'

const MAX_DEPTH = 1000
const MAX_ATTRIBUTES = 1000

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
}
const escaped = (text: string): string =>
  /[&<>"\r]/.test(text) ? text.replace(/[&<>"\r]/g, (c) => ESCAPES[c] ?? c) : text

interface Open {
  readonly name: string
  /** Prefixes declared here, with what each meant before. */
  readonly shadowed: [prefix: string, before: string | undefined][]
}

/**
 * Writes tags and text. A name brings its namespace with it: where the prefix does not stand for that yet, the tag also
 * declares it.
 */
export class TagWriter {
  readonly #open: Open[] = []
  readonly #scope = new Map<string, string>([['', '']])
  #pieces: string[] = []
  /** The tag in hand, while attributes may come. */
  #tag: { readonly name: QName; readonly attributes: { name: QName; value: string }[] } | null = null
  #inAttributes = false
  #any = false
  readonly #budget: Budget

  constructor(budget: Budget) {
    this.#budget = budget
  }

  get isWhole(): boolean {
    return this.#any && this.#open.length === 0 && this.#tag === null
  }

  open(name: QName): void {
    this.#begin()
    this.#any = true
    if (this.#open.length >= MAX_DEPTH) throw new BinaryError('BINARY_LIMIT')
    this.#tag = { name, attributes: [] }
  }

  attribute(name: QName): void {
    if (this.#tag === null || this.#tag.attributes.push({ name, value: '' }) > MAX_ATTRIBUTES) damaged()
    this.#inAttributes = true
  }

  endAttributes(): undefined {
    if (!this.#inAttributes) damaged()
    this.#inAttributes = false
    this.#begin()
  }

  close(): undefined {
    this.#begin()
    const element = this.#open.pop() ?? damaged()
    this.#write(`</${element.name}>`)
    for (const [prefix, before] of element.shadowed.toReversed()) {
      if (before === undefined) this.#scope.delete(prefix)
      else this.#scope.set(prefix, before)
    }
  }

  text(text: string): void {
    const attribute = this.#inAttributes ? this.#tag?.attributes.at(-1) : undefined
    if (attribute !== undefined) attribute.value += text
    else this.markup(escaped(text))
  }

  /** Text that is XML already. */
  markup(xml: string): void {
    this.#begin()
    this.#write(xml)
  }

  /** What has been written since the last time. */
  take(): string {
    const text = this.#pieces.join('')
    this.#pieces = []
    return text
  }

  /** Ends the tag in hand. */
  #begin(): void {
    const tag = this.#tag
    if (tag === null) return
    if (this.#inAttributes) damaged()
    this.#tag = null
    const shadowed: Open['shadowed'] = []
    const declare = (prefix: string, uri: string) => {
      shadowed.push([prefix, this.#scope.get(prefix)])
      this.#scope.set(prefix, uri)
    }
    let text = `<${tag.name.written}`
    for (const { name, value } of tag.attributes) {
      text += ` ${name.written}="${escaped(value)}"`
      if (name.declares !== null) declare(name.declares, value)
    }
    for (const { prefix, uri } of [tag.name, ...tag.attributes.map(({ name }) => name).filter(isPrefixed)]) {
      if (prefix === 'xml' || this.#scope.get(prefix) === uri) continue
      text += ` xmlns${prefix === '' ? '' : `:${prefix}`}="${escaped(uri)}"`
      declare(prefix, uri)
    }
    this.#open.push({ name: tag.name.written, shadowed })
    this.#write(`${text}>`)
  }

  #write(text: string): void {
    this.#budget.spend(text.length)
    this.#pieces.push(text)
  }
}

/** An attribute without a prefix is in no namespace. */
const isPrefixed = ({ prefix, declares }: QName): boolean => prefix !== '' && declares === null
