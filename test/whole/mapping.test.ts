/** A proprietary query on the whole way: a client, the proxy with a mapping, a BI server, the tables. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { readExchange } from '../../proxy/trial/exchange-files.ts'
import { eventually, printed, run, scratch, tilsyn } from '../support/tilsyn.ts'

const EXAMPLE = join(import.meta.dirname, '../../docs/mappings/example-bi-xml')

test('a query in a declared protocol passes unchanged, and is in the tables as its mapping says', async (t) => {
  const { request, response } = readExchange(EXAMPLE)
  assert.ok(response !== null)
  const came: Buffer[] = []
  const server = createServer((asked, answer) => {
    asked.on('data', (bytes: Buffer) => came.push(bytes))
    asked.on('end', () => answer.writeHead(200, { 'Content-Type': 'application/xml' }).end(response.body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  const upstream = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const folder = scratch({
    proxy: { listen: '127.0.0.1:0' },
    servers: [{ name: 'biz', upstream }],
    mappings: [join(EXAMPLE, 'mapping.json')],
    persons: { latestBirth: '2057-12-31' },
  })
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGTERM'))
  const [, url = ''] = await printed(proxy, /proxy listening on (http:\S+)/)

  const headers = request.headers
    .filter(([name]) => name !== 'Host')
    .map(([name, value]): [string, string] => [name, value])
  const answer = await fetch(`${url}/bizserver/call`, { method: 'POST', headers, body: request.body })
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), readFileSync(join(EXAMPLE, 'response.body')))
  assert.deepEqual(Buffer.concat(came), readFileSync(join(EXAMPLE, 'request.body')))

  const entry = await eventually(20_000, async () => {
    const { out } = await run(['log', '--json', '--limit', '10'], { cwd: folder })
    const line = out.split('\n').find((each) => each.includes('"server":"biz"'))
    return line === undefined ? null : (JSON.parse(line) as Record<string, unknown>)
  })
  const { module, cube, user_name, user_source, effective_user, opaque, persons_seen } = entry
  assert.deepEqual([module, cube, opaque, persons_seen], ['Ydelse', 'Ydelser', null, 1])
  assert.deepEqual([user_name, user_source, effective_user], ['KOMMUNE\\mette', 'body', 'KOMMUNE\\svc-bizserver'])

  const { out } = await run(['searched'], { cwd: folder, input: '150330-4012\n' })
  assert.match(out, /mette/)
  proxy.child.kill('SIGTERM')
  assert.equal((await proxy.ended).code, 0)
})
