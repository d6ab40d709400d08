/** The wall clock in Denmark: a day is a day in Copenhagen, whatever the clock of the machine says. */

/** Times that both stores and an ISO date of four digits can say; no entry is from outside of them. */
const [FIRST, LAST] = [Date.UTC(1900, 0, 1), Date.UTC(9999, 11, 31)]
export const known = (ms: number): number => Math.min(Math.max(ms, FIRST), LAST)

/**
 * UTC milliseconds of a wall clock that is written as if it were UTC. Reckoned twice, because the first guess may stand on
 * the other side of a change to or from summer time.
 */
export function utcOfCopenhagen(wall: number): number {
  return wall - offsetAt(wall - offsetAt(wall))
}

/** Copenhagen's wall clock at `utc`, written as if it were UTC. */
export function copenhagenOf(utc: number): number {
  return utc + offsetAt(utc)
}

const CLOCK = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/Copenhagen',
  dateStyle: 'short',
  timeStyle: 'medium',
})

/** How far Copenhagen's clock is ahead of UTC at `utc`, milliseconds. */
function offsetAt(utc: number): number {
  // Its calendar has four digits for these years only, and a day at either end lies outside of them.
  const seconds = Math.floor(known(utc) / 1000) * 1000
  return Date.parse(`${CLOCK.format(seconds).replace(' ', 'T')}Z`) - seconds
}
