import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import * as fc from 'fast-check'
import { AWAY_MS, Directory } from '../../proxy/directory/directory.ts'
import type { DirectoryOptions, Listed, Lookup } from '../../proxy/directory/directory.ts'
import { LdapLookup } from '../../proxy/directory/ldap-lookup.ts'
import { openDirectory } from '../../proxy/directory/open.ts'
import { OrganisationSource } from '../../proxy/directory/organisation-source.ts'
import { Organisations } from '../../proxy/directory/organisations.ts'
import type { DirectoryConfig } from '../../schema/config/identity.ts'
import type { QueryRecord } from '../../schema/record/record.ts'
import { record, statement } from '../support/exchanges.ts'
import { ldapServer } from './ldap-server.ts'

const PASSWORD = 'et kodeord'
const KIRSTEN = {
  dn: 'CN=Kirsten,DC=kommune',
  attributes: {
    sAMAccountName: ['kirsten'],
    userPrincipalName: ['kirsten@kommune.example'],
    department: ['Jobcenter Øst'],
    title: ['Sagsbehandler'],
    memberOf: ['CN=BI\\2C Ydelse \\C3\\A5ben,OU=Grupper,DC=kommune', 'CN=100%,DC=kommune'],
  },
}
const TWINS = [1, 2].map((n) => ({ dn: `CN=Tvilling ${n}`, attributes: { sAMAccountName: ['tvilling'] } }))

const CONFIG: Omit<DirectoryConfig, 'url'> = {
  plaintext: true,
  authorities: null,
  bind: { user: 'tilsyn@kommune.example', password: PASSWORD },
  base: 'DC=kommune',
  accountAttribute: 'sAMAccountName',
  principalAttribute: 'userPrincipalName',
  domains: ['kommune'],
  organisationAttribute: 'department',
  roleAttribute: null,
  groupAttribute: 'memberOf',
  timeoutMs: 2000,
  keepMs: 3_600_000,
}

const BLANK = record({ body: statement('SELECT FROM [Borger]') })

/** An entry of `userName`, whom the BI server accepted. */
function entryOf(userName: string | null, change: Partial<QueryRecord> = {}): QueryRecord {
  return { ...BLANK, userName, userSource: 'ntlm', userConfirmed: true, ...change }
}

function organisations(t: TestContext, text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-directory-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'organisationer.csv')
  writeFileSync(file, text)
  return file
}

/** A directory over `options` with a clock that is set by hand, and what it told. */
function directory(options: Partial<DirectoryOptions>) {
  const told: string[] = []
  const clock = { ms: 0 }
  const made = new Directory({
    organisations: null,
    lookup: null,
    now: () => clock.ms,
    onError: (code) => told.push(code),
    ...options,
  })
  const placed = async (...records: QueryRecord[]) => {
    const place = await made.place(records)
    return records.map(place).map(({ organisation, role }) => [organisation, role])
  }
  return { placed, told, clock }
}

class FakeLookup implements Lookup {
  readonly asked: string[] = []
  rests = 0
  answer: (user: string) => Promise<Listed | null> = async () => null

  find(user: string): Promise<Listed | null> {
    this.asked.push(user)
    return this.answer(user)
  }

  async rest(): Promise<void> {
    this.rests += 1
  }
}

const listed = (organisation: string, ...groups: string[]): Listed => ({ organisation, role: null, groups })

test('the first line that fits and names an organisation gives it, and likewise the role', () => {
  const rule = (kind: 'user' | 'group', pattern: string, organisation: string | null, role: string | null) =>
    ({ kind, pattern, organisation, role }) as const
  const lines = new Organisations([
    rule('group', 'leder*', null, 'Leder'),
    rule('user', 'kommune\\kirsten', 'Jobcenter', null),
    rule('user', 'kommune\\*', 'Kommunen', 'Ansat'),
    rule('group', 'ældre', 'Omsorg', null),
  ])
  assert.deepEqual(lines.of('KOMMUNE\\Kirsten', []), { organisation: 'Jobcenter', role: 'Ansat' })
  assert.deepEqual(lines.of('KOMMUNE\\Kirsten', ['Ledergruppen']), { organisation: 'Jobcenter', role: 'Leder' })
  assert.deepEqual(lines.of('ole', ['Ældre']), { organisation: 'Omsorg', role: null })
  assert.deepEqual(lines.of('ole', []), { organisation: null, role: null })
})

