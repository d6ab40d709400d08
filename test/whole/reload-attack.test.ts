/** The configuration is changed under a proxy at work by somebody who means it no good, or has bad luck. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { eventually, freePort, printed, type run, type Running, scratch, tilsyn } from '../support/tilsyn.ts'
import { biServer } from '../support/xmla.ts'

interface Place {
  readonly folder: string
  readonly config: Record<string, unknown>
  readonly proxy: Running
  readonly ask: () => Promise<string>
  readonly reload: () => ReturnType<typeof run>
}

async function start(t: TestContext): Promise<Place> {
  const upstream = await biServer((_request, _body, response) => response.end('here'))
  t.after(() => upstream.close())
  const port = await freePort()
  const config = { proxy: { listen: `127.0.0.1:${port}` }, servers: [{ name: 'bi01', upstream: upstream.url }] }
  const folder = scratch(config)
  const proxy = tilsyn(['proxy'], { cwd: folder })
  t.after(() => proxy.child.kill('SIGKILL'))
  await printed(proxy, /listening/)
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(10_000) })
    return answer.text()
  }
  const reload = async () => {
    const command = tilsyn(['reload'], { cwd: folder })
    const timer = setTimeout(() => command.child.kill('SIGKILL'), 15_000)
    return command.ended.finally(() => clearTimeout(timer))
  }
  return { folder, config, proxy, ask, reload }
}

const noFifo = process.platform === 'win32' ? 'Windows has no FIFO' : false

test(
  'a configuration that is no file, or no end of one, is refused at once, and nobody waits for it',
  { skip: noFifo },
  async (t) => {
    const { folder, ask, reload } = await start(t)
    const file = join(folder, 'tilsyn.config.json')
    const places: Readonly<Record<string, readonly [make: () => void, expected: RegExp]>> = {
      gone: [() => undefined, /expected a BI server/],
      folder: [() => mkdirSync(file), /a file that can be read \(NOT_A_REGULAR_FILE\)/],
      fifo: [() => execFileSync('mkfifo', [file]), /a file that can be read \(NOT_A_REGULAR_FILE\)/],
      huge: [
        () => (writeFileSync(file, ''), truncateSync(file, 100 * 1024 * 1024)),
        /a file that can be read \(FILE_TOO_LARGE\)/,
      ],
    }
    for (const [name, [make, expected]] of Object.entries(places)) {
      rmSync(file, { recursive: true, force: true })
      make()
      const { code, err, out } = await reload()
      assert.equal(code, 2, `${name}: ${out}${err}`)
      assert.match(err, expected, name)
      assert.equal(await ask(), 'here', name)
    }
  },
)

test('a FIFO in the place of any file that a setting names is refused at once, too', { skip: noFifo }, async (t) => {
  const { folder, config, proxy, ask } = await start(t)
  execFileSync('mkfifo', [join(folder, 'fifo')])
  const tls = { certificate: 'fifo', key: 'fifo' }
  const listen = [{ address: `127.0.0.1:${await freePort()}`, tls: true }]
  const settings: readonly object[] = [
    { mappings: ['fifo'] },
    { identity: { organisations: 'fifo' } },
    { identity: { kerberos: { keytab: 'fifo' } } },
    { identity: { directory: { url: 'ldaps://ad.example', base: 'dc=x', user: 'u', passwordFile: 'fifo' } } },
    { identity: { directory: { url: 'ldaps://ad.example', base: 'dc=x', authorities: 'fifo' } } },
    { servers: [{ name: 'bi01', upstream: 'https://bi01.example', ca: 'fifo' }] },
    { proxy: { listen, tls } },
    { proxy: { listen, tls: { pfx: 'fifo' } } },
  ]
  for (const setting of settings) {
    writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify({ ...config, ...setting }))
    const refusals = () => proxy.printed().split('the old one stays').length
    const before = refusals()
    proxy.child.kill('SIGHUP')
    await eventually(15_000, async () => (refusals() > before ? true : null))
    assert.equal(await ask(), 'here', JSON.stringify(setting))
  }
})
