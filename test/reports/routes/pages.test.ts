import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { memoryStore } from '../../support/memory-store.ts'
import { ANNA, BENT, CARLA, criterion, invented, NOON, unknownId } from '../invented.ts'
import { Browser, IN_STEP, service, signedIn } from '../service.ts'
import { STORES } from '../stores.ts'

const EVIL = `<script>alert('x')</script>" onmouseover="alert(1)`
const form = (person: string, more: object = {}) => ({ person, from: '', to: '', purpose: '', ...more })

for (const { name, open } of STORES) {
  const entries = Array.from({ length: 60 }, (_, i) =>
    invented({
      seq: i + 1,
      askedAt: NOON - (60 - i) * 1000,
      userName: `KOMMUNE\\bruger${i + 1}`,
      criteria: i % 2 === 0 ? [criterion({ value: ANNA, person: ANNA })] : [],
      seen: i % 3 === 0 ? [{ person: ANNA, place: 'axis' }] : [],
    }),
  )
  const opened = await open(entries)
  after(opened.close)
  const s = await service(opened.store)

  test(`${name}: the first page already tells what was asked lately, and leads on to what is older`, async () => {
    const auditor = await signedIn(s, 'auditor')
    const first = await auditor.get('/')
    assert.equal(first.statusCode, 200)
    assert.match(first.body, /<h1>Seneste opslag<\/h1>/)
    assert.match(first.body, /KOMMUNE\\bruger60/)
    assert.ok(!first.body.includes('KOMMUNE\\bruger5<'))
    const older = /href="(\/\?before=\d+)"/.exec(first.body)?.[1]
    assert.ok(older !== undefined)
    const second = await auditor.get(older)
    assert.match(second.body, /KOMMUNE\\bruger5</)
    assert.ok(!second.body.includes('KOMMUNE\\bruger60'))
  })

  test(`${name}: a search answers on its own page: how, when, who, with links by log id`, async () => {
    const auditor = await signedIn(s, 'auditor', 'Rita')
    await auditor.get('/search')
    const answer = await auditor.post('/search', form(`${ANNA.slice(0, 6)}-${ANNA.slice(6)}`, { purpose: 'Sag 26/7' }))
    assert.equal(answer.statusCode, 200)
    assert.match(answer.body, /<h1>Opslag om 010230-4001<\/h1>/)
    for (const how of ['Søgt på', 'Set i svar', 'Søgt på og set i svar'])
      assert.match(answer.body, new RegExp(`>\\s*${how}\\s*<`))
    assert.match(answer.body, /Begrundelse: Sag 26\/7/)
    assert.match(answer.body, /02\.02\.2026,? 11\.59/)
    const [, link = ''] = /href="(\/entry\/\d+)"/.exec(answer.body) ?? []
    const entry = await auditor.get(link)
    assert.equal(entry.statusCode, 200)
    assert.match(entry.body, /010230-4001/)
  })

  test(`${name}: the next page of a search is posted too`, async () => {
    const auditor = await signedIn(s, 'auditor')
    await auditor.get('/search')
    const found = new Set<string>()
    let answer = await auditor.post('/search', form(ANNA))
    for (;;) {
      for (const [, user = ''] of answer.body.matchAll(/>(KOMMUNE\\bruger\d+)</g)) found.add(user)
      const before = /name="before" value="(\d+)"/.exec(answer.body)?.[1]
      if (before === undefined) break
      answer = await auditor.post('/search', form(ANNA, { before }))
    }
    assert.equal(found.size, 40)
  })
}

