/** What a recorder tells those of other processes of what its exchanges taught: how cubes are built. */
import type { Taught } from './knowing.ts'

/** One rowset of a large cube; what is larger is learnt by each from its own. */
const MOST_FACTS = 5_000

/** `null`: nothing. */
export function forOthers({ lessons, askedAt }: Taught): Taught | null {
  const models = lessons.filter((lesson) => lesson.kind === 'model' && lesson.facts.length <= MOST_FACTS)
  return models.length === 0 ? null : { lessons: models, askedAt }
}
