import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import http from 'node:http'
import { test } from 'node:test'
import type { AnswerFacts, AnswerReading } from '../../proxy/exchange.ts'
import { UNREAD_ANSWER } from '../../proxy/protocol/unknown/unread-answer.ts'
import { biServer, connect, eventually, ours, rawServer, roundTrip, scripted } from './support.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const GET = 'GET /olap HTTP/1.1\r\nHost: a\r\n\r\n'
const post = (body: string) => `POST /olap HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`

test('the request goes upstream while its entry is synced, and no byte of the answer leaves before', async (t) => {
  const { port: upstream, seen } = await scripted(t, `HTTP/1.1 103 Early Hints\r\nX-H: 1\r\n\r\n${OK}`)
  const { port, witness } = await ours(t, upstream)
  const synced = Promise.withResolvers<void>()
  witness.durable = () => synced.promise
  const client = connect(t, port).send(post('query'))
  await eventually('the request upstream', () => seen.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.equal(client.text, '')
  synced.resolve()
  assert.match(await client.has('\r\n\r\nok'), /^HTTP\/1.1 103 Early Hints\r\n[^]*HTTP\/1.1 200 OK\r\n/)
})

test('what is asked names the request as it came, without its credentials', async (t) => {
  const { port: upstream } = await scripted(t, OK)
  const { port, witness } = await ours(t, upstream)
  const login = Buffer.from('KOMMUNE\\åse:hemmeligt').toString('base64')
  const lines = `Host: a\r\nX-Odd: 1\r\nAuthorization: Basic ${login}\r\nCookie: s=1\r\nContent-Length: 5\r\n`
  await connect(t, port).send(`POST /olap?x=1 HTTP/1.1\r\n${lines}\r\nquery`).has('ok')
  const [asked] = witness.asked
  const [answered] = await witness.outcomes(1)
  assert.deepEqual(asked?.headers, [
    ['Host', 'a'],
    ['X-Odd', '1'],
    ['Authorization', '…'],
    ['Cookie', '…'],
    ['Content-Length', '5'],
  ])
  assert.deepEqual(
    [asked.method, asked.target, asked.server, asked.clientAddress],
    ['POST', '/olap?x=1', 'bi', '127.0.0.1'],
  )
  assert.deepEqual(asked.identity, { user: 'KOMMUNE\\åse', source: 'basic', workstation: null })
  assert.deepEqual([Buffer.from(asked.body.bytes).toString(), asked.body.extent], ['query', 'whole'])
  assert.deepEqual([answered?.ending, answered?.status, answered?.userConfirmed], ['complete', 200, true])
  assert.deepEqual([answered?.answerBytes, answered?.requestBytes, answered?.requestHash], [2, 5, null])
  assert.ok((answered?.firstByteAt ?? 0) >= asked.askedAt && (answered?.endedAt ?? 0) >= (answered?.firstByteAt ?? 0))
})

test('what is answered holds no cookie and no challenge, and a 401 confirms nobody', async (t) => {
  const answer =
    'HTTP/1.1 401 No\r\nSet-Cookie: s=1\r\nWWW-Authenticate: NTLM TlRM\r\nX-A: 1\r\nContent-Length: 0\r\n\r\n'
  const { port, witness } = await ours(t, (await scripted(t, answer)).port)
  await connect(t, port).send('GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YTpi\r\n\r\n').has('\r\n\r\n')
  const [answered] = await witness.outcomes(1)
  assert.deepEqual(answered?.headers.slice(0, 3), [
    ['Set-Cookie', '…'],
    ['WWW-Authenticate', '…'],
    ['X-A', '1'],
  ])
  assert.equal(answered.userConfirmed, false)
})

test('a body over the capture limit is forwarded whole; its head is kept, its size and hash are known', async (t) => {
  const hash = createHash('sha256')
  const upstream = await biServer(t, (req, res) => {
    const seen = createHash('sha256')
    req.on('data', (chunk: Buffer) => seen.update(chunk)).on('end', () => res.end(seen.digest('hex')))
  })
  const { port, witness } = await ours(t, upstream, { captureBytes: 1000 })
  const body = Buffer.from(Array.from({ length: 3_000_000 }, (_, n) => n % 251))
  hash.update(body)
  const digest = hash.digest('hex')
  const client = connect(t, port).send(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`)
  client.socket.write(body)
  await client.has(digest)
  const [answered] = await witness.outcomes(1)
  assert.deepEqual(witness.asked[0]?.body, { bytes: body.subarray(0, 1000), extent: 'head' })
  assert.deepEqual([answered?.requestBytes, answered?.requestHash], [3_000_000, digest])
})

test('a body of exactly the capture limit is kept whole', async (t) => {
  const { port, witness } = await ours(t, (await scripted(t, OK)).port, { captureBytes: 5 })
  await connect(t, port).send(post('query')).has('ok')
  assert.equal(witness.asked[0]?.body.extent, 'whole')
})

test('while the journal is broken a request is refused before it is forwarded', async (t) => {
  const { port: upstream, seen } = await scripted(t, OK)
  const { port, witness, events } = await ours(t, upstream)
  witness.ready = false
  const client = connect(t, port).send(post('secret'))
  const text = await client.has('operations.\n')
  assert.match(text, /^HTTP\/1.1 503 Service Unavailable\r\n[^]*registreres[^]*recorded/)
  assert.doesNotMatch(text, /secret/)
  // The connection is as good as before.
  witness.ready = true
  await client.send(GET).has('\r\n\r\nok')
  assert.equal(seen.length, 1)
  assert.equal(witness.asked.length, 1)
  assert.deepEqual(events, [{ kind: 'journal-refusal', server: 'bi' }])
})

test('a server set to forward is served while the journal is broken, and each query is counted', async (t) => {
  const { port, witness, events } = await ours(t, (await scripted(t, OK)).port, { onJournalFailure: 'forward' })
  witness.ready = false
  const client = connect(t, port)
  await client.send(GET).has('ok')
  await client.send(post('x')).has(/ok[^]*ok/)
  assert.deepEqual([witness.misses, witness.asked.length, witness.answers.length], [['bi', 'bi'], 0, 0])
  assert.deepEqual(events[0], { kind: 'unrecorded', server: 'bi', code: 'JOURNAL_NOT_READY' })
})

class DiskFull extends Error {
  readonly code = 'ENOSPC'
}

for (const [title, fail] of Object.entries({
  'whose sync fails': (durable: { set: (work: () => Promise<void>) => void }) =>
    durable.set(() => new Promise((_, reject) => setTimeout(() => reject(new DiskFull()), 50))),
  'that cannot even be asked': (durable: { set: (work: () => Promise<void>) => void }) =>
    durable.set(() => {
      throw new DiskFull()
    }),
})) {
  test(`an entry ${title} has its answer withheld and its query stopped`, async (t) => {
    let open = 0
    const upstream = await rawServer(t, (socket) => {
      open += 1
      socket.on('data', () => socket.write(OK.replace('2', '5'))).on('close', () => (open -= 1))
    })
    const { port, witness, events } = await ours(t, upstream)
    fail({ set: (work) => (witness.durable = work) })
    const text = await connect(t, port).send(post('query')).has('operations.\n')
    assert.match(text, /^HTTP\/1.1 503 /)
    assert.doesNotMatch(text, /ok/)
    await eventually('the upstream connection freed', () => open === 0)
    assert.deepEqual(events, [{ kind: 'withheld', server: 'bi', code: 'ENOSPC' }])
    if (title === 'whose sync fails') assert.equal((await witness.outcomes(1))[0]?.ending, 'withheld')
  })

  test(`on a server set to forward an entry ${title} lets the answer pass, and it is counted or will be an entry`, async (t) => {
    const { port, witness, events } = await ours(t, (await scripted(t, OK)).port, { onJournalFailure: 'forward' })
    fail({ set: (work) => (witness.durable = work) })
    await connect(t, port).send(post('query')).has('\r\n\r\nok')
    // With a number it is written once the journal writes again; counted too, it would be there twice.
    assert.deepEqual(witness.misses, title === 'whose sync fails' ? [] : ['bi'])
    assert.deepEqual(events, [{ kind: 'unrecorded', server: 'bi', code: 'ENOSPC' }])
  })
}

test('a client that leaves during its upload leaves an entry of what it sent', async (t) => {
  let open = 0
  const upstream = await rawServer(t, (socket) => {
    open += 1
    socket.on('close', () => (open -= 1)).resume()
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\npartial')
  await eventually('a connection', () => open === 1)
  client.socket.destroy()
  const [answered] = await witness.outcomes(1)
  assert.deepEqual([answered?.ending, answered?.status, answered?.requestBytes], ['client-gone', null, 7])
  const body = witness.asked[0]?.body
  assert.deepEqual([Buffer.from(body?.bytes ?? []).toString(), body?.extent], ['partial', 'cut'])
  await eventually('the upstream connection freed', () => open === 0, 500)
})

test('a refusal that comes before the request is complete has it asked as far as it is known', async (t) => {
  const refusal = 'HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n'
  const upstream = await rawServer(t, (socket) => void socket.once('data', () => socket.write(refusal)).resume())
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  await client.has('413')
  assert.deepEqual(
    [Buffer.from(witness.asked[0]?.body.bytes ?? []).toString(), witness.asked[0]?.body.extent],
    ['half', 'cut'],
  )
  assert.equal((await witness.outcomes(1))[0]?.ending, 'complete')
  // The rest is read, so that the connection goes on.
  await client.send(`-after${GET}`).has(/413[^]*HTTP\/1.1 413/)
})

test('an answer that comes before the request is complete waits for it: all of the query is asked', async (t) => {
  const answered = Promise.withResolvers<void>()
  const early = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
  const upstream = await rawServer(t, (socket) => {
    socket.once('data', () => socket.write(early, () => answered.resolve())).resume()
  })
  const { port, witness } = await ours(t, upstream)
  const client = connect(t, port).send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf')
  await answered.promise
  // Another client's whole exchange: time enough for the first one's answer to leave, if it did.
  await connect(t, port).send(GET).has('ok')
  assert.equal(client.text, '')
  await client.send('-after').has('ok')
  const body = witness.asked.find(({ method }) => method === 'POST')?.body
  assert.deepEqual([Buffer.from(body?.bytes ?? []).toString(), body?.extent], ['half-after', 'whole'])
})

test('each of many clients that come, go and fail leaves one answered ticket', async (t) => {
  const upstream = await biServer(t, (req, res) => {
    const kind = Number(req.url?.slice(1)) % 4
    if (kind === 0) return void req.socket.destroy()
    if (kind === 1) return void setTimeout(() => res.end('late'), 20)
    if (kind === 2) return void res.write('part', () => req.socket.destroy())
    return void res.end('ok')
  })
  const { port, witness } = await ours(t, upstream)
  await Promise.all(
    Array.from({ length: 80 }, async (_, n) => {
      const client = connect(t, port).send(`GET /${n} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      if (n % 8 === 1) client.socket.once('connect', () => setImmediate(() => client.socket.destroy()))
      await client.until('the end', ({ closed }) => closed)
    }),
  )
  await eventually('all tickets answered', () => witness.answers.length === witness.asked.length)
  const outcomes = await witness.outcomes(witness.asked.length)
  assert.ok(outcomes.length >= 70, String(outcomes.length))
  const count = (ending: string) => outcomes.filter((answered) => answered.ending === ending).length
  assert.deepEqual([count('upstream-unreachable'), count('upstream-gone')], [20, 20])
})

