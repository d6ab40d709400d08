/**
 * A second opinion on MDX: olap4j's own parser, which nobody here wrote, reads the collected queries too, and every name
 * it finds in one is a name that Tilsyn's parser finds in it. docs/mdx.md tells what came of it.
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Expression, ExpressionOf, Statement } from '../../proxy/language/mdx/ast.ts'
import { parseMdx } from '../../proxy/language/mdx/read.ts'
import { forEachExpression, selectsOf, walk } from '../../proxy/language/mdx/visitor.ts'
import { StatementLimitError, StatementSyntaxError } from '../../proxy/language/syntax-error.ts'

const CORPUS = join(import.meta.dirname, '../../../shared/corpus/mdx.dev.jsonl')
const skip = existsSync(CORPUS) ? false : `no corpus at ${CORPUS}`
const SCRIPT = join(import.meta.dirname, 'mdx-names.sh')

interface Collected {
  readonly id: string
  readonly text: string
  readonly balanced: boolean
}

/** For each text the names olap4j finds, in small letters; `null` where it cannot parse it. */
function namesByOlap4j(texts: readonly string[]): readonly (ReadonlySet<string> | null)[] {
  const input = texts.flatMap((text) => {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return [length, bytes]
  })
  const options = { input: Buffer.concat(input), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const
  const printed = execFileSync('bash', [SCRIPT], options)
  const found: (Set<string> | null)[] = []
  for (const line of printed.trimEnd().split('\n')) {
    if (line === 'parsed') found.push(new Set())
    else if (line === 'refused') found.push(null)
    else found.at(-1)?.add(line.slice('name\t'.length).toLowerCase())
  }
  return found
}

/** Every path of the tree, the names of cubes and of sets in brackets among them; `null`: refused. */
function ownNames(text: string): ReadonlySet<string> | null {
  try {
    const names = new Set<string>()
    for (const statement of parseMdx(text)) addNames(statement, names)
    return names
  } catch (error) {
    if (error instanceof StatementSyntaxError || error instanceof StatementLimitError) return null
    throw error
  }
}

function addNames({ body }: Statement, names: Set<string>): void {
  const add = (expression: Expression) => {
    if (expression.kind === 'path') names.add(plain(expression.name.key))
    if (expression.kind === 'call') names.add(plain(expression.name.map(({ text }) => text).join('.')))
    if (expression.kind === 'alias') names.add(plain(expression.name.text))
    if (expression.kind === 'access') addSteps(expression, names)
  }
  forEachExpression(body, (expression) => walk(expression, add))
  const select = body.kind === 'select' ? body : body.kind === 'drillthrough' ? body.select : null
  for (const { from, definitions } of select === null ? [] : selectsOf(select)) {
    if (from.kind === 'cube') add(from.name)
    for (const { name } of definitions) add(name)
  }
}

/** To olap4j functions after a dot are parts of the name. */
function addSteps({ base, steps }: ExpressionOf<'access'>, names: Set<string>): void {
  if (base.kind !== 'path') return
  let name = plain(base.name.key)
  for (const step of steps) {
    if (step.kind === 'item') return
    name += `.${plain(step.name.text)}`
    names.add(name)
  }
}

/** olap4j writes a name without brackets without them, and blanks for line breaks. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[[\]]/g, '')

test('every name that olap4j finds in a collected query is found by Tilsyn', { skip }, (t) => {
  const lines = readFileSync(CORPUS, 'utf8').trimEnd().split('\n')
  const queries = lines.map((line) => JSON.parse(line) as Collected).filter(({ balanced }) => balanced)
  const theirs = namesByOlap4j(queries.map(({ text }) => text))
  assert.equal(theirs.length, queries.length)
  const missed: string[] = []
  let onlyOurs = 0
  let onlyTheirs = 0
  queries.forEach(({ id, text }, i) => {
    const own = ownNames(text)
    const other = theirs[i] ?? null
    if (other === null) onlyOurs += own === null ? 0 : 1
    else if (own === null) onlyTheirs++
    else for (const name of other) if (!own.has(plain(name))) missed.push(`${id} ${name}`)
  })
  const parsed = theirs.filter((names) => names !== null).length
  t.diagnostic(`olap4j parses ${parsed} of ${queries.length}; ${onlyOurs} only Tilsyn, ${onlyTheirs} only olap4j`)
  assert.deepEqual(missed, [])
})
