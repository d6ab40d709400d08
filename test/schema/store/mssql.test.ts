import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { inspect } from 'node:util'
import { connectWithoutDelay } from '../../../schema/store/mssql/connector.ts'
import { isTaken, mssqlFault } from '../../../schema/store/mssql/fault.ts'
import { migrateStore, openStore } from '../../../schema/store/open.ts'
import { StoreError } from '../../../schema/store/store.ts'

const PASSWORD = 'Hemmelig-kode-42'

async function told(connection: string): Promise<StoreError> {
  const error: unknown = await openStore({ kind: 'mssql', connection }).then(
    () => assert.fail('it opened'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof StoreError)
  assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes(PASSWORD))
  return error
}

/** Accepts connections and hangs up on each at its first word, as a server does that is just being stopped. */
async function rudeServer(t: TestContext) {
  let accepted = 0
  const server = createServer((socket) => {
    accepted += 1
    socket.on('error', () => undefined).once('data', () => socket.destroy())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, server, accepted: () => accepted }
}

test('no error of opening, whatever its cause, tells the password', async (t) => {
  const { port } = await rudeServer(t)
  const wrong = [
    `Server=127.0.0.1,${port};Database=tilsyn;User Id=tilsyn;Password=${PASSWORD};Encrypt=false`,
    `Server=127.0.0.1,1;Database=tilsyn;User Id=tilsyn;Password=${PASSWORD};Encrypt=false`,
    `Server=np:\\\\.\\pipe;User Id=tilsyn;Password=${PASSWORD}`,
    `Server=127.0.0.1,${port};Password="${PASSWORD}`,
    `Password=${PASSWORD}`,
    PASSWORD,
    `Server=127.0.0.1,99999999;User Id=a;Password=${PASSWORD}`,
  ]
  for (const connection of wrong) assert.equal((await told(connection)).code, 'STORE_UNAVAILABLE')
  const location = { kind: 'mssql', connection: wrong[0] ?? '' } as const
  await assert.rejects(migrateStore(location), (error) => !inspect(error, { depth: 9 }).includes(PASSWORD))
})

test('every socket to SQL Server is opened with TCP_NODELAY', async (t) => {
  const { port, accepted } = await rudeServer(t)
  const set = t.mock.method(Socket.prototype, 'setNoDelay')
  await told(`Server=127.0.0.1,${port};User Id=a;Password=${PASSWORD};Encrypt=false`)
  assert.equal(accepted(), 1)
  assert.deepEqual(
    set.mock.calls.map((call) => [call.arguments[0], call.error]),
    [[true, undefined]],
  )
})

test('a connection that is given up while it is being made leaves no socket behind', async (t) => {
  const { port, server } = await rudeServer(t)
  const abort = new AbortController()
  const opening = connectWithoutDelay({ host: '127.0.0.1', port }, undefined, abort.signal)
  abort.abort(new Error('given up'))
  await assert.rejects(opening, /given up/)
  server.close()
  await once(server, 'close')
})

test('a name of a host that nobody answers to is an error, and no crash', async () => {
  await assert.rejects(connectWithoutDelay({ host: '127.0.0.1', port: 1 }), /ECONNREFUSED/)
})

/** As mssql makes them: what the server said stands in `number`, or in what is wrapped. */
const serverError = (number: number, message = 'x') => Object.assign(new Error(message), { code: 'EREQUEST', number })

test('what passes by itself is unavailable: the batch is kept', () => {
  for (const number of [1205, 1222, 9002, 3906, 1105, 18456, 4060, 229, 3960, 64, 40613, 33557097])
    assert.equal(mssqlFault(serverError(number)).code, 'STORE_UNAVAILABLE', String(number))
  for (const code of ['ETIMEOUT', 'ESOCKET', 'ECONNCLOSED', 'ELOGIN', 'EANYTHING'])
    assert.equal(mssqlFault(Object.assign(new Error('x'), { code })).code, 'STORE_UNAVAILABLE', code)
  assert.equal(mssqlFault('not even an error').code, 'STORE_UNAVAILABLE')
})

test('what lies in the data is rejected, also when it is told before a second error', () => {
  for (const number of [2627, 2601, 8152, 2628, 515, 245, 8115])
    assert.equal(mssqlFault(serverError(number)).code, 'STORE_REJECTED', String(number))
  const terminated = Object.assign(serverError(3621), { precedingErrors: [serverError(2627)] })
  assert.equal(mssqlFault(terminated).code, 'STORE_REJECTED')
  assert.ok(isTaken(terminated))
  assert.ok(!isTaken(serverError(8152)))
})

test('a mistake in the code is no fault of the data: the batch is kept', () => {
  const mistakes = [
    new TypeError("Cannot read properties of undefined (reading 'x')"),
    new RangeError('Invalid array length'),
  ]
  for (const mistake of mistakes) {
    assert.equal(mssqlFault(mistake).code, 'STORE_UNAVAILABLE')
    const wrapped = Object.assign(new Error('x'), { code: 'EREQUEST', originalError: mistake })
    assert.equal(mssqlFault(wrapped).code, 'STORE_UNAVAILABLE')
  }
})

test('tables that are missing are a matter of migration', () => {
  assert.equal(mssqlFault(serverError(208)).code, 'STORE_MIGRATION')
})

test('what an operator can mend is said: the certificate, the address, the rights', () => {
  const wrapped = (code: string) => {
    const cause = Object.assign(new Error('x'), { code })
    const socket = Object.assign(new Error('x', { cause }), { code: 'ESOCKET' })
    return Object.assign(new Error('x'), { name: 'ConnectionError', code: 'ESOCKET', originalError: socket })
  }
  assert.match(mssqlFault(wrapped('DEPTH_ZERO_SELF_SIGNED_CERT')).message, /certificate is not trusted.*\(ESOCKET\)/)
  assert.match(mssqlFault(wrapped('ECONNREFUSED')).message, /nobody listens/)
  assert.match(mssqlFault(wrapped('EANYTHING')).message, /no connection \(ESOCKET\)/)
  const denied = Object.assign(serverError(2759), { precedingErrors: [serverError(262)] })
  assert.match(mssqlFault(denied).message, /may not create/)
})

test('the words of the server, which quote the data, go no further', () => {
  const words = 'Violation of UNIQUE KEY. The duplicate key value is (0101505001).'
  const wrapped = Object.assign(serverError(2627, words), { originalError: { info: { message: words, number: 2627 } } })
  assert.ok(!inspect(mssqlFault(wrapped), { depth: 9, showHidden: true }).includes('0101505001'))
})
