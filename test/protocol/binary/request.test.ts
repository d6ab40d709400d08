import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { record, statement } from '../../support/exchanges.ts'
import { binaryXml, xpress } from './encoder.ts'

const MDX = 'SELECT [Measures].[Beløb] ON 0 FROM [Borger] WHERE [Borger].[CPR].&[0101475001]'
const ENVELOPE = statement(MDX)
const PLAIN = record({ body: ENVELOPE })

test('a query in binary or compressed XML is recorded as the same query in text is', () => {
  const bodies = {
    'application/sx': binaryXml(ENVELOPE),
    'application/xml+xpress': xpress(new TextEncoder().encode(ENVELOPE)),
    'application/sx+xpress': xpress(binaryXml(ENVELOPE), 300),
  }
  for (const [type, body] of Object.entries(bodies)) {
    const found = record({ body, headers: [['Content-Type', type]] })
    assert.deepEqual([found.query, found.cube, found.criteria, found.opaque], [MDX, 'Borger', PLAIN.criteria, null])
    const packed = record({
      body: gzipSync(body),
      headers: [
        ['Content-Type', type],
        ['Content-Encoding', 'gzip'],
      ],
    })
    assert.deepEqual(packed.criteria, PLAIN.criteria)
  }
})

test('damaged binary XML is kept whole, and whom its sound part names is found', () => {
  const body = binaryXml(ENVELOPE)
  const cut = body.subarray(0, body.length - 3)
  const found = record({ body: cut, headers: [['Content-Type', 'application/sx']] })
  assert.equal(found.opaque, 'unreadable')
  assert.ok(found.query.endsWith(`data:application/sx;base64,${Buffer.from(cut).toString('base64')}`))
  assert.deepEqual(
    found.criteria.flatMap(({ person }) => person ?? []),
    ['0101475001'],
  )
  const nonsense = record({ body: new Uint8Array([1, 2, 3]), headers: [['Content-Type', 'application/sx']] })
  assert.deepEqual([nonsense.opaque, nonsense.query], ['unreadable', 'data:application/sx;base64,AQID'])
})
