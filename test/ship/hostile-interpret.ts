/** Stands in for `proxy/protocol/interpret.ts` in a recorder thread: some queries end the thread, or hang it. */
import type { Exchange, Gap } from '../../proxy/exchange.ts'
import { NO_KNOWLEDGE } from '../../proxy/protocol/knowledge.ts'
import { plain } from './memory-store.ts'

export function interpret(exchange: Exchange) {
  const text = Buffer.from(exchange.asked.body.bytes).toString()
  if (text === 'ends the thread') process.exit(9)
  if (text === 'hangs the thread') for (;;);
  if (text === 'eats all memory')
    for (const eaten: string[][] = []; ;) eaten.push(Array.from({ length: 1e6 }, () => 'x'))
  return plain.interpret(exchange, NO_KNOWLEDGE)
}
export const interpretGap = (gap: Gap) => plain.interpretGap(gap)
