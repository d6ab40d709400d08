/** Texts that nobody would write, for the readers of all languages. */
import * as fc from 'fast-check'

/** Every text of at most `length` parts. */
export function* everyString(parts: readonly string[], length: number): Generator<string> {
  yield ''
  if (length === 0) return
  for (const rest of everyString(parts, length - 1)) for (const part of parts) yield part + rest
}

/** One of `seeds` with pieces cut out and others put in: ends of seeds, letters, and `signs`. */
export function patched(seeds: readonly string[], signs: string): fc.Arbitrary<string> {
  const patch = fc.oneof(
    fc.constantFrom(...seeds).map((seed) => seed.slice(-20)),
    fc.string({ maxLength: 3 }),
    fc.constantFrom(...signs.split('')),
  )
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat(12), patch), { maxLength: 4 })
  return fc.tuple(fc.constantFrom(...seeds), edits).map(([seed, made]) =>
    made.reduce((text, [at, cut, insert]) => {
      const place = at % (text.length + 1)
      return text.slice(0, place) + insert + text.slice(place + cut)
    }, seed),
  )
}
