/** XMLA messages and a BI server for tests. Persons are invented: born between 2040 and 2057. */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'

const escape = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

export function execute(mdx: string, properties: Readonly<Record<string, string>> = {}): string {
  const list = Object.entries({ Catalog: 'Kommunedata', Format: 'Multidimensional', ...properties })
    .map(([name, value]) => `<${name}>${escape(value)}</${name}>`)
    .join('')
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><Execute xmlns="urn:schemas-microsoft-com:xml-analysis">
<Command><Statement>${escape(mdx)}</Statement></Command><Properties><PropertyList>${list}</PropertyList></Properties>
</Execute></Body></Envelope>`
}

/** An answer of one cell, with `members` (unique name, caption) on axis 1. */
export function dataset(members: readonly (readonly [string, string])[] = []): string {
  const tuples = members
    .map(
      ([name, caption]) =>
        `<Tuple><Member Hierarchy="[Borger]"><UName>${escape(name)}</UName><Caption>${escape(caption)}</Caption></Member></Tuple>`,
    )
    .join('')
  return `<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<ExecuteResponse xmlns="urn:schemas-microsoft-com:xml-analysis"><return>
<root xmlns="urn:schemas-microsoft-com:xml-analysis:mddataset"><Axes><Axis name="Axis0"><Tuples><Tuple>
<Member Hierarchy="[Measures]"><UName>[Measures].[Antal]</UName><Caption>Antal</Caption></Member></Tuple></Tuples></Axis>
<Axis name="Axis1"><Tuples>${tuples}</Tuples></Axis></Axes>
<CellData><Cell CellOrdinal="0"><Value>17</Value></Cell></CellData></root></return></ExecuteResponse></soap:Body></soap:Envelope>`
}

export interface TestServer {
  readonly url: string
  readonly server: Server
  close(): Promise<void>
}

/** A BI server that answers as `answer` says, on a port of its own. */
export async function biServer(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<TestServer> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => answer(request, Buffer.concat(parts).toString('utf8'), response))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