// ——— reading answers ———

const FACTS: AnswerFacts = { ...UNREAD_ANSWER, decoded: true, rows: 1, cells: 1 }
const reading = (part: Partial<AnswerReading>): AnswerReading => ({
  write: () => true,
  drained: () => Promise.resolve(),
  end: () => Promise.resolve(FACTS),
  ...part,
})

test('an answer is read as it passes, its facts are recorded, and the client does not wait for them', async (t) => {
  const read: string[] = []
  const facts = Promise.withResolvers<AnswerFacts>()
  const { port, witness } = await ours(t, (await scripted(t, OK)).port, {
    readAnswer: ({ status, headers }) => {
      read.push(`${status} ${headers.length}`)
      return reading({
        write: (chunk) => read.push(Buffer.from(chunk).toString()) > 0,
        end: (complete) => (read.push(`end ${complete}`), facts.promise),
      })
    },
  })
  await connect(t, port).send(GET).has('\r\n\r\nok')
  await eventually('the end of the reading', () => read.length === 3)
  assert.deepEqual([read, witness.answers], [['200 1', 'ok', 'end true'], []])
  facts.resolve(FACTS)
  assert.deepEqual((await witness.outcomes(1))[0]?.facts, FACTS)
})

test('a reader that is behind holds the BI server back until it has drained', async (t) => {
  const drained = Promise.withResolvers<void>()
  let taken = 0
  const upstream = await biServer(t, (_req, res) => res.end(Buffer.alloc(4_000_000)))
  const { port, witness } = await ours(t, upstream, {
    readAnswer: () =>
      reading({ write: (chunk) => ((taken += chunk.length), taken > 1_000_000), drained: () => drained.promise }),
  })
  const client = connect(t, port).send(GET)
  await client.has('\r\n\r\n')
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok(taken < 1_000_000, String(taken))
  drained.resolve()
  await client.until('all of it', ({ text }) => text.length > 4_000_000)
  assert.equal((await witness.outcomes(1))[0]?.answerBytes, 4_000_000)
})

