import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { QueryRecord } from '../../../schema/record/record.ts'
import { readHead } from '../../support/fixture.ts'
import { records } from '../../support/exchanges.ts'
import { JSON_FIXTURES, jsonFixtureNames } from '../../support/json-fixture.ts'

// In no fixture. With its hyphen, so that it is none of the amounts that measures are compared with.
const [PERSON, WRITTEN] = ['1112435017', '111243-5017']
const ODD: readonly unknown[] = [null, '', [[]], { a: null }]

interface Asked {
  readonly name: string
  readonly method: string
  readonly target: string
  readonly headers: QueryHeaders
  readonly text: string
  readonly body: unknown
}
type QueryHeaders = readonly (readonly [string, string])[]

function asked(name: string): Asked[] {
  const { start, headers } = readHead(readFileSync(join(JSON_FIXTURES, name, 'request.head')))
  const [method = '', target = ''] = start.split(' ')
  const text = readFileSync(join(JSON_FIXTURES, name, 'request.body'), 'utf8')
  return text.startsWith('{') ? [{ name, method, target, headers, text, body: JSON.parse(text) }] : []
}

const recorded = ({ method, target, headers }: Asked, body: unknown): readonly QueryRecord[] =>
  records({ method, target, headers, body: JSON.stringify(body) })

/** Every copy of `node` in which `put` stands in one place, instead of what was there. */
function* copies(node: unknown, put: unknown, fits: (at: unknown) => boolean): Generator {
  if (fits(node)) yield put
  if (Array.isArray(node)) {
    for (const [i, item] of node.entries()) for (const copy of copies(item, put, fits)) yield node.with(i, copy)
  } else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      for (const copy of copies(value, put, fits)) yield { ...node, [key]: copy }
    }
  }
}

const requests = jsonFixtureNames().flatMap(asked)

test('there are requests of many interfaces to change', () => {
  assert.ok(requests.length > 10)
})

for (const request of requests) {
  test(`${request.name}: a person put in the place of any text is a criterion`, () => {
    for (const body of copies(request.body, WRITTEN, (at) => typeof at === 'string')) {
      const found = recorded(request, body).flatMap(({ criteria }) =>
        criteria.flatMap(({ person, personTo }) => [person, personTo]),
      )
      assert.ok(
        found.some((person) => person === PERSON),
        JSON.stringify(body),
      )
    }
  })

  test(`${request.name}: whatever stands in any place, the request is read without a fault of ours`, () => {
    for (const odd of ODD) {
      for (const body of copies(request.body, odd, () => true)) {
        for (const { opaque } of recorded(request, body)) assert.notEqual(opaque, 'unreadable', JSON.stringify(body))
      }
    }
  })

  test(`${request.name}: cut anywhere, it is an entry all the same`, () => {
    for (let at = 1; at < request.text.length; at += 7) {
      const entries = records({ ...request, body: request.text.slice(0, at) })
      assert.equal(entries.length > 0, true)
    }
  })
}
