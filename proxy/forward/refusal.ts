/** What the proxy answers for itself: plain text in Danish and English, and nothing of what was asked. */
export interface OwnAnswer {
  readonly status: number
  /** UTF-8 as bytes: the sockets here write text as Latin-1, so that headers pass as they came. */
  readonly body: Buffer
  /** The connection cannot be trusted or used further. */
  readonly close: boolean
}

const TEXTS = {
  400: [
    'Bad Request',
    'Forespørgslen kan læses på mere end én måde og er ikke sendt videre.',
    'The request can be read in more than one way and was not forwarded.',
  ],
  404: ['Not Found', 'Ingen BI-server er sat op til denne adresse.', 'No BI server is configured for this address.'],
  405: ['Method Not Allowed', 'Metoden er ikke tilladt her.', 'The method is not allowed here.'],
  408: ['Request Timeout', 'Forespørgslen kom ikke i tide.', 'The request did not arrive in time.'],
  413: ['Content Too Large', 'Forespørgslen er for stor.', 'The request is too large.'],
  414: ['URI Too Long', 'Adressen er for lang.', 'The address is too long.'],
  431: [
    'Request Header Fields Too Large',
    'Forespørgslen har for mange eller for store headere.',
    'The request has too many headers, or too large ones.',
  ],
  501: ['Not Implemented', 'Overførselskodningen er ikke understøttet.', 'The transfer coding is not supported.'],
  502: [
    'Bad Gateway',
    'BI-serveren kan ikke nås eller svarede ikke færdigt.',
    'The BI server cannot be reached, or broke off before it answered.',
  ],
  503: [
    'Service Unavailable',
    'Forespørgslen kan ikke registreres lige nu, og derfor gives der intet svar. Kontakt driften.',
    'The query cannot be recorded at the moment, so no answer is given. Contact your IT operations.',
  ],
  504: ['Gateway Timeout', 'BI-serveren svarede ikke i tide.', 'The BI server did not answer in time.'],
  505: ['HTTP Version Not Supported', 'Der tales kun HTTP/1.0 og HTTP/1.1.', 'Only HTTP/1.0 and HTTP/1.1 are spoken.'],
} as const satisfies Record<number, readonly [reason: string, danish: string, english: string]>

export type OwnStatus = keyof typeof TEXTS

export function ownAnswer(status: OwnStatus, close = false): OwnAnswer {
  const [, danish, english] = TEXTS[status]
  return { status, body: Buffer.from(`${danish}\n${english}\n`), close }
}

export function reasonPhrase(status: OwnStatus): string {
  return TEXTS[status][0]
}

/** Headers of an own answer, as a raw array. Not to be stored: the next try may fare better. */
export function ownHeaders({ status, body, close }: OwnAnswer): string[] {
  return [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    ...(status === 405 ? ['Allow', 'GET, HEAD, POST, OPTIONS'] : []),
    ...(close ? ['Connection', 'close'] : []),
  ]
}

/** A whole answer as bytes, for a socket whose request never became one. */
export function rawAnswer(status: OwnStatus): Buffer {
  const answer = ownAnswer(status, true)
  const headers = ownHeaders(answer)
  const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1] ?? ''}`] : []))
  const head = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${lines.join('\r\n')}\r\n\r\n`
  return Buffer.concat([Buffer.from(head), answer.body])
}
