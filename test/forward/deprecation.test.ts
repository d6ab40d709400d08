import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bare, connect, ours, scripted } from './support.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

test('http-proxy is used without its deprecated calls (DEP0060), which a bare one makes', async (t) => {
  const warned: string[] = []
  process.on('warning', (warning) => warned.push(String('code' in warning ? warning.code : warning.name)))
  const { port: upstream } = await scripted(t, OK)
  const ask = async (port: number) => {
    await connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\n\r\n').has('ok')
    await connect(t, port)
      .send('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
      .has('ok')
    await new Promise((resolve) => setImmediate(resolve))
  }
  await ask((await ours(t, upstream)).port)
  assert.deepEqual(warned, [])
  await ask((await bare(t, upstream)).port)
  assert.deepEqual(warned, ['DEP0060'])
})
