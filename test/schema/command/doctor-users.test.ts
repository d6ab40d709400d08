import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { users } from '../../../schema/command/doctor-users.ts'
import { loadConfig } from '../../../schema/config/load.ts'

const BI = { name: 'bi01', upstream: 'http://bi01.example' }

async function told(t: TestContext, written: object, keytab?: Buffer): Promise<readonly string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tilsyn-doctor-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'tilsyn.config.json'), JSON.stringify(written))
  if (keytab !== undefined) writeFileSync(join(folder, 'bi.keytab'), keytab)
  return (await users(loadConfig(null, folder, {}))).map(({ state, text }) => `${state} ${text}`)
}

test('doctor tells for each BI server which cookies count', async (t) => {
  assert.deepEqual(
    await told(t, { servers: [BI, { ...BI, name: 'bi02', sessionCookies: [], rollingCookies: ['session'] }] }),
    [
      'ok BI server bi01: users are known again by metabase.SESSION, metabase.EMBEDDED_SESSION, X-Qlik-Session*, workgroup_session_id (sessionCookies)',
      'ok BI server bi02: users are known again by no cookie (sessionCookies); new with any answer: session (rollingCookies)',
    ],
  )
})

test('no cookie counts by default that servers keep when another user logs in, and doctor warns of one that is configured', async (t) => {
  const usual = await told(t, { servers: [BI] })
  assert.doesNotMatch(usual.join('\n'), /JSESSIONID|ASP|[ ,]session[ ,]/i)
  const [, warned] = await told(t, { servers: [{ ...BI, sessionCookies: ['JSESSIONID'] }] })
  assert.match(warned ?? '', /^warning BI server bi01: if JSESSIONID stays/)
})

test('doctor says whether the keys for Kerberos can be had', async (t) => {
  const written = { identity: { kerberos: { keytab: 'bi.keytab' } } }
  assert.match((await told(t, written, Buffer.of(5, 2)))[0] ?? '', /^ok users: .* can be read$/)
  assert.match((await told(t, written, Buffer.of(5)))[0] ?? '', /^failed users: .* are no keytab$/)
  assert.match((await told(t, written))[0] ?? '', /^failed users: .* cannot be read \(ENOENT\)/)
})