test('a mistake in the form comes back at its field, with the form as it was filled in', async () => {
  const s = await service()
  const auditor = await signedIn(s, 'auditor')
  await auditor.get('/search')
  const wrong = await auditor.post('/search', form('31023', { purpose: 'Sag 9' }))
  assert.equal(wrong.statusCode, 400)
  assert.match(wrong.body, /aria-invalid="true"/)
  assert.match(wrong.body, /aria-describedby="person-wrong person-hint"/)
  assert.match(wrong.body, /value="Sag 9"/)
  const purpose = await auditor.post('/search', form(CARLA, { purpose: `klage fra ${BENT}` }))
  assert.equal(purpose.statusCode, 400)
  assert.match(purpose.body, /id="purpose-wrong">Begrundelsen indeholder noget, der ligner et personnummer/)
  const period = await auditor.post('/search', form(CARLA, { from: '2026-02-02', to: '2026-02-01' }))
  assert.match(period.body, /id="to-wrong">Perioden slutter, før den begynder/)
})

test('whatever stands in an entry is shown, not run', async () => {
  const store = memoryStore()
  const evil = invented({
    userName: EVIL,
    organisation: EVIL,
    module: EVIL,
    cube: EVIL,
    report: EVIL,
    application: EVIL,
    catalog: EVIL,
    server: EVIL,
    ip: EVIL,
    query: EVIL,
    purpose: EVIL,
    opaque: 'syntax',
    opaqueAt: EVIL,
    faultCode: EVIL,
    customData: EVIL,
    effectiveUser: EVIL,
    criteria: [criterion({ dimension: EVIL, hierarchy: EVIL, operator: EVIL, value: EVIL, person: ANNA })],
    dimensions: [{ dimension: EVIL, hierarchy: null, level: EVIL, axis: EVIL }],
    measures: [{ measure: EVIL, calculated: false, via: EVIL }],
    seen: [{ person: ANNA, place: EVIL }],
  })
  store.put(evil)
  const s = await service(store)
  const auditor = await signedIn(s, 'auditor', EVIL)
  const pages = [await auditor.get('/'), await auditor.get(`/entry/${evil.logId}`), await auditor.get('/status')]
  await auditor.get('/search')
  pages.push(await auditor.post('/search', form(ANNA, { purpose: EVIL })))
  pages.push(await auditor.post('/search', form(EVIL.slice(0, 30), { purpose: EVIL })))
  for (const page of pages) {
    assert.ok(!/<script|<[^>]*\sonmouseover=/i.test(page.body.replace(/"[^"]*"/g, '""')))
    assert.ok(!page.body.includes(EVIL))
    assert.match(page.body, /&#60;script&#62;alert\(&#39;x&#39;\)&#60;/)
  }
})

test('an entry is shown whole: every fact, criterion, dimension, measure and person, and the query word for word', async () => {
  const store = memoryStore()
  const entry = invented({
    purpose: 'Sag 26/1',
    effectiveUser: 'KOMMUNE\\leder',
    criteria: [criterion({ operator: 'range', value: BENT, valueTo: ANNA, person: BENT, personTo: ANNA })],
    dimensions: [{ dimension: '[Tid]', hierarchy: '[Tid].[År]', level: '[Tid].[År].[Måned]', axis: '0' }],
    measures: [{ measure: 'Antal', calculated: false, via: 'Gennemsnit' }],
    seen: [{ person: BENT, place: 'axis' }],
    personsSeen: 1,
  })
  store.put(entry)
  const s = await service(store)
  const { body } = await (await signedIn(s, 'auditor')).get(`/entry/${entry.logId}`)
  const shown = [
    'Økonomi',
    'bi',
    'Kommune',
    'Udgifter',
    'Excel',
    'KOMMUNE\\anne',
    'NTLM',
    '10.20.30.40',
    'KOMMUNE\\leder',
  ]
  const more = [
    'Sag 26/1',
    entry.requestHash ?? '',
    entry.logId,
    '120 ms',
    '2.048 byte',
    'range',
    '150331-6002 – 010230-4001',
  ]
  const last = ['[Tid].[År].[Måned]', 'Antal', 'Gennemsnit', '[Measures].[Beløb]', '>axis<', 'bi-front-1a2b3c 1.0']
  for (const text of [...shown, ...more, ...last]) assert.ok(body.includes(text), text)
})

test('persons only counted, none, and an answer that was not read are told apart', async () => {
  const store = memoryStore()
  const entries = [invented({ personsSeen: 4321 }), invented({ personsSeen: 0 }), invented({ personsSeen: null })]
  for (const entry of entries) store.put(entry)
  const auditor = await signedIn(await service(store), 'auditor')
  const told = [/Der stod 4\.321 forskellige personer/, /ingen personnumre i svaret/, /Svaret er ikke læst, så/]
  for (const [i, entry] of entries.entries())
    assert.match((await auditor.get(`/entry/${entry.logId}`)).body, told[i] ?? /$^/)
})

test('an entry that is not there, a number that is none, and an unknown address have a page', async () => {
  const auditor = await signedIn(await service(), 'auditor')
  assert.equal((await auditor.get(`/entry/${unknownId}`)).statusCode, 404)
  assert.equal((await auditor.get('/entry/12')).statusCode, 400)
  const nowhere = await auditor.get('/nowhere', { accept: 'text/html' })
  assert.equal(nowhere.statusCode, 404)
  assert.match(nowhere.body, /<h1>Findes ikke<\/h1>/)
})

test('pages speak Danish, or English when asked by address, by cookie, or by the browser', async () => {
  const s = await service()
  const browser = await signedIn(s, 'auditor')
  const first = await browser.get('/search')
  assert.match(first.body, /<html lang="da">/)
  assert.match(first.body, /<label class="form-label" for="person">Personnummer</)
  assert.match(
    (await browser.get('/search', { 'accept-language': 'en-GB,en;q=0.9,da;q=0.8' })).body,
    /<html lang="en">/,
  )
  assert.match((await browser.get('/search', { 'accept-language': 'da,en;q=0.8' })).body, /<html lang="da">/)
  assert.match((await browser.get('/search', { 'accept-language': 'nb,sv;q=0.5' })).body, /<html lang="da">/)
  const english = await browser.get('/?lang=en')
  assert.match(english.body, /<html lang="en">/)
  assert.match(english.body, /<h1>Latest entries<\/h1>/)
  for (const [url, title] of [
    ['/search', 'Search for a person'],
    ['/status', 'Operation'],
    ['/sign-in', 'Sign in'],
  ] as const) {
    assert.match((await browser.get(url)).body, new RegExp(`<h1>${title}</h1>`))
  }
  const results = await browser.post('/search', form(CARLA, { from: '2026-01-31' }))
  assert.match(results.body, /No entry in the log/)
  assert.match(results.body, /from 31 January 2026 until now/)
  assert.match((await browser.get('/?lang=da')).body, /Seneste opslag/)
  assert.match((await browser.get('/search')).body, /<html lang="da">/)
})

test('how far behind the recorder is stands above every list, and nothing when it is in step', async () => {
  const states = [
    [IN_STEP, null],
    [
      { ...IN_STEP, pending: 1234, oldestUnshippedAt: NOON },
      /1\.234 opslag er modtaget, .*fra 02\.02\.2026,? 12\.00\.00/,
    ],
    [{ ...IN_STEP, at: NOON - 600_000 }, /optageren er sidst hørt fra 02\.02\.2026,? 11\.50\.00/],
    [null, /Det vides ikke, hvor langt bagud loggen er/],
  ] as const
  for (const [state, told] of states) {
    const auditor = await signedIn(await service(memoryStore(), async () => state), 'auditor')
    await auditor.get('/search')
    for (const page of [await auditor.get('/'), await auditor.post('/search', form(CARLA))]) {
      if (told === null) assert.ok(!page.body.includes('alert-warning'))
      else assert.match(page.body, told)
    }
  }
})

test('an operator comes in at the status page and sees no menu of what is closed', async () => {
  const s = await service()
  const operator = new Browser(s.app)
  assert.equal((await operator.signIn(s.codes, 'operator')).headers.location, '/status')
  const status = await operator.get('/status')
  assert.equal(status.statusCode, 200)
  assert.ok(!status.body.includes('href="/search"'))
  assert.ok(!status.body.includes('href="/"'))
  assert.match((await operator.get('/')).body, /Din rolle giver ikke adgang/)
})
