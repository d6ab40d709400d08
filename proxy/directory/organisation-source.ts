/**
 * The mapping file on disk. It is read again when it has changed; one that cannot be used leaves the last good one in
 * force, and is tried again when it changes once more. Which line is wrong is told by every command that reads the
 * configuration; here only that something is.
 */
import { stat } from 'node:fs/promises'
import { loadOrganisations } from '../../schema/config/organisation-file.ts'
import { Organisations } from './organisations.ts'
import type { Placement } from './organisations.ts'

/** It is not looked at more often than this. */
const LOOK_EVERY_MS = 2000

export class OrganisationSource {
  readonly #file: string
  readonly #now: () => number
  #organisations = new Organisations([])
  /** Of the version that was read last, well or not. */
  #version = ''
  #good = true
  #notBefore = Number.NEGATIVE_INFINITY

  constructor(file: string, now: () => number = () => performance.now()) {
    this.#file = file
    this.#now = now
  }

  /** @returns whether what is in force is what the file says. */
  async refresh(): Promise<boolean> {
    if (this.#now() < this.#notBefore) return this.#good
    this.#notBefore = this.#now() + LOOK_EVERY_MS
    try {
      const { mtimeMs, size, ino } = await stat(this.#file)
      const version = `${mtimeMs} ${size} ${ino}`
      if (version === this.#version) return this.#good
      this.#version = version
      this.#organisations = new Organisations(loadOrganisations(this.#file))
      this.#good = true
    } catch {
      // Gone, or full of mistakes: the caller tells that it is so.
      this.#good = false
    }
    return this.#good
  }

  of(user: string, groups: readonly string[]): Placement {
    return this.#organisations.of(user, groups)
  }
}
