import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, eventually, ours, type Scope } from '../forward/support.ts'
import { type Attack, FAMILIES } from './attacks.ts'
import { recorder } from './recorder.ts'

/** Each answer tells which request it is for: a second one that the BI server saw would show in somebody's answer. */
const told = (request: string) => {
  const target = request.split(' ', 2)[1] ?? ''
  return `HTTP/1.1 200 OK\r\nContent-Length: ${target.length + 2}\r\n\r\n<${target}>`
}

const WARM = 'GET /warm HTTP/1.1\r\nHost: a\r\n\r\n'
const NEXT = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n'

for (const { title, attacks } of FAMILIES) {
  for (const attack of attacks) {
    test(`${title}: ${attack.what}`, async (t) => {
      const upstream = await recorder(t, told)
      const { port, witness, events } = await ours(t, upstream.port)
      // A connection that is open already takes what is sent at once, and others after it use the same.
      await connect(t, port).send(WARM).has('</warm>')
      await sentBy(t, port, attack)
      await eventually('every entry is answered', () => witness.answers.length > attack.entries.length)
      await connect(t, port)
        .send(NEXT)
        .has(/^HTTP\/1.1 200 [^]*\r\n\r\n<\/next>$/)

      assert.deepEqual(upstream.whole, [WARM, ...attack.reaches, NEXT])
      const endings = (await witness.outcomes(attack.entries.length + 2)).map(({ ending }) => ending)
      assert.deepEqual(endings.slice(1, -1).toSorted(), attack.entries.toSorted())
      assert.ok(witness.asked.every(({ target }) => target !== '/hidden') || attack.entries.length > 1)
      if (attack.entries.includes('refused')) {
        assert.ok(events.some(({ kind }) => kind === 'refused' || kind === 'malformed'))
      }
    })
  }
}

async function sentBy(t: Scope, port: number, { sent, answers, closes }: Attack): Promise<void> {
  const client = connect(t, port).send(sent)
  const statuses = () => [...client.text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status))
  if (closes) await client.until('the end', ({ closed }) => closed)
  else await client.until('the answers', () => statuses().length >= answers.length)
  assert.deepEqual(statuses(), answers)
  client.socket.destroy()
}
