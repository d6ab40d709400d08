// The BI server of the memory runs: node bi-server.ts. It answers with 20 kB, now and then with 2 MB, packed where the
// client takes that; under /windows it wants NTLM first, which holds for the connection. It tells its port.
import http from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { datasetAnswer } from '../bench/answers.ts'
import { ANSWER } from '../bench/peers/traffic.ts'
import { CHALLENGE } from '../identity/ntlm-message.ts'
import { LONG_PATH, WINDOWS_PATH } from './paths.ts'

const usual = { plain: ANSWER, packed: gzipSync(ANSWER) }
const long = datasetAnswer({ measures: 8, rows: 1300, personEvery: 100 })
const asksFor = { usual, long: { plain: long, packed: gzipSync(long) } }
const loggedIn = new WeakSet<Socket>()

function respond(req: http.IncomingMessage, res: http.ServerResponse): void {
  const answer = req.url === LONG_PATH ? asksFor.long : asksFor.usual
  const isPacked = req.headers['accept-encoding'] === 'gzip'
  const body = isPacked ? answer.packed : answer.plain
  res.writeHead(200, {
    'Content-Type': 'text/xml',
    'Content-Length': body.length,
    ...(isPacked ? { 'Content-Encoding': 'gzip' } : {}),
  })
  res.end(body)
}

/** Whatever the last message says is believed: `test/logins` has a server that checks it. */
function logIn({ headers, socket }: http.IncomingMessage, res: http.ServerResponse): boolean {
  const token = headers.authorization?.replace(/^NTLM /, '')
  if (token === undefined) return loggedIn.has(socket)
  if (Buffer.from(token, 'base64')[8] === 3) {
    loggedIn.add(socket)
    return true
  }
  loggedIn.delete(socket)
  res.writeHead(401, { 'WWW-Authenticate': CHALLENGE, 'Content-Length': 0 }).end()
  return false
}

const server = http.createServer((req, res) => {
  req.resume().on('end', () => {
    if (req.url !== WINDOWS_PATH || logIn(req, res)) return respond(req, res)
    if (!res.headersSent) res.writeHead(401, { 'WWW-Authenticate': 'NTLM', 'Content-Length': 0 }).end()
  })
})
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
