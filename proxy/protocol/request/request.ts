import type { Asked } from '../../exchange.ts'
import type { Request } from '../adapter.ts'
import { binaryTransport, unfold } from '../binary/transport.ts'
import { decodeText } from './charset.ts'
import { MAX_DECODED_BYTES, codings, undoCodings } from './content-coding.ts'
import { charsetOf, header, headerList, mediaType } from './headers.ts'

/** The request an adapter reads, from what was captured. */
export function requestOf(asked: Asked): Request {
  const { method, target, socket, headers, identity, body } = asked
  const contentType = header(headers, 'content-type')
  const type = mediaType(contentType)
  const common = { method, target, socket, headers, identity, mediaType: type, extent: body.extent, traces: '' }
  if (body.bytes.length === 0) return { ...common, text: '', kept: '', failure: null }
  const names = codings(headerList(headers, 'content-encoding'))
  const whole = undoCodings(body.bytes, names, body.extent !== 'whole')
  // A coding that was never finished is no error to many a server: what there is has been asked.
  const broken = whole.kind === 'failed' && whole.reason === 'unreadable' && body.extent === 'whole'
  const decoded = broken ? undoCodings(body.bytes, names, true) : whole
  if (decoded.kind === 'failed') {
    return { ...common, text: null, kept: dataUri(type, body.bytes), failure: decoded.reason }
  }
  const transport = binaryTransport(type)
  if (transport !== null)
    return unfolded(
      common,
      charsetOf(contentType),
      { ...unfold(decoded.bytes, transport, MAX_DECODED_BYTES), folded: decoded.bytes },
      body.bytes,
    )
  const text = decodeText(decoded.bytes, charsetOf(contentType), broken || body.extent !== 'whole')
  if (text !== null) return { ...common, extent: broken ? 'cut' : body.extent, text, kept: text, failure: null }
  return { ...common, text, traces: tracesIn(decoded.bytes), kept: dataUri(type, body.bytes), failure: 'unreadable' }
}

/** Binary XML as the text it stands for. Where that is not all of it, the bytes are kept as well. */
function unfolded(
  common: Omit<Request, 'text' | 'kept' | 'failure'>,
  charset: string | null,
  { bytes, whole, folded }: ReturnType<typeof unfold> & { readonly folded: Uint8Array },
  body: Uint8Array,
): Request {
  const text = decodeText(bytes, charset, !whole)
  if (text !== null && whole) return { ...common, text, kept: text, failure: null }
  const coded = dataUri(common.mediaType, body)
  if (text === null || text === '')
    return {
      ...common,
      text: null,
      traces: `${tracesIn(folded)}\n${tracesIn(bytes)}`,
      kept: coded,
      failure: 'unreadable',
    }
  const extent = common.extent === 'whole' ? 'cut' : common.extent
  return { ...common, extent, text, kept: `${text}\n${coded}`, failure: null }
}

/** Letters and digits of ASCII, also where each takes two bytes: enough to find a person number by. */
function tracesIn(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
}

/** Bytes that are no text are kept whole all the same, for a later version to read. */
function dataUri(mediaType: string, bytes: Uint8Array): string {
  return `data:${mediaType || 'application/octet-stream'};base64,${Buffer.from(bytes).toString('base64')}`
}
