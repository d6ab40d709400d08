/**
 * What an SQL statement restricts, of any dialect: not a parser, for which there are too many dialects, but a reading of
 * its tokens that knows which clause it is in.
 *
 * Taken as criteria is what is sure: a column compared with literals or parameters in WHERE, HAVING or ON, outside CASE.
 * Every other literal is given as mentioned, so that no person asked about is lost. Measures and dimensions are left to
 * the text. Cost is linear; nothing is thrown but a StatementLimitError.
 */
import { likeTest, negated } from '../condition.ts'
import type { CriterionFact, Mention, StatementFacts, StatementKind } from '../statement.ts'
import { STATEMENT_LIMITS, type StatementLimits } from '../syntax-error.ts'
import { sqlTokens } from './lexer.ts'
import { SqlOperands } from './operands.ts'
import type { Found, SqlParameters } from './operands.ts'
import {
  CHANGES,
  COMPARISONS,
  CONDITION,
  FLIPPED,
  OTHER_CLAUSE,
  QUERY_BEGINS,
  RESERVED,
  TABLE_NEXT,
  TESTS,
} from './words.ts'

export interface SqlFacts extends StatementFacts {
  /** Literals that no criterion holds. */
  readonly mentioned: readonly Mention[]
  /** Names of parameters that stand in a criterion. */
  readonly placed: ReadonlySet<string>
}

export interface ReadSqlOptions {
  readonly parameters?: SqlParameters
  readonly limits?: StatementLimits
}

export function readSql(text: string, { parameters = new Map(), limits = STATEMENT_LIMITS }: ReadSqlOptions): SqlFacts {
  const operands = new SqlOperands(text, sqlTokens(text, limits), parameters)
  const { criteria, tables } = new SqlReader(operands).read()
  return {
    kind: kindOf(operands),
    cube: tables[0] ?? null,
    start: 0,
    end: text.length,
    measures: [],
    calculated: [],
    dimensions: [],
    criteria,
    mentioned: operands.unused(),
    placed: operands.placed,
  }
}

function kindOf(operands: SqlOperands): StatementKind {
  const first = operands.tokens.find(({ word }) => word !== '')?.word ?? ''
  if (first === 'EXPLAIN' || first === 'DESCRIBE') return 'explain'
  return CHANGES.has(first) ? 'ddl' : 'select'
}

/** One pair of brackets, or the statement itself. */
interface Scope {
  clause: 'from' | 'condition' | 'other'
  /** Has a query begun here? Only then is FROM followed by a table: `EXTRACT(year FROM x)` has none. */
  query: boolean
  /** Stands an odd number of NOTs before the brackets around? */
  readonly negated: boolean
  /** CASE … END inside one another. */
  cases: number
}

class SqlReader {
  readonly criteria: CriterionFact[] = []
  /** Names of tables, in order. */
  readonly tables: string[] = []
  readonly #operands: SqlOperands
  readonly #defined = new Set<string>()
  readonly #scopes: Scope[] = [{ clause: 'other', query: false, negated: false, cases: 0 }]
  #not = false

  constructor(operands: SqlOperands) {
    this.#operands = operands
  }

  read(): this {
    const { tokens } = this.#operands
    for (let at = 0; at < tokens.length;) at = this.#step(at)
    return this
  }

