/** Where something stands in a text. Lines and columns count from 1, as editors show them; columns are UTF-16 units. */
export interface Position {
  readonly offset: number
  readonly line: number
  readonly column: number
}

/** From the first character to one past the last, as `String.prototype.slice` takes them. */
export interface Region {
  readonly start: Position
  readonly end: Position
}

/** Counts lines only when somebody asks: a statement that can be read never pays for it. */
export function positionAt(text: string, offset: number): Position {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return { offset, line, column: offset - lineStart + 1 }
}

export function regionOf(text: string, start: number, end: number): Region {
  return { start: positionAt(text, start), end: positionAt(text, end) }
}
