import type { Asked } from '../exchange.ts'
import { redact } from '../identity/redact.ts'
import { cookiesOf } from './cookies.ts'
import type { PassageSettings } from './road.ts'

/** What an entry keeps of a request's head, and of where it comes from. */
export function askedHead(
  its: PassageSettings,
): Pick<Asked, 'clientAddress' | 'method' | 'target' | 'headers' | 'cookies'> {
  const { req, clientAddress } = its
  const [method, target] = [req.method ?? '', req.url ?? '']
  return { clientAddress, method, target, headers: redact(req.rawHeaders), ...cookiesOf(its) }
}
