/** Which fault an answer tells: the first of the surest kind. */

/** What is kept of one object. */
export type Kept = ReadonlyMap<string, string>

const NOTHING_WRONG = new Set(['', 'null', 'false'])

/** A code is short and names nobody; anything else is only that there was a fault. */
const isCode = (text: string): boolean => /^[\w .:/-]{1,80}$/.test(text) && !/\d{6}\D?\d{3}/.test(text)
const codeOf = (text: string): string => (isCode(text) ? text : 'error')

export class AnswerFault {
  /** By how sure they are: a code, a status, a text. */
  readonly #found: (string | undefined)[] = []
  /** Cube is still reckoning, and wants to be asked again. */
  waits = false

  get code(): string | null {
    return this.waits ? null : (this.#found.find((code) => code !== undefined) ?? null)
  }

  /**
   * An object that is no row.
   *
   * @param name the member it stands under, also as an item of a list.
   */
  look(name: string, kept: Kept, isRoot: boolean): void {
    const of = (key: string): string | null => {
      const text = kept.get(key)
      return text === undefined || NOTHING_WRONG.has(text) ? null : text
    }
    const [code, error] = [of('code'), of('error')]
    if (/^(?:odata\.|pbi\.)?errors?$/.test(name)) this.#add(0, of('error_type') ?? code ?? of('errorCode') ?? 'error')
    if (error === 'Continue wait') this.waits = true
    if (of('status') === 'failed') this.#add(1, of('error_type') ?? 'failed')
    if (isRoot) this.#root(of, error)
    else if (error !== null && of('status') !== null) this.#add(2, codeOf(error))
    const looker = of('looker_error')
    if (looker !== null) this.#add(1, 'looker_error')
  }

  #root(of: (key: string) => string | null, error: string | null): void {
    const code = of('errorCode') ?? of('error_type') ?? (of('message') === null ? null : of('code'))
    if (code !== null) this.#add(0, code)
    // Cube says what kind of fault it is beside the text.
    else if (error !== null) this.#add(2, of('type') ?? error)
  }

  #add(place: number, code: string): void {
    this.#found[place] ??= codeOf(code)
  }
}
