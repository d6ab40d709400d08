/** Everything about one entry: what was asked, word for word, what it was restricted to, and who was seen (K13–K22). */
import type { QueryRecord } from '../../schema/record/record.ts'
import { idGiven } from './page.ts'
import type { Asker, Desk, Mistake } from './use.ts'
import { answering, restriction } from './use.ts'

export interface EntryAnswer {
  readonly kind: 'answer'
  /** `null`: there is no such entry. That is an answer too, and logged as one. */
  readonly entry: QueryRecord | null
}

/** @throws UseNotLogged, StoreError */
export async function readEntry(desk: Desk, asker: Asker, id: string): Promise<EntryAnswer | Mistake> {
  const key = idGiven(id)
  if (key === null) return { kind: 'mistake', place: 'id', reason: 'log-id' }
  const criteria = [restriction('log_id', '=', key)]
  const ask = { action: 'read', report: 'entry', words: 'Hvad står der i opslaget?', criteria, purpose: null } as const
  return answering(desk, asker, ask, async () => {
    const entry = await desk.reader.entry(key)
    return { answer: { kind: 'answer', entry }, rowCount: entry === null ? 0 : 1 }
  })
}
