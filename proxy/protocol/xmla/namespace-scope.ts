import type { Attributes } from './attributes.ts'

interface Declaration {
  readonly depth: number
  readonly prefix: string | null
  readonly uri: string
}

/** An envelope declares some ten; what declares more is not read by its namespaces. */
const MAX_DECLARATIONS = 1_000

/** Which prefix stands for which namespace, outside the roots of an answer (Namespaces in XML 1.0, section 6). */
export class NamespaceScope {
  readonly #declared: Declaration[] = []

  open(attributes: Attributes, depth: number): void {
    for (const [name, uri] of attributes) {
      if (!name.startsWith('xmlns') || this.#declared.length >= MAX_DECLARATIONS) continue
      if (name === 'xmlns') this.#declared.push({ depth, prefix: null, uri })
      else if (name.startsWith('xmlns:')) this.#declared.push({ depth, prefix: name.slice(6), uri })
    }
  }

  close(depth: number): void {
    while ((this.#declared.at(-1)?.depth ?? 0) >= depth) this.#declared.pop()
  }

  uri(prefix: string | null): string {
    return this.#declared.findLast((declaration) => declaration.prefix === prefix)?.uri ?? ''
  }
}
