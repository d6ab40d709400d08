/** Our reading of envelopes held against a tree made by xml2js, a parser that shares no line with ours. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { parseStringPromise, processors } from 'xml2js'
import { readEnvelope } from '../../proxy/protocol/xmla/envelope.ts'

const CORPUS = join(import.meta.dirname, '../../../shared/corpus/soap.jsonl')

/** Texts of every element called `name`, without what stands around its words. */
function textsOf(tree: unknown, name: string): string[] {
  if (Array.isArray(tree)) return tree.flatMap((each) => textsOf(each, name))
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([key, value]) => [
    ...(key === name ? texts(value) : []),
    ...textsOf(value, name),
  ])
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return value.trim() === '' ? [] : [value.trim()]
  if (Array.isArray(value)) return value.flatMap(texts)
  return typeof value === 'object' && value !== null && '_' in value ? texts(value._) : []
}

/** Maps as lists, so that their texts stand in the JSON. */
const opened = (_key: string, value: unknown): unknown => (value instanceof Map ? [...value] : value)
const squeezed = (text: string) => text.replace(/\s+/g, ' ').trim()

async function agree(xml: string, name: string): Promise<void> {
  const tree: unknown = await parseStringPromise(xml, { tagNameProcessors: [processors.stripPrefix] })
  const reading = readEnvelope(xml, false)
  assert.equal(reading.kind, 'envelope', name)
  const ours = squeezed(JSON.stringify(reading, opened).replace(/\\[nrt]/g, ' '))
  for (const text of [...textsOf(tree, 'Statement'), ...textsOf(tree, 'RequestType'), ...textsOf(tree, 'Catalog')]) {
    const theirs = squeezed(
      JSON.stringify(text)
        .slice(1, -1)
        .replace(/\\[nrt]/g, ' '),
    )
    assert.ok(ours.includes(theirs), `${name}: a text of ${theirs.length} characters is not in our reading`)
  }
}

test('both find the same statements where namespaces, CDATA and entities are written in odd ways', async () => {
  const body = '<Execute xmlns="urn:schemas-microsoft-com:xml-analysis"><Command><Statement>'
  const end =
    '</Statement></Command><Properties><PropertyList><Catalog>Å &amp; B</Catalog></PropertyList></Properties></Execute>'
  const soap = 'http://schemas.xmlsoap.org/soap/envelope/'
  for (const statement of ['SELECT &lt;a&gt; &#197;', '<![CDATA[SELECT {[A]]B]} ]]>', '&#x53;ELECT "a" \'b\'']) {
    for (const prefix of ['', 's:', 'SOAP-ENV:']) {
      const declared = prefix === '' ? 'xmlns' : `xmlns:${prefix.slice(0, -1)}`
      const open = `<${prefix}Envelope ${declared}="${soap}"><${prefix}Body>`
      await agree(`${open}${body}${statement}${end}</${prefix}Body></${prefix}Envelope>`, prefix)
    }
  }
})

test('both find the same statements in requests that others have written', async (t: TestContext) => {
  if (!existsSync(CORPUS)) return t.diagnostic('left out: the corpus is not beside this checkout')
  const lines = readFileSync(CORPUS, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
  let read = 0
  for (const line of lines) {
    const { id, text, wellformed }: { id: string; text: string; wellformed: boolean } = JSON.parse(line)
    if (!wellformed || readEnvelope(text, false).kind !== 'envelope') continue
    read += 1
    await agree(text, id)
  }
  assert.ok(read > 50, `only ${read} requests were compared`)
})
