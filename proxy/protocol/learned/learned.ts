/**
 * Keeps what exchanges taught. Lessons go in, in the order of the journal, and the knowledge they add up to comes out;
 * it can be written as JSON and read back, and then goes on as if it had never been away.
 *
 * Learning the same again changes nothing, so that a journal may be read twice from some place on. Everything is bounded
 * (`sessions.ts`, `cookies.ts`, `models.ts`): what is forgotten makes later entries say less, never fail. What is
 * written may hold names of members and of persons.
 */
import { assertNever } from '../../../schema/record/record.ts'
import type { CubeModel } from '../../language/cube-model.ts'
import type { CookieHolder, Knowledge, Lesson, Session } from '../knowledge.ts'
import type { HeldCookie } from './cookies.ts'
import { LearnedCookies } from './cookies.ts'
import type { HeldModel } from './models.ts'
import { LearnedModels } from './models.ts'
import type { HeldSession } from './sessions.ts'
import { LearnedSessions } from './sessions.ts'
import { heldCookies, heldModels, heldSessions } from './shape.ts'

export interface WrittenKnowledge {
  readonly sessions: readonly HeldSession[]
  readonly cookies: readonly HeldCookie[]
  readonly models: readonly HeldModel[]
}

export class Learned implements Knowledge {
  readonly #sessions = new LearnedSessions()
  readonly #cookies = new LearnedCookies()
  readonly #models = new LearnedModels()

  /** From what {@link written} gave, back from a file; `null` when it is no such thing. */
  static from(written: unknown): Learned | null {
    const [sessions, cookies, models] = [heldSessions(written), heldCookies(written), heldModels(written)]
    if (sessions === null || cookies === null || models === null) return null
    const learned = new Learned()
    for (const { server, id, session, at } of sessions) learned.#sessions.put(server, id, session, at)
    for (const cookie of cookies) learned.#cookies.restore(cookie)
    for (const model of models) learned.#models.restore(model)
    return learned
  }

  get written(): WrittenKnowledge {
    return { sessions: this.#sessions.all, cookies: this.#cookies.all, models: this.#models.all }
  }

  session(server: string, id: string, at: number): Session | null {
    return this.#sessions.get(server, id, at)
  }

  cookie(server: string, cookie: string, at: number): CookieHolder | null {
    return this.#cookies.get(server, cookie, at)
  }

  model(server: string, catalog: string | null, cube: string): CubeModel | null {
    return this.#models.get(server, catalog, cube)
  }

  /**
   * Takes in what the exchange asked at `at`, or the head of an answer at that time, taught.
   *
   * @returns whether anything is known now that was not.
   */
  learn(lessons: readonly Lesson[], at: number): boolean {
    let changed = false
    for (const lesson of lessons) changed = this.#learn(lesson, at) || changed
    return changed
  }

  #learn(lesson: Lesson, at: number): boolean {
    switch (lesson.kind) {
      case 'session':
        return this.#sessions.put(lesson.server, lesson.id, lesson.session, at)
      case 'session-used':
        return this.#sessions.use(lesson.server, lesson.id, at)
      case 'session-ended':
        return this.#sessions.end(lesson.server, lesson.id)
      case 'cookie':
        return this.#cookies.give(lesson.server, lesson.cookie, lesson.user, at)
      case 'cookie-used':
        return this.#cookies.use(lesson.server, lesson.cookie, at)
      case 'cookie-ended':
        return this.#cookies.end(lesson.server, lesson.cookie, at)
      case 'model':
        return this.#models.learn(lesson.server, lesson.facts)
      default:
        return assertNever(lesson)
    }
  }
}
