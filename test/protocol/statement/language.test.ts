import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recogniseLanguage } from '../../../proxy/protocol/statement/language.ts'
import { maskSecrets } from '../../../proxy/protocol/entry/secrets.ts'
import { processorMs } from '../../support/processor-time.ts'

for (const [statement, language, kind] of [
  ['SELECT FROM [Borger]', 'mdx', ''],
  ['/* a */ -- b\n// c\n with member x as 1 select', 'mdx', ''],
  ['(select', 'mdx', ''],
  ['drillthrough select', 'mdx', ''],
  ['-- x\nevaluate Borger', 'dax', ''],
  ['DEFINE MEASURE T[x] = 1 EVALUATE T', 'dax', ''],
  ['SELECT * FROM $SYSTEM.DISCOVER_SESSIONS', 'sql', 'dmv'],
  ['select [a] from $system.[mdschema_cubes]', 'sql', 'dmv'],
  ['SELECT * FROM SYSTEMRESTRICTSCHEMA ($System.X, [A] = 1)', 'sql', 'dmv'],
  ['SELECT "FROM $SYSTEM.x" FROM [Borger]', 'mdx', ''],
  ['SELECT Predict(x) FROM [M] PREDICTION JOIN y', 'dmx', ''],
  ['SELECT * FROM [Model].CONTENT WHERE NODE_TYPE = 1', 'dmx', ''],
  ['SELECT a FROM Model . CASES', 'dmx', ''],
  ['SELECT a ON 0 FROM Content', 'mdx', ''],
  ['SELECT a ON 0 FROM [Content] WHERE [X].Content', 'mdx', ''],
  ['CREATE MINING MODEL x', 'dmx', 'ddl'],
  ['CREATE SESSION MINING STRUCTURE x', 'dmx', 'ddl'],
  ['INSERT INTO MINING MODEL x', 'dmx', 'ddl'],
  ['CREATE SESSION MEMBER [B].[M].[x] AS 1', 'mdx', 'ddl'],
  ['update cube [Borger] set x', 'mdx', 'ddl'],
  ['{ "refresh": {} }', 'tmsl', ''],
  ['{[Measures].[x]}', 'mdx', ''],
  ['SELECT * FROM $ſystem.discover_sessions', 'sql', 'dmv'],
  ['SELECT ﬂattened x FROM [M]', 'dmx', ''],
  ['SELECT x FROM [M] predıction join y', 'dmx', ''],
  ['', 'mdx', ''],
  ['/*', 'mdx', ''],
  ['"', 'mdx', ''],
] as const) {
  test(`${JSON.stringify(statement)} is ${language} ${kind}`, () => {
    const recognised = recogniseLanguage(statement)
    assert.equal(recognised.language, language)
    assert.deepEqual([recognised.dmv, recognised.ddl], [kind === 'dmv', kind === 'ddl'])
  })
}

for (const [text, kept] of [
  ['<Password>x</Password>', '<Password>…</Password>'],
  ['<w:Password Type="t">x&amp;y', '<w:Password Type="t">…'],
  ['<Password><![CDATA[x<y]]></Password>', '<Password>…</Password>'],
  ['<BasicAuth UserName="u" Password="x y"/>', '<BasicAuth UserName="u" Password=…/>'],
  ['<UsernameToken> <Username>u</Username>', '<UsernameToken> <Username>u</Username>'],
  ['Data Source=a;User ID=u;Password=x;Timeout=1', 'Data Source=a;User ID=u;Password=…;Timeout=1'],
  ['pwd=x&a=1', 'pwd=…&a=1'],
  ['/a?access_token=x.y&b=2', '/a?access_token=…&b=2'],
  ['{"clientSecret" : "x\\"y", "a": 1}', '{"clientSecret" : "…", "a": 1}'],
  ['SELECT FROM [Borger]', 'SELECT FROM [Borger]'],
] as const) {
  test(`of ${text.slice(0, 24)} no secret is kept`, () => assert.equal(maskSecrets(text), kept))
}

test('masking takes time in proportion to the text', () => {
  const hostile = [
    '<Password '.repeat(20_000),
    'pwd=&quot;'.repeat(20_000),
    'a-'.repeat(100_000) + 'token',
    '"pwd":"'.repeat(20_000),
  ]
  for (const text of hostile) {
    assert.ok(processorMs(() => maskSecrets(text)) < 2_000)
  }
})