test('the mapping file goes before the directory, whose groups it can name', async (t) => {
  const file = organisations(
    t,
    'user;group;organisation;role\n;BI, Ydelse åben;Ydelse;Kontrol\nKOMMUNE\\ole;;Borgerservice;\n',
  )
  const server = await ldapServer(t, [KIRSTEN, ...TWINS], PASSWORD)
  const lookup = new LdapLookup({ ...CONFIG, url: server.url })
  const { placed, told } = directory({ lookup, organisations: new OrganisationSource(file) })
  assert.deepEqual(await placed(entryOf('KOMMUNE\\kirsten'), entryOf('KOMMUNE\\ole'), entryOf(null)), [
    ['Ydelse', 'Kontrol'],
    ['Borgerservice', null],
    [null, null],
  ])
  assert.deepEqual(told, [])
  assert.deepEqual(server.binds, ['tilsyn@kommune.example'])
})

test('a user is found by account or by principal name, and two of one name are nobody', async (t) => {
  const server = await ldapServer(t, [KIRSTEN, ...TWINS], PASSWORD)
  const lookup = new LdapLookup({ ...CONFIG, url: server.url, roleAttribute: 'title' })
  const groups = ['CN=BI\\2C Ydelse \\C3\\A5ben,OU=Grupper,DC=kommune', 'BI, Ydelse åben', 'CN=100%,DC=kommune', '100%']
  const kirsten = { organisation: 'Jobcenter Øst', role: 'Sagsbehandler', groups }
  for (const user of ['KOMMUNE\\kirsten', 'Kirsten', 'kirsten@kommune.example'])
    assert.deepEqual(await lookup.find(user), kirsten, user)
  for (const user of ['FREMMED\\kirsten', 'kirsten@fremmed.example', 'tvilling', 'KOMMUNE\\', '', 'x'.repeat(300)])
    assert.equal(await lookup.find(user), null, user)
  await lookup.rest()
})

test('no character of a user name means anything in a search', async (t) => {
  const server = await ldapServer(t, [KIRSTEN], PASSWORD)
  const lookup = new LdapLookup({ ...CONFIG, domains: [], url: server.url })
  const hostile = ['*', 'kirs*', '*)(objectClass=*', 'kirsten)(|(a=b', '\\2a', 'a\\b\\*', 'k\0n', '(', ')', 'å*\uD800']
  for (const user of hostile) {
    assert.equal(await lookup.find(user), null)
    const { attribute, value } = server.searches.at(-1) ?? assert.fail('nothing was searched')
    assert.equal(attribute, 'sAMAccountName')
    assert.equal(value, user.slice(user.indexOf('\\') + 1).toWellFormed())
  }
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }), async (user) => {
      if (/[\\@]/.test(user)) return
      await lookup.find(user)
      assert.equal(server.searches.at(-1)?.value, user)
    }),
    { numRuns: 60 },
  )
  await lookup.rest()
})

