// A BI server that takes its time for each answer: node slow-upstream.ts FILE MS. It tells its port.
import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

const answer = readFileSync(process.argv[2] ?? '')
const ms = Number(process.argv[3])
const server = http.createServer((req, res) => {
  const head = { 'Content-Type': 'text/xml', 'Content-Length': answer.length }
  req.resume().on('end', () => setTimeout(() => res.writeHead(200, head).end(answer), ms))
})
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit())
