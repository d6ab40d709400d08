import assert from 'node:assert/strict'
import { test } from 'node:test'
import { USUAL_LIMITS } from '../../proxy/forward/limits.ts'
import { networkOf } from '../../proxy/forward/network.ts'
import { limitsConfig } from '../../schema/config/limits.ts'
import schema from '../../schema/config/config.schema.json' with { type: 'json' }
import { LIMITS } from './limits.ts'

for (const { what, answer, run } of LIMITS) test(`${what}: ${answer}`, run)

test('addresses of one IPv6 network count as one', () => {
  const networks: Record<string, string> = {
    '192.0.2.1': '192.0.2.1',
    '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
    '2001:0DB8:1:2::6': '2001:db8:1:2::/64',
    '2001:db8::1': '2001:db8:0:0::/64',
    '::1': '0:0:0:0::/64',
    '::': '0:0:0:0::/64',
    'fe80::1%eth0': 'fe80:0:0:0::/64',
    '': '',
  }
  for (const [address, network] of Object.entries(networks)) assert.equal(networkOf(address), network, address)
})

test('the limits of a configuration that says nothing are the usual ones, and the ones it publishes', () => {
  assert.deepEqual(limitsConfig({}), USUAL_LIMITS)
  const published = Object.entries(schema.properties.proxy.properties.limits.properties)
  assert.deepEqual(
    limitsConfig(Object.fromEntries(published.map(([key, value]) => [key, value.default]))),
    USUAL_LIMITS,
  )
})
