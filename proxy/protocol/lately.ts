/** More names than the cubes of one organisation have attributes; longer ones are worth no place. */
const MAX_NAMES = 2000
const MAX_LENGTH = 200

/**
 * `of`, which is pure, with what it said of the names that came lately: queries name the same hierarchies again and again.
 * For names of attributes and the like, never of members.
 */
export function lately<T>(of: (name: string) => T): (name: string) => T {
  const known = new Map<string, { readonly said: T }>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before.said
    if (name.length > MAX_LENGTH) return of(name)
    if (known.size >= MAX_NAMES) known.clear()
    // A text of its own: what is cut out of a statement keeps all of it in memory.
    const own = ` ${name}`.slice(1)
    const said = of(own)
    known.set(own, { said })
    return said
  }
}