const boom = () => {
  throw new TypeError('secret')
}
const reject = () => Promise.reject(new TypeError('secret'))
for (const [where, part] of Object.entries({
  'on a chunk': { write: boom },
  'at the end': { end: reject },
  'while draining': { write: () => false, drained: reject },
})) {
  test(`a reader that fails ${where} touches no client: the answer passes, its facts are unknown`, async (t) => {
    const upstream = await biServer(t, (_req, res) => res.end(Buffer.alloc(300_000, 'x')))
    const { port, witness, events } = await ours(t, upstream, { readAnswer: () => reading(part) })
    await connect(t, port)
      .send(GET)
      .until('all of it', ({ text }) => text.length > 300_000)
    const [answered] = await witness.outcomes(1)
    assert.deepEqual([answered?.facts, answered?.ending, answered?.answerBytes], [null, 'complete', 300_000])
    assert.deepEqual(events[0], { kind: 'reader-failed', server: 'bi', code: 'TypeError' })
  })
}

test('a reader that cannot even begin touches no client', async (t) => {
  const { port, witness, events } = await ours(t, (await scripted(t, OK)).port, { readAnswer: boom })
  await connect(t, port).send(GET).has('\r\n\r\nok')
  assert.equal((await witness.outcomes(1))[0]?.facts, null)
  assert.equal(events.length, 1)
})

