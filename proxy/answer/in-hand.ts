/** As many places as a number has room for. */
const PLACES = 2 ** 20

/**
 * Things in hand just now, by number. A place is used again, a number never: whoever asks by an old one gets nothing.
 *
 * No Map, because one that is filled and emptied all the time leaves its old tables behind, each with a pointer to the
 * table that followed it. Once one of them has grown old, all later ones, and every thing that was ever in them, are
 * kept until a full collection, and each collection of the young generation has all of them to move.
 */
export class InHand<Thing extends object> {
  readonly #ids: number[] = []
  readonly #things: (Thing | null)[] = []
  readonly #free: number[] = []
  #round = 0
  #size = 0
  /** The numbers are given here. */
  #gives = false

  get size(): number {
    return this.#size
  }

  /** @returns its number */
  put(thing: Thing): number {
    this.#gives = true
    const id = ++this.#round * PLACES + (this.#free.pop() ?? this.#things.length)
    this.putAs(id, thing)
    return id
  }

  /** Under a number that another has given: one is either given here or there. */
  putAs(id: number, thing: Thing): void {
    const place = id % PLACES
    while (this.#things.length <= place) {
      this.#things.push(null)
      this.#ids.push(0)
    }
    this.#ids[place] = id
    this.#things[place] = thing
    this.#size += 1
  }

  get(id: number): Thing | null {
    const place = id % PLACES
    return this.#ids[place] === id ? (this.#things[place] ?? null) : null
  }

  /** Gives it away: what it gave is in hand no longer. */
  take(id: number): Thing | null {
    const thing = this.get(id)
    if (thing === null) return null
    this.#things[id % PLACES] = null
    if (this.#gives) this.#free.push(id % PLACES)
    this.#size -= 1
    return thing
  }

  all(): readonly Thing[] {
    return this.#things.filter((thing) => thing !== null)
  }
}
