import { test } from 'node:test'
import { double } from './backend-double.ts'
import { embedded } from './backend-embedded.ts'
import { mssqlBackend } from './backend-mssql.ts'
import { contract } from './contract.ts'
import { lostCommits } from './lost-commits.ts'
import { retention } from './retention-contract.ts'

contract(embedded)
contract(double)
retention(embedded)
retention(double)
lostCommits(double)

const connection = process.env['TILSYN_TEST_MSSQL']
if (connection === undefined || connection === '') {
  test('mssql', (t) => {
    t.diagnostic('the double shows neither that a SQL Server takes the statements, nor how it locks, plans or collates')
    t.skip('SQL Server is left out: TILSYN_TEST_MSSQL holds no connection string')
  })
} else {
  const mssql = mssqlBackend(connection)
  contract(mssql)
  retention(mssql)
  lostCommits(mssql)
}