test('an answer that breaks off is read as far as it came', async (t) => {
  const ends: boolean[] = []
  const upstream = await rawServer(t, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', () => socket.destroy()))
  })
  const { port, witness } = await ours(t, upstream, {
    readAnswer: () => reading({ end: (complete) => (ends.push(complete), Promise.resolve(FACTS)) }),
  })
  assert.match(await roundTrip(t, port, GET), /half$/)
  const [answered] = await witness.outcomes(1)
  assert.deepEqual([answered?.ending, answered?.facts, ends], ['upstream-gone', FACTS, [false]])
})

test('an answer without a body is not read', async (t) => {
  let begun = 0
  const upstream = await biServer(t, (req, res) => {
    res.statusCode = Number(req.url?.slice(1))
    res.end(req.url === '/200' ? 'body' : undefined)
  })
  const { port, witness } = await ours(t, upstream, { readAnswer: () => ((begun += 1), null) })
  for (const [method, path] of [
    ['HEAD', '/200'],
    ['GET', '/204'],
    ['GET', '/304'],
  ]) {
    const response = await new Promise<http.IncomingMessage>((resolve) =>
      http.request({ port, host: '127.0.0.1', method, path }, resolve).end(),
    )
    assert.equal(response.statusCode, Number(path?.slice(1)))
    response.resume()
  }
  assert.equal((await witness.outcomes(3)).length, 3)
  assert.equal(begun, 0)
})
