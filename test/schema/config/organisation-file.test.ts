import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { ConfigError } from '../../../schema/config/config-error.ts'
import { loadConfig } from '../../../schema/config/load.ts'
import { loadOrganisations } from '../../../schema/config/organisation-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'tilsyn-organisations-'))
const file = join(folder, 'organisationer.csv')
after(() => rmSync(folder, { recursive: true }))

function load(content: string | Uint8Array) {
  writeFileSync(file, content)
  return loadOrganisations(file)
}

function mistakes(content: string | Uint8Array): Record<string, string> {
  try {
    load(content)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return Object.fromEntries(error.mistakes.map(({ path, expected }) => [path, expected]))
  }
  return assert.fail('the file was accepted')
}

const KIRSTEN = { kind: 'user', pattern: 'kommune\\kirsten', organisation: 'Ældre og Omsorg', role: null } as const

test('semicolons or commas, Danish or English headers, with a byte order mark or without: the lines are the same', () => {
  const group = { kind: 'group', pattern: 'bi-ydelse-*', organisation: null, role: 'Sagsbehandler, erfaren' } as const
  const danish =
    'bruger;gruppe;organisation;rolle\r\nKOMMUNE\\Kirsten;;Ældre og Omsorg;\r\n;BI-Ydelse-*;;Sagsbehandler, erfaren\r\n'
  const english =
    'Role,Organisation,Group,User\n,Ældre og Omsorg,,KOMMUNE\\Kirsten\n\n"Sagsbehandler, erfaren",,BI-Ydelse-*,'
  for (const text of [danish, `\uFEFF${danish}`, english]) assert.deepEqual(load(text), [KIRSTEN, group])
})

test('a quote within quotes is written twice', () => {
  assert.equal(load('user;role\na;"den ""store"" rolle"\n')[0]?.role, 'den "store" rolle')
})

test('letters are compared whole: Å as one letter and as A with a ring are one user', () => {
  assert.equal(load('user;role\nA\u030Ase;x\n')[0]?.pattern, 'åse')
})

test('every mistake is told with its line and what was expected, and no word of the file', () => {
  const found = mistakes(
    'user;group;organisation;role\na;b;x;\n;;x;\na;;;\na;;x\n"a;;x;\nb;;x;\n\nB;;y;\nc\u0007;;x;\nd;;"x"y;\n',
  )
  assert.deepEqual(found, {
    'line 2': 'expected either a user or a group',
    'line 3': 'expected either a user or a group',
    'line 4': 'expected an organisation, a role, or both',
    'line 5': 'expected 4 fields, found 3',
    'line 6': 'expected a quote at both ends of a field, and two for one inside',
    'line 9': 'this user stands in line 7 already',
    'line 10': 'expected no control characters',
    'line 11': 'expected a quote at both ends of a field, and two for one inside',
  })
})

test('a header row that names no column, an unknown one, or one twice is told', () => {
  assert.match(mistakes('')['line 1'] ?? '', /expected the column names/)
  assert.match(mistakes('user;afdeling\n')['line 1'] ?? '', /expected the column names/)
  assert.match(mistakes('user;bruger;role\n')['line 1'] ?? '', /the column user once/)
  assert.match(mistakes('user\na\n')['line 1'] ?? '', /and a column organisation or role/)
})

test('a file that is no UTF-8, as Excel saves it by default, is not guessed at', () => {
  assert.match(mistakes(Buffer.from('user;role\nå;x\n', 'latin1'))[''] ?? '', /UTF-8.*CSV UTF-8/)
})

test('a mistake in the file ends the start, and a file that is not there does too', () => {
  writeFileSync(file, 'user;role\n;x\n')
  const config = join(folder, 'tilsyn.config.json')
  writeFileSync(config, '{"identity":{"organisations":"organisationer.csv"}}')
  assert.throws(() => loadConfig(config, folder, {}), /organisationer\.csv:\n {2}line 2: expected either/)
  writeFileSync(config, '{"identity":{"organisations":"nowhere.csv"}}')
  assert.throws(() => loadConfig(config, folder, {}), /ENOENT/)
})

test('a directory needs a password where it has a user, and takes it from a file or the environment', () => {
  const config = join(folder, 'tilsyn.config.json')
  const directory = { url: 'ldaps://dc01.example', base: 'DC=x', user: 'tilsyn@x.example', domains: ['KOMMUNE'] }
  writeFileSync(config, JSON.stringify({ identity: { directory } }))
  assert.throws(() => loadConfig(config, folder, {}), /identity\.directory\.passwordFile: a password/)
  assert.throws(() => loadConfig(config, folder, { TILSYN_LDAP_PASSWORD: '' }), /a password/)
  const loaded = loadConfig(config, folder, { TILSYN_LDAP_PASSWORD: 'x' }).identity.directory
  assert.deepEqual(loaded?.bind, { user: 'tilsyn@x.example', password: 'x' })
  assert.deepEqual(loaded.domains, ['kommune'])
  writeFileSync(join(folder, 'ldap.txt'), 'y\r\n')
  writeFileSync(config, JSON.stringify({ identity: { directory: { ...directory, passwordFile: 'ldap.txt' } } }))
  assert.equal(loadConfig(config, folder, {}).identity.directory?.bind?.password, 'y')
})

test('whatever the file holds, reading it ends in lines or in a ConfigError', () => {
  const cell = fc.constantFrom('a', 'b*', '"', '""', ';', ',', '\n', '\r', 'user', ' ', '\uFEFF', 'æ')
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 40 }), fc.boolean(), (cells, headed) => {
      try {
        load((headed ? 'user;group;organisation;role\n' : '') + cells.join(''))
      } catch (error) {
        assert.ok(error instanceof ConfigError)
      }
    }),
    { numRuns: 500 },
  )
})