  get #scope(): Scope {
    const scope = this.#scopes.at(-1)
    if (scope === undefined) throw new RangeError('the outermost scope is never closed')
    return scope
  }

  /** Reads what begins at token `at`; gives where to go on. */
  #step(at: number): number {
    const { word, text, kind } = this.#operands.at(at)
    if (kind === 'sign') return this.#sign(at, text)
    if (word !== '' && this.#keyword(at, word)) return at + 1
    if (this.#scope.clause === 'from') return this.#table(at)
    const after = this.#scope.clause === 'condition' && this.#scope.cases === 0 ? this.#condition(at) : at
    this.#not = false
    return Math.max(after, at + 1)
  }

  #sign(at: number, sign: string): number {
    if (sign === '(') this.#open()
    else if (sign === ')' && this.#scopes.length > 1) this.#scopes.pop()
    else if (sign === ';') this.#scopes.splice(1)
    if (sign === '-' && this.#scope.clause === 'condition' && this.#scope.cases === 0) {
      return Math.max(this.#condition(at), at + 1)
    }
    return at + 1
  }

  #open(): void {
    const { clause, negated, cases } = this.#scope
    this.#scopes.push({ clause, query: false, negated: negated !== this.#not, cases })
    this.#not = false
  }

  /** `true`: the word tells where one is, and is nothing else. */
  #keyword(at: number, word: string): boolean {
    const scope = this.#scope
    if (word === 'NOT') this.#not = !this.#not
    else if (word === 'AND' || word === 'OR') this.#not = false
    else if (word === 'CASE') scope.cases += 1
    else if (word === 'END') scope.cases = Math.max(scope.cases - 1, 0)
    else if (word === 'AS') this.#defines(at)
    else if (CONDITION.has(word)) scope.clause = 'condition'
    else if (TABLE_NEXT.has(word)) this.#from(at, word)
    else if (QUERY_BEGINS.has(word)) this.#query(word)
    else if (OTHER_CLAUSE.has(word)) scope.clause = 'other'
    else return RESERVED.has(word) && this.#operands.at(at + 1).text !== '('
    return true
  }

  #query(word: string): void {
    this.#scope.query = true
    this.#scope.clause = word === 'UPDATE' ? 'from' : 'other'
    this.#not = false
  }

  #from(at: number, word: string): void {
    const distinct = this.#operands.at(at - 1).word === 'DISTINCT'
    if ((this.#scope.query && !distinct) || word !== 'FROM') this.#scope.clause = 'from'
  }

  /** `WITH x AS (SELECT …)`: x is no table. */
  #defines(at: number): void {
    if (this.#operands.at(at + 1).text !== '(') return
    const before = this.#operands.at(at - 1)
    if (before.kind === 'name') this.#defined.add(before.text.toLowerCase())
  }

  /** table : name ('.' name)* ('AS'? alias)?  — or a template's `{{#12-name}}`, which is a saved question. */
  #table(at: number): number {
    const token = this.#operands.at(at)
    if (token.kind === 'parameter') {
      const card = /^#(\d+)/.exec(token.text)?.[1]
      if (card !== undefined) this.tables.push(`card:${card}`)
      return at + 1
    }
    const name = this.#operands.nameAt(at)
    if (name === null) return at + 1
    if (this.#operands.at(name.next).text === '(') return name.next
    const full = name.parts.join('.')
    if (name.parts.length > 1 || !this.#defined.has(full.toLowerCase())) this.tables.push(full)
    return this.#alias(name)
  }

  #alias({ parts, next }: { readonly parts: readonly string[]; readonly next: number }): number {
    const { at, table } = this.#aliasAt(next, parts.at(-1) ?? '')
    this.#operands.aliases.set(table.alias, table.name)
    return at
  }

  #aliasAt(next: number, name: string): { readonly at: number; readonly table: { alias: string; name: string } } {
    const at = this.#operands.at(next).word === 'AS' ? next + 1 : next
    const { kind, word, text } = this.#operands.at(at)
    if (kind !== 'name' || RESERVED.has(word) || this.#endsTable(word)) {
      return { at: next, table: { alias: name.toLowerCase(), name } }
    }
    return { at: at + 1, table: { alias: text.toLowerCase(), name } }
  }

  #endsTable(word: string): boolean {
    return CONDITION.has(word) || OTHER_CLAUSE.has(word) || TABLE_NEXT.has(word)
  }

  /** condition : column test | literal comparison column | test '(' column ',' literal ')' */
  #condition(at: number): number {
    if (this.#operands.isArithmetic(at - 1)) return at
    const test = TESTS.get(this.#operands.at(at).word)
    if (test !== undefined && this.#operands.at(at + 1).text === '(') return this.#functionTest(at + 2, test)
    const column = this.#operands.columnAt(at)
    if (column !== null) return this.#test(column)
    const literal = this.#operands.literalsAt(at)
    return literal === null ? at : this.#flipped(literal)
  }

  /** test : comparison literal | 'NOT'? ('IN' list | 'BETWEEN' literal 'AND' literal | 'LIKE' literal) | 'IS' … */
  #test({ value: column, next }: Found<string>): number {
    const { text, word } = this.#operands.at(next)
    const comparison = COMPARISONS.get(text)
    if (comparison !== undefined) return this.#compared(column, comparison, next + 1)
    if (word === 'IS') return this.#is(column, next + 1)
    const not = word === 'NOT'
    return this.#worded(column, not, not ? next + 1 : next)
  }

  #compared(column: string, op: string, at: number): number {
    const found = this.#operands.literalsAt(at)
    if (found === null) return at
    if (found.value.length > 1 && (op === '=' || op === '<>')) {
      return this.#add(column, op === '=' ? 'in' : 'not in', found)
    }
    return this.#add(column, op, found)
  }

  #is(column: string, at: number): number {
    const not = this.#operands.at(at).word === 'NOT'
    const next = not ? at + 1 : at
    if (this.#operands.at(next).word === 'NULL') {
      return this.#add(column, not ? 'not null' : 'is null', { value: [], used: [], next: next + 1 })
    }
    if (this.#operands.at(next).word !== 'DISTINCT') return next
    return this.#compared(column, not ? '=' : '<>', next + 2)
  }

  #worded(column: string, not: boolean, at: number): number {
    switch (this.#operands.at(at).word) {
      case 'IN': {
        const list = this.#operands.listAt(at + 1)
        return list === null ? at + 1 : this.#add(column, 'in', list, not)
      }
      case 'BETWEEN':
        return this.#between(column, not, at + 1)
      case 'LIKE':
      case 'ILIKE':
        return this.#like(column, not, at + 1)
      case 'RLIKE':
      case 'REGEXP':
        return this.#matches(column, not, at + 1)
      case 'SIMILAR':
        return this.#matches(column, not, at + 2)
      default:
        return at
    }
  }

  #between(column: string, not: boolean, at: number): number {
    const from = this.#operands.literalsAt(at)
    if (from === null || this.#operands.at(from.next).word !== 'AND') return at
    const to = this.#operands.literalsAt(from.next + 1)
    if (to === null) return from.next
    const range = { value: [...from.value, ...to.value], used: [...from.used, ...to.used], next: to.next }
    return this.#add(column, 'range', range, not)
  }

  #like(column: string, not: boolean, at: number): number {
    const found = this.#operands.literalsAt(at)
    if (found === null) return at
    const escaped = this.#operands.at(found.next).word === 'ESCAPE'
    const escape = escaped ? this.#operands.at(found.next + 1).text : '\\'
    const next = escaped ? found.next + 2 : found.next
    const used = escaped ? [...found.used, found.next + 1] : found.used
    for (const pattern of found.value) {
      const { op, value } = likeTest(pattern, escape)
      this.#add(column, op, { value: [value], used, next }, not)
    }
    return next
  }

  #matches(column: string, not: boolean, at: number): number {
    const found = this.#operands.literalsAt(at)
    return found === null ? at : this.#add(column, 'matches', found, not)
  }

  #flipped(literal: Found<readonly string[]>): number {
    const op = FLIPPED.get(COMPARISONS.get(this.#operands.at(literal.next).text) ?? '')
    const column = op === undefined ? null : this.#operands.columnAt(literal.next + 1)
    if (op === undefined || column === null) return literal.next
    return this.#add(column.value, op, { ...literal, next: column.next })
  }

  #functionTest(at: number, op: string): number {
    const column = this.#operands.columnAt(at)
    if (column === null || this.#operands.at(column.next).text !== ',') return at
    const found = this.#operands.literalsAt(column.next + 1)
    if (found === null || this.#operands.at(found.next).text !== ')') return at
    return this.#add(column.value, op, { ...found, next: found.next + 1 })
  }

  #add(dimension: string, op: string, { value, used, next }: Found<readonly string[]>, not = false): number {
    const turned = (not !== this.#not) !== this.#scope.negated
    this.criteria.push({ dimension, op: turned ? negated(op) : op, values: value, clause: 'filter' })
    this.#operands.use(used)
    this.#not = false
    return next
  }
}
