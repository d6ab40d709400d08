import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryStore } from '../../support/memory-store.ts'
import { ANNA, BENT, CARLA, criterion, invented } from '../invented.ts'
import { Browser, service, signedIn } from '../service.ts'

const NAME = 'Frederikke Unævnelig'
const people = [ANNA, BENT, CARLA].flatMap((p) => [p, `${p.slice(0, 6)}-${p.slice(6)}`])

test('no person number, name or query text reaches the operational log, a header or a redirect, however it is asked', async () => {
  const store = memoryStore()
  const entry = invented({
    query: `SELECT [${NAME}] ON 0 FROM [Udgifter]`,
    criteria: [criterion({ value: ANNA, person: ANNA })],
    seen: [{ person: BENT, place: 'axis' }],
  })
  store.put(entry)
  const s = await service(store)
  const auditor = await s.bearer('auditor')
  const browser = await signedIn(s, 'auditor', NAME)
  const answers = []
  for (const person of people) {
    for (const headers of [auditor, await s.bearer('operator'), {}]) {
      const search = { method: 'POST', url: '/api/v1/search/person', headers } as const
      answers.push(await s.app.inject({ ...search, payload: { person } }))
      answers.push(await s.app.inject({ ...search, payload: { person, purpose: person } }))
      answers.push(await s.app.inject({ ...search, payload: { [person]: person } }))
      answers.push(await s.app.inject({ ...search, payload: `{"person":"${person}` }))
      answers.push(await s.app.inject({ url: `/api/v1/log?user=${person}`, headers }))
      answers.push(await s.app.inject({ url: `/api/v1/log?${person}=1`, headers }))
      answers.push(await s.app.inject({ url: `/api/v1/log/${person}`, headers }))
      answers.push(await s.app.inject({ url: `/nowhere/${person}?a=${person}`, headers }))
      answers.push(await s.app.inject({ url: `/${person}%zz`, headers }))
    }
    answers.push(await browser.get(`/entry/${person}`))
    answers.push(await browser.get(`/?before=${person}`))
    answers.push(await browser.get(`/search?person=${person}`))
    await browser.get('/search')
    answers.push(await browser.post('/search', { person, from: '', to: '', purpose: '' }))
    answers.push(await browser.post('/search', { person: NAME, from: person, to: '', purpose: '' }))
  }
  answers.push(await browser.get(`/entry/${entry.logId}`))
  store.failing = 'all'
  answers.push(await browser.post('/search', { person: ANNA, from: '', to: '', purpose: '' }))

  const log = s.logLines.join('')
  const heads = JSON.stringify(answers.map((answer) => answer.headers))
  assert.ok(s.logLines.length >= answers.length - 3 * people.length, 'each request has its line')
  for (const secret of [...people, NAME]) {
    assert.ok(!log.includes(secret) && !log.includes(encodeURIComponent(secret)))
    assert.ok(!heads.includes(secret))
  }
  const titles = answers.flatMap((answer) => /<title>([^<]*)<\/title>/.exec(answer.body)?.[1] ?? [])
  assert.ok(titles.length > people.length, 'titles stand in the history of the browser')
  for (const title of titles) assert.ok(!people.some((person) => title.includes(person)))
  const links = answers.flatMap((answer) =>
    [...answer.body.matchAll(/(?:href|action|src)="([^"]*)"/g)].map(([, to]) => to),
  )
  assert.ok(links.length > 50)
  for (const link of links) assert.ok(!people.some((person) => link?.includes(person)))
})

test('no error given to a program repeats a person number', async () => {
  const s = await service()
  const headers = await s.bearer('auditor')
  for (const person of people) {
    const asked = [
      { method: 'POST', url: '/api/v1/search/person', payload: { person: `${person}x` } },
      { method: 'POST', url: '/api/v1/search/person', payload: { [person]: 1 } },
      { method: 'GET', url: `/api/v1/log?user=${person}` },
      { method: 'GET', url: `/api/v1/log?module=x${encodeURIComponent(` ${person} `)}` },
      { method: 'GET', url: `/api/v1/log/${person}` },
      { method: 'GET', url: `/api/v1/${person}` },
    ] as const
    for (const question of asked) {
      const answer = await s.app.inject({ ...question, headers })
      assert.ok(answer.statusCode >= 400, question.url)
      assert.ok(!answer.body.includes(person))
    }
  }
})

test('nothing with data is kept in caches, and no page may run a script or be framed', async () => {
  const s = await service()
  const headers = await s.bearer('auditor')
  for (const url of ['/', '/search', '/status', '/sign-in', '/api/v1/log', '/api/v1/status', '/nowhere']) {
    const answer = await s.app.inject({ url, headers })
    assert.equal(answer.headers['cache-control'], 'no-store', url)
    assert.equal(answer.headers['referrer-policy'], 'no-referrer')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    const policy = String(answer.headers['content-security-policy'])
    assert.match(policy, /default-src 'none'/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.ok(!policy.includes('unsafe') && !policy.includes('script-src'))
    assert.ok(!/<script|<style|\sstyle=|\son[a-z]+=/i.test(answer.body))
  }
})

test('the files pages need are served, and no other file beside them', async () => {
  const { app } = await service()
  const page = await new Browser(app).get('/sign-in')
  const needed = [...page.body.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, url = '']) => url)
  assert.equal(needed.length, 3)
  for (const url of [...needed, '/assets/dkfds/img/svg-icons/warning.svg']) {
    const file = await app.inject({ url })
    assert.equal(file.statusCode, 200, url)
    assert.match(String(file.headers['cache-control']), /max-age=3600/)
  }
  const stylesheets = await Promise.all(needed.filter((url) => url.endsWith('.css')).map((url) => app.inject({ url })))
  const font = /url\('(\/assets\/[^']+\.woff2)'\)/.exec(stylesheets.map((sheet) => sheet.body).join(''))?.[1]
  assert.equal((await app.inject({ url: font ?? '' })).statusCode, 200)
  const others = ['html.ts', 'README.md', '../app.ts', '..%2fapp.ts', '%2e%2e/app.ts', '']
  for (const other of others) assert.ok((await app.inject({ url: `/assets/tilsyn/${other}` })).statusCode >= 400, other)
  assert.equal((await app.inject({ url: '/assets/dkfds/js/dkfds.min.js' })).statusCode, 404)
})
