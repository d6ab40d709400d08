/**
 * Numbers of exchanges: which an entry stands for beside its own, and which are missing.
 *
 * An entry may stand for several numbers: requests that the settings leave out, and queries lost to a damaged journal. Its
 * text says which, in words for a person; those who count read the same words here, where they are made.
 */
/** From one number to another, both included. */
export interface NumberRange {
  readonly from: number
  readonly to: number
}

/** @param numbers any order, each once or more often */
export function rangesOf(numbers: readonly number[]): readonly NumberRange[] {
  const ranges: { from: number; to: number }[] = []
  for (const number of numbers.toSorted((one, other) => one - other)) {
    const range = ranges.at(-1)
    if (range !== undefined && number <= range.to + 1) range.to = number
    else ranges.push({ from: number, to: number })
  }
  return ranges
}

/** What of `ranges` lies in none of `others`; both in ascending order, apart from each other or not. */
export function without(ranges: readonly NumberRange[], others: readonly NumberRange[]): readonly NumberRange[] {
  const left: NumberRange[] = []
  let next = 0
  for (const { from, to } of ranges) {
    let start = from
    while (next > 0 && (others[next - 1]?.to ?? 0) >= from) next--
    for (; next < others.length; next++) {
      const other = others[next]
      if (other === undefined || other.from > to) break
      if (other.from > start) left.push({ from: start, to: other.from - 1 })
      start = Math.max(start, other.to + 1)
    }
    if (start <= to) left.push({ from: start, to })
  }
  return left
}

/** In ascending order and apart from each other. */
export function joined(ranges: readonly NumberRange[]): readonly NumberRange[] {
  const all: { from: number; to: number }[] = []
  for (const { from, to } of ranges.toSorted((one, other) => one.from - other.from)) {
    const last = all.at(-1)
    if (last !== undefined && from <= last.to + 1) last.to = Math.max(last.to, to)
    else all.push({ from, to })
  }
  return all
}

export function countOf(ranges: readonly NumberRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0)
}

/** `3-5, 9` */
export function rangesText(ranges: readonly NumberRange[]): string {
  return ranges.map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`)).join(', ')
}

export const queriesText = (count: number): string => (count === 1 ? '1 query' : `${count} queries`)

export function lostText(count: number): string {
  return `${queriesText(count)} can no longer be read: the journal is damaged here`
}

export function leftOutText(numbers: readonly number[]): string {
  const requests = numbers.length === 1 ? '1 request' : `${numbers.length} requests`
  const which = rangesText(rangesOf(numbers))
  return `${requests} for the model left out, as the configuration says (record.metadata): number ${which}`
}

const LOST = /^(\d{1,15}) quer(?:y|ies) can no longer be read: the journal is damaged here$/
const LEFT_OUT = /^\d{1,15} requests? for the model left out, .{0,80}: number ([\d, -]+)$/

/** What is looked at of a `QueryRecord`. */
export interface Telling {
  readonly seq: number
  readonly action: string
  readonly query: string
}

/** May an entry stand for other numbers than its own? Only such can; `numbersOf` tells which. */
export function standsForOthers({ action, query }: Pick<Telling, 'action' | 'query'>): boolean {
  return action === 'gap' || (action === 'metadata' && LEFT_OUT.test(query))
}

/** The numbers that an entry stands for: its own, unless its text tells more. */
export function numbersOf({ seq, action, query }: Telling): readonly NumberRange[] {
  const lost = action === 'gap' ? LOST.exec(query)?.[1] : undefined
  if (lost !== undefined) return [{ from: seq, to: seq + Number(lost) - 1 }]
  const leftOut = action === 'metadata' ? LEFT_OUT.exec(query)?.[1] : undefined
  if (leftOut === undefined) return [{ from: seq, to: seq }]
  return leftOut.split(', ').map((range) => {
    const [from = '', to = from] = range.split('-')
    return { from: Number(from), to: Number(to) }
  })
}
