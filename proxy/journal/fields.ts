/**
 * Reads fields of JSON that came from a file: each function answers the field in its type, or throws `ShapeError`, which
 * whoever reads the whole turns into "this is not one".
 */
export type Fields = Readonly<Record<string, unknown>>

/** Control flow inside one parse; no stack is worth its price here. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError'
  readonly code = 'JOURNAL_SHAPE'
}

export function fields(value: unknown): Fields {
  if (!isObject(value)) throw new ShapeError('not an object')
  return value
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function text(from: Fields, name: string): string {
  const value = from[name]
  if (typeof value !== 'string') throw new ShapeError(`${name} is no text`)
  return value
}

export function number(from: Fields, name: string): number {
  const value = from[name]
  if (typeof value !== 'number') throw new ShapeError(`${name} is no number`)
  return value
}

/** A whole number from 0. */
export function ordinal(from: Fields, name: string): number {
  const value = number(from, name)
  if (!Number.isSafeInteger(value) || value < 0) throw new ShapeError(`${name} is no whole number`)
  return value
}

export function flag(from: Fields, name: string): boolean {
  const value = from[name]
  if (typeof value !== 'boolean') throw new ShapeError(`${name} is neither true nor false`)
  return value
}

export function list(from: Fields, name: string): readonly unknown[] {
  const value = from[name]
  if (!Array.isArray(value)) throw new ShapeError(`${name} is no list`)
  return value
}

export function oneOf<T extends string>(from: Fields, name: string, allowed: readonly T[]): T {
  const value = text(from, name)
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new ShapeError(`${name} has an unknown value`)
  return found
}

export function orNull<T>(read: (from: Fields, name: string) => T, from: Fields, name: string): T | null {
  return from[name] === null ? null : read(from, name)
}

/** The result of `read`, or `null` when the shape was not as expected. */
export function shaped<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof ShapeError) return null
    throw error
  }
}
