// A bare http-proxy with a keep-alive agent, in a process of its own, to be compared with.
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import httpProxy from 'http-proxy'
import { processorTime } from './support.ts'

const agent = new http.Agent({ keepAlive: true })
const proxy = httpProxy.createProxyServer({ target: process.argv[2] ?? '', agent })
const server = http.createServer((req, res) => proxy.web(req, res))
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss(), cpu: processorTime() }))
process.on('disconnect', () => process.exit())