test('a connection to the directory is left open for nobody', async (t) => {
  const server = await ldapServer(t, [KIRSTEN], PASSWORD)
  const { placed } = directory({ lookup: new LdapLookup({ ...CONFIG, url: server.url }) })
  assert.deepEqual(await placed(entryOf('kirsten')), [['Jobcenter Øst', null]])
  await Promise.all([...server.open].map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  assert.equal(server.open.size, 0)
})

test('a wrong password, a directory that is gone and one that is silent are told, and cost no entry', async (t) => {
  const server = await ldapServer(t, [KIRSTEN], PASSWORD)
  const wrong = directory({
    lookup: new LdapLookup({ ...CONFIG, url: server.url, bind: { user: 'tilsyn', password: 'forkert' } }),
  })
  assert.deepEqual(await wrong.placed(entryOf('kirsten')), [[null, null]])
  assert.deepEqual(wrong.told, ['DIRECTORY_UNAVAILABLE'])
  server.silent = true
  const silent = directory({ lookup: new LdapLookup({ ...CONFIG, url: server.url, timeoutMs: 50 }) })
  assert.deepEqual(await silent.placed(entryOf('kirsten')), [[null, null]])
  assert.deepEqual(silent.told, ['DIRECTORY_UNAVAILABLE'])
  await server.close()
  const gone = directory({ lookup: new LdapLookup({ ...CONFIG, url: server.url }) })
  assert.deepEqual(await gone.placed(entryOf('kirsten')), [[null, null]])
  assert.deepEqual(gone.told, ['DIRECTORY_UNAVAILABLE'])
})

test('an ldap address is not spoken to in the clear unless the operator says so', async (t) => {
  const server = await ldapServer(t, [KIRSTEN], PASSWORD)
  const { placed, told } = directory({
    lookup: new LdapLookup({ ...CONFIG, url: server.url, plaintext: false, timeoutMs: 300 }),
  })
  assert.deepEqual(await placed(entryOf('kirsten')), [[null, null]])
  assert.deepEqual(told, ['DIRECTORY_UNAVAILABLE'])
  assert.deepEqual([server.binds, server.searches], [[], []])
})

test('while the directory is away, what is known is used, it is left alone, and later entries have it again', async () => {
  const lookup = new FakeLookup()
  lookup.answer = async (user) => listed(`${user}s kontor`)
  const { placed, told, clock } = directory({ lookup, keepMs: 1000 })
  assert.deepEqual(await placed(entryOf('anna')), [['annas kontor', null]])
  clock.ms = 2000
  lookup.answer = () => Promise.reject(new Error('away'))
  assert.deepEqual(await placed(entryOf('anna'), entryOf('bent')), [
    ['annas kontor', null],
    [null, null],
  ])
  const asked = lookup.asked.length
  await placed(entryOf('bent'))
  assert.equal(lookup.asked.length, asked)
  assert.deepEqual(told, ['DIRECTORY_UNAVAILABLE'])
  clock.ms += AWAY_MS + 1
  lookup.answer = async (user) => listed(`${user}s kontor`)
  assert.deepEqual(await placed(entryOf('bent')), [['bents kontor', null]])
})

test('a user is asked about once in a while, a batch of many waits no longer than it may, and what is open rests', async () => {
  const lookup = new FakeLookup()
  const { placed, told, clock } = directory({ lookup, keepMs: 1000, longestLookingMs: 500 })
  await placed(entryOf('anna'), entryOf('anna'))
  await placed(entryOf('anna'))
  assert.deepEqual(lookup.asked, ['anna'])
  clock.ms = 1001
  await placed(entryOf('anna'))
  assert.equal(lookup.asked.length, 2)
  lookup.answer = async () => {
    clock.ms += 100
    return listed('et sted')
  }
  const many = Array.from({ length: 100 }, (_, n) => entryOf(`bruger${n}`))
  const places = await placed(...many)
  assert.equal(places.length, 100)
  assert.ok(lookup.asked.length < 30, String(lookup.asked.length))
  assert.deepEqual(told, ['DIRECTORY_UNAVAILABLE'])
  assert.equal(lookup.rests, 3)
})

test('LDAP is asked about nobody whom the BI server has not accepted; the file is', async (t) => {
  const lookup = new FakeLookup()
  const file = organisations(t, 'user;organisation\ngæt*;Ingen\n')
  const { placed } = directory({ lookup, organisations: new OrganisationSource(file) })
  assert.deepEqual(await placed(entryOf('gætværk', { userConfirmed: false })), [['Ingen', null]])
  assert.deepEqual(lookup.asked, [])
  await placed(entryOf('troet', { userConfirmed: false, userSource: 'body' }))
  assert.deepEqual(lookup.asked, ['troet'])
})

test('a changed file holds from then on; one with mistakes leaves the last good one in force, and is told', async (t) => {
  const file = organisations(t, 'user;organisation\nanna;A\n')
  const clock = { ms: 0 }
  const { placed, told } = directory({ organisations: new OrganisationSource(file, () => clock.ms) })
  assert.deepEqual(await placed(entryOf('anna')), [['A', null]])
  for (const [text, expected] of [
    ['user;organisation\nanna;Bygge og Miljø\n', 'Bygge og Miljø'],
    ['user;organisation\n;mistake\n', 'Bygge og Miljø'],
    ['user;organisation\nanna;Cykler\n', 'Cykler'],
  ] as const) {
    writeFileSync(file, text)
    clock.ms += 5000
    assert.deepEqual(await placed(entryOf('anna')), [[expected, null]])
  }
  assert.deepEqual(told, ['DIRECTORY_FILE'])
  rmSync(file)
  clock.ms += 5000
  assert.deepEqual(await placed(entryOf('anna')), [['Cykler', null]])
  writeFileSync(file, '')
})

test('without file and LDAP there is no directory', async () => {
  assert.equal(await openDirectory({ organisations: null, directory: null }, () => undefined), null)
})
