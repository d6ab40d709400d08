import { BinaryError, damaged } from './binary-error.ts'

const MAX_NAMES = 100_000
/** A thousand attributes of the longest names are still few enough to write. */
const MAX_LENGTH = 8192

export interface QName {
  /** As it stands in a tag, prefix and all. */
  readonly written: string
  readonly prefix: string
  readonly uri: string
  /** The prefix a namespace declaration declares (empty: the default one); `null`: it is none. */
  readonly declares: string | null
}

/** The names defined so far, by number. Number 0 is the empty name ([MS-BINXML] section 2.1.2 "Name Definitions"). */
export class Names {
  readonly #names: string[] = ['']
  readonly #qnames: (QName | null)[] = [null]

  addName(name: string): void {
    if (name.length > MAX_LENGTH || this.#names.push(name) > MAX_NAMES) throw new BinaryError('BINARY_LIMIT')
  }

  addQName(uri: number, prefix: number, local: number): void {
    if (this.#qnames.push(this.#made(this.#name(uri), this.#name(prefix), this.#name(local))) > MAX_NAMES) {
      throw new BinaryError('BINARY_LIMIT')
    }
  }

  qname(number: number): QName {
    return this.#qnames[number] ?? damaged()
  }

  /** A namespace declaration has no local name; `xmlns` or `xmlns:p` stands as its prefix. */
  #made(uri: string, prefix: string, local: string): QName | null {
    if (local !== '') {
      const declares = prefix === 'xmlns' ? local : prefix === '' && local === 'xmlns' ? '' : null
      return { written: prefix === '' ? local : `${prefix}:${local}`, prefix, uri, declares }
    }
    if (prefix === '') return null
    if (!/^xmlns(?::.+)?$/.test(prefix)) return damaged()
    return { written: prefix, prefix: '', uri: '', declares: prefix.slice('xmlns:'.length) }
  }

  #name(number: number): string {
    return this.#names[number] ?? damaged()
  }
}
