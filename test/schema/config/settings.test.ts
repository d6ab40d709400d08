import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Setting, settingsOf } from '../../../schema/config/settings.ts'
import schema from '../../../schema/config/config.schema.json' with { type: 'json' }

const folder = mkdtempSync(join(tmpdir(), 'tilsyn-settings-'))

function found(written: object, env: NodeJS.ProcessEnv = {}): Map<string, Setting> {
  return new Map(settingsOf(written, folder, env).map((setting) => [setting.pointer, setting]))
}

test('an empty file is the whole set-up, with every default', () => {
  const settings = found({})
  assert.equal(settings.get('/proxy/listen')?.text, '"127.0.0.1:8080"')
  assert.equal(settings.get('/persons/threshold')?.text, '20')
  assert.equal(settings.get('/store/kind')?.text, '"embedded"')
  assert.equal(settings.get('/log/level')?.text, '"info"')
  assert.ok(![...settings.keys()].some((pointer) => pointer.startsWith('/proxy/tls')), 'no TLS, no settings of it')
})

test('a server has its settings under its name, whatever its place; the order is one more', () => {
  const bi01 = { name: 'bi01', upstream: 'http://127.0.0.1:1' }
  const bi02 = { name: 'a/b~c', upstream: 'http://me:hemmeligt@127.0.0.1:2', path: '/x' }
  const one = found({ servers: [bi01] })
  const two = found({ servers: [bi02, bi01] })
  for (const [pointer, { text }] of one)
    if (pointer.startsWith('/servers/bi01')) assert.equal(two.get(pointer)?.text, text)
  assert.equal(two.get('/servers')?.text, '["a/b~c","bi01"]')
  assert.equal(two.get('/servers/a~1b~0c/path')?.text, '"/x"')
  assert.ok(!JSON.stringify([...two]).includes('hemmeligt'), 'the password of an address is on record')
})

test('a file counts with the SHA-256 of its content; a secret has no text', () => {
  writeFileSync(join(folder, 'map.csv'), 'bruger;organisation\n')
  writeFileSync(join(folder, 'pw.txt'), 'hemmeligt')
  const settings = found(
    {
      identity: {
        organisations: 'map.csv',
        directory: { url: 'ldaps://x', base: 'x', user: 'x', passwordFile: 'pw.txt' },
      },
      store: { kind: 'mssql' },
    },
    { TILSYN_MSSQL: 'Server=x;Password=hemmeligt' },
  )
  const sha256 = createHash('sha256').update('bruger;organisation\n').digest('hex')
  assert.equal(settings.get('/identity/organisations')?.sha256, sha256)
  const password = settings.get('/identity/directory/passwordFile')
  assert.deepEqual([password?.text, password?.sha256], ['"pw.txt"', null])
  assert.ok((password?.secret ?? '') !== '')
  const connection = settings.get('/store/connection')
  assert.deepEqual([connection?.text, connection?.sha256], [null, null])
})

test('whatever the schema calls a password, a secret or a key is secret, or a file known by its hash', () => {
  const names: string[] = []
  const walk = (of: unknown, pointer: string): void => {
    if (typeof of !== 'object' || of === null) return
    const { properties = {}, items, oneOf = [] } = of as Partial<Record<'properties' | 'items' | 'oneOf', object>>
    for (const [name, one] of Object.entries(properties)) {
      if (/password|passphrase|secret|^connection(?!s)|^keys?$|keytab/i.test(name)) names.push(`${pointer}/${name}`)
      walk(one, `${pointer}/${name}`)
    }
    if (Array.isArray(oneOf)) for (const one of oneOf) walk(one, pointer)
    walk(items, `${pointer}/x`)
  }
  walk(schema, '')
  assert.ok(names.length >= 6, names.join(', '))
  writeFileSync(join(folder, 'content'), 'hemmeligt')
  for (const pointer of names) {
    const written = pointer
      .split('/')
      .slice(1)
      .reduceRight<unknown>((inner, name) => ({ [name]: inner }), 'content')
    const setting = found(pointer.startsWith('/store/') ? kinded(written) : Object(written)).get(pointer)
    assert.ok(setting !== undefined, pointer)
    assert.ok(setting.secret !== null || setting.sha256 !== null, `${pointer} is on record as it is written`)
  }
})

function kinded(written: unknown): object {
  const { store } = written as { readonly store: object }
  return { store: { kind: 'mssql', ...store } }
}
