import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { JsonMessageId } from '../../../proxy/protocol/request/message-id.ts'

function idOf(text: string, piece = text.length || 1): string | null {
  const finder = new JsonMessageId()
  const bytes = new TextEncoder().encode(text)
  for (let at = 0; at < bytes.length; at += piece) finder.write(bytes.subarray(at, at + piece))
  return finder.found()
}

test('the id of a message is found wherever it stands at the top, and nowhere else', () => {
  assert.equal(idOf('{"jsonrpc":"2.0","id":7,"method":"x"}'), '7')
  assert.equal(idOf('{"result":{"id":1,"x":[{"id":2}]},"id":"a\\"b"}'), 'a\\"b')
  assert.equal(idOf('\ufeff { "messageId" : "m1" , "method" : "load" }'), 'm1')
  assert.equal(idOf('{"result":{"id":1}}'), null)
  assert.equal(idOf('{"x":"\\"id\\":3","id":null}'), null)
  assert.equal(idOf('{"id":{"id":4}}'), null)
  for (const text of ['', '[{"id":1}]', '"id":1', 'id', '{', `{"id":"${'9'.repeat(100)}"}`])
    assert.equal(idOf(text), null)
})

test('any JSON gives its id, however the bytes arrive, and no text makes it throw', () => {
  const value = fc.jsonValue()
  const message = fc.tuple(value, fc.integer(), value).map(([before, id, after]) => ({ before, id, after }))
  fc.assert(
    fc.property(message, fc.integer({ min: 1, max: 9 }), (json, piece) => {
      assert.equal(idOf(JSON.stringify(json), piece), String(json.id))
    }),
  )
  fc.assert(fc.property(fc.string(), fc.integer({ min: 1, max: 9 }), (text, piece) => void idOf(text, piece)))
})
