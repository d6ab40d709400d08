/**
 * What forwarding costs: processor time for each request, and requests in a second, of Tilsyn's forwarder and of a bare
 * http-proxy before the same BI server, beside the server asked directly. In short turns, because the machine's speed
 * changes, and of each the better quarter; the ratios tell more than the figures.
 *
 *     node test/bench/forward.bench.ts [seconds for each turn] [turns]
 *
 * Each proxy is a process of its own; its processor time is its own account of it. The load: 16 connections, a request
 * of 1.7 kB, an answer of 21 kB.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

const seconds = Number(process.argv[2] ?? 0.5)
const turns = Number(process.argv[3] ?? 12)
const CONNECTIONS = 16
const REQUEST = Buffer.alloc(1700, 'q')
const ANSWER = Buffer.alloc(21_000, 'a')

interface Side {
  readonly name: string
  readonly port: number
  /** Processor time used so far, microseconds; `null`: not of a process of its own. */
  readonly processor: () => Promise<number | null>
}

async function proxy(
  name: string,
  script: string,
  upstream: number,
): Promise<Side & { readonly process: ChildProcess }> {
  const child = fork(new URL(script, import.meta.url), [`http://127.0.0.1:${upstream}`], {
    execArgv: ['--no-deprecation'],
  })
  const [{ port }]: [{ port: number }] = (await once(child, 'message')) as [{ port: number }]
  const processor = async () => {
    child.send('account')
    const [{ cpu }] = (await once(child, 'message')) as [{ cpu: number }]
    return cpu
  }
  return { name, port, processor, process: child }
}

async function load(port: number, ms: number): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const until = Date.now() + ms
  let served = 0
  const one = () =>
    new Promise<void>((resolve, reject) => {
      const headers = { 'Content-Type': 'text/xml', SOAPAction: '"x"', 'Content-Length': REQUEST.length }
      const request = http.request(
        { port, host: '127.0.0.1', method: 'POST', path: '/olap', agent, headers },
        (response) => {
          response.resume().on('end', resolve)
        },
      )
      request.on('error', reject).end(REQUEST)
    })
  const client = async () => {
    while (Date.now() < until) {
      await one()
      served += 1
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, client))
  agent.destroy()
  return served
}

const upstream = http.createServer((req, res) => {
  req
    .resume()
    .on('end', () => res.writeHead(200, { 'Content-Type': 'text/xml', 'Content-Length': ANSWER.length }).end(ANSWER))
})
upstream.listen(0, '127.0.0.1')
await once(upstream, 'listening')
const origin = (upstream.address() as AddressInfo).port
const ours = await proxy('Tilsyn', '../forward/forward-process.ts', origin)
const bare = await proxy('http-proxy', '../forward/bare-process.ts', origin)
const direct: Side = { name: 'direct', port: origin, processor: () => Promise.resolve(null) }

/** The value at `share` of the way from the least to the most. What disturbs a machine only makes it slower. */
const quantile = (values: readonly number[], share: number) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0
const sides: readonly Side[] = [direct, bare, ours]
const found = new Map(sides.map((side) => [side, { rate: [] as number[], cost: [] as number[] }]))
for (const side of sides) await load(side.port, 1000)
for (let turn = 0; turn < turns; turn++) {
  for (const side of sides) {
    const before = await side.processor()
    const served = await load(side.port, seconds * 1000)
    const after = await side.processor()
    found.get(side)?.rate.push(served / seconds)
    if (before !== null && after !== null) found.get(side)?.cost.push((after - before) / served)
  }
}
const rate = (side: Side) => quantile(found.get(side)?.rate ?? [], 0.75)
const cost = (side: Side) => quantile(found.get(side)?.cost ?? [], 0.25)
for (const side of sides) {
  const share = (rate(side) / rate(direct)).toFixed(2)
  const each = side === direct ? '' : `, ${cost(side).toFixed(0)} µs of processor time each`
  console.log(`${side.name}: ${rate(side).toFixed(0)} requests/s (${share} of direct)${each}`)
}
console.log(`processor time, Tilsyn to http-proxy: ${(cost(ours) / cost(bare)).toFixed(2)}`)
ours.process.disconnect()
bare.process.disconnect()
upstream.close()
upstream.closeAllConnections()
