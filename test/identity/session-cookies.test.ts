import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isLogin, redirectIn, SessionCookies } from '../../proxy/identity/session-cookies.ts'

const NOW = Date.UTC(2026, 5, 1)
const cookies = new SessionCookies(Buffer.alloc(32, 7), () => NOW)
const PLACE = { name: 'bi', sessionCookies: ['metabase.SESSION', 'X-Qlik-Session*'] }
const VALUE = '6f1c2a34-0d0e-4a50-9b1e-2f1f3a4b5c6d'
const carried = (value: string, place = PLACE) => cookies.carried(place, ['Cookie', value])
const moved = (told: string, sent = `metabase.SESSION=${VALUE}`) =>
  cookies.moved(PLACE, ['Cookie', sent], ['Set-Cookie', told])
const [MARK = ''] = carried(`metabase.SESSION=${VALUE}`)

test('a session cookie is known again by its mark, and nothing of its value is in it', () => {
  assert.match(MARK, /^[\w-]{22}$/)
  assert.deepEqual(carried(`a=b; metabase.SESSION=${VALUE} ; c`), [MARK])
  assert.deepEqual(moved(`metabase.SESSION=${VALUE}; Path=/; HttpOnly`).set, [MARK])
  assert.deepEqual(moved(`__Host-metabase.SESSION=${VALUE}`).set.length, 1)
  assert.deepEqual(carried(`X-Qlik-Session-hr=${VALUE}`).length, 1)
})

test('another server, another name, another value and another journal give another mark', () => {
  const others = [
    ...carried(`metabase.SESSION=${VALUE}`, { ...PLACE, name: 'other' }),
    ...carried(`X-Qlik-Session=${VALUE}`),
    ...carried(`metabase.SESSION=${VALUE}e`),
    ...new SessionCookies(Buffer.alloc(32, 8)).carried(PLACE, ['cookie', `metabase.SESSION=${VALUE}`]),
  ]
  assert.equal(new Set([MARK, ...others]).size, 5)
})

test('all that a BI server could go by are told, in any spelling, and none is pushed out by others', () => {
  const one = `metabase.SESSION=${VALUE}`
  assert.deepEqual(carried(`METABASE.session=${VALUE}; __HOST-${one}`), [MARK, carried(`__Host-${one}`)[0]])
  for (const other of ['metabase.SESSION', 'METABASE.SESSION', ' metabase.session '])
    assert.equal(carried(`${one}; ${other}=${VALUE}x`).length, 2, other)
  assert.equal(cookies.carried(PLACE, ['Cookie', one, 'cookie', `${one}x`]).length, 2)
  const [first, ...others] = carried(`${`${one};`.repeat(16)} ${one}x`)
  assert.equal(first, MARK)
  assert.equal(others.length, 1)
  assert.notDeepEqual(others, carried(`${one}x`))
})

test('what rolls is what is set under the name of one that came, where the operator says so', () => {
  const place = { name: 'bi', sessionCookies: ['sid'], rollingCookies: ['session'] }
  const [old, fresh] = [VALUE, `${VALUE}2`]
  const answer = ['Set-Cookie', `session=${fresh}`, 'Set-Cookie', `sid=${fresh}`]
  const both = cookies.moved(place, ['Cookie', `session=${old}; sid=${old}`], answer)
  assert.equal(both.set.length, 2)
  assert.deepEqual(both.rolled, cookies.carried(place, ['Cookie', `session=${fresh}`]))
  assert.deepEqual(cookies.moved(place, ['Cookie', `sid=${old}`], answer).rolled, [])
})

test('cookies that nobody has named, and values that could be guessed, are nobody’s', () => {
  for (const value of [`ARRAffinity=${VALUE}`, 'metabase.SESSION=short', `=${VALUE}`, ''])
    assert.deepEqual(carried(value), [], value)
  assert.deepEqual(carried(`metabase.SESSION=${VALUE}`, { name: 'bi', sessionCookies: [] }), [])
})

test('a cookie is taken away by its time or its emptiness, and then the one the request carried is over', () => {
  for (const told of [
    'metabase.SESSION=; Path=/',
    'metabase.SESSION=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    `metabase.SESSION=${VALUE}; Max-Age=0; Expires=Thu, 01 Jan 2037 00:00:00 GMT`,
    'metabase.SESSION=; max-age=-1',
  ])
    assert.deepEqual(moved(told), { set: [], rolled: [], cleared: [MARK] }, told)
  assert.deepEqual(moved(`metabase.SESSION=${VALUE}; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT`).cleared, [])
  assert.deepEqual(moved('lang=; Max-Age=0'), { set: [], rolled: [], cleared: [] })
})

test('addresses at which logins begin and end are told from queries', () => {
  for (const [method, target] of [
    ['POST', '/api/session'],
    ['DELETE', '/api/session'],
    ['POST', '/login/?next=/'],
    ['GET', '/logout/'],
    ['GET', '/bi/j_spring_security_logout'],
    ['GET', '/oauth2/callback?code=x'],
    ['POST', '/saml/acs'],
    ['POST', '/account/sign-in'],
    ['GET', '/hub/?lang=da&qlikTicket=x'],
  ] as const)
    assert.ok(isLogin(method, target), target)
  for (const [method, target] of [
    ['GET', '/api/session/properties'],
    ['POST', '/api/dataset?login=1'],
    ['GET', '/login/'],
    ['POST', '/xmla'],
    ['POST', '/api/v1/chart/data'],
    ['GET', '/authors'],
  ] as const)
    assert.ok(!isLogin(method, target), target)
})

test('of where an answer sends the client, only the path is kept', () => {
  assert.equal(redirectIn([['location', 'https://bi.example/login/?next=%2Fsecret#x']]), '/login/')
  assert.equal(redirectIn([['Location', '/']]), '/')
  assert.equal(redirectIn([]), null)
})

test('whatever stands in the headers, reading them throws nothing', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (sent, told) => {
      const place = { name: 'bi', sessionCookies: ['*'] }
      cookies.carried(place, ['Cookie', sent])
      cookies.moved(place, ['Cookie', sent], ['Set-Cookie', told])
      isLogin('POST', sent)
      redirectIn([['Location', told]])
    }),
  )
})
