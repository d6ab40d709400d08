import type { Exchange } from '../../exchange.ts'
import type { Lesson } from '../knowledge.ts'

/**
 * What a metadata rowset in the answer teaches of cubes. Some servers leave the catalog out of their rows: then it is the
 * one that was asked about.
 */
export function modelLessons(catalog: string | null, { asked, answered }: Exchange): readonly Lesson[] {
  const facts = answered?.facts?.model ?? []
  if (facts.length === 0) return []
  const placed = catalog === null ? facts : facts.map((fact) => ({ ...fact, catalog: fact.catalog ?? catalog }))
  return [{ kind: 'model', server: asked.server, facts: placed }]
}
