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
    const said = of(name)
    if (known.size >= MAX_NAMES) known.clear()
    if (name.length <= MAX_LENGTH) known.set(name, { said })
    return said
  }
}
