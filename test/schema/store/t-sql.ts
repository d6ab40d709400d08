/**
 * Is a text T-SQL that SQL Server 2016 takes? Asked of ANTLR's grammar of the language, and of a list of what that
 * grammar lets pass though no SQL Server, or none so old, knows it.
 */
import { createRequire } from 'node:module'
import type { ANTLRErrorListener } from 'antlr4ts-sql'

// A CommonJS package whose names node cannot see.
const { antlr4tsSQL, SQLDialect } = createRequire(import.meta.url)('antlr4ts-sql') as typeof import('antlr4ts-sql')

const DENIED: readonly [RegExp, string][] = [
  [/\bLIMIT\b/i, 'LIMIT'],
  [/\bMERGE\b/i, 'MERGE: Babelfish, and its races'],
  [/\bCREATE\s+OR\s+ALTER\b/i, 'CREATE OR ALTER: 2016 SP1'],
  [/\bIF\s+(NOT\s+)?EXISTS\s+\[/i, 'IF EXISTS of another dialect'],
  [/\bAUTO_?INCREMENT\b/i, 'AUTOINCREMENT'],
  [/\bON\s+CONFLICT\b/i, 'ON CONFLICT'],
  [/\bRETURNING\b/i, 'RETURNING'],
  [/\b(STRING_AGG|TRIM|CONCAT_WS|TRANSLATE)\s*\(/i, 'a function of 2017'],
  [/\b(GREATEST|LEAST|GENERATE_SERIES|DATE_BUCKET|DATETRUNC)\s*\(/i, 'a function of 2022'],
  [/\bIS\s+(NOT\s+)?DISTINCT\s+FROM\b/i, 'IS DISTINCT FROM: 2022'],
  [/`/, 'a backquote'],
  [/\|\|/, '||'],
]

/** What is wrong with `text`; empty when nothing is. */
export function faultsOfTsql(text: string): string[] {
  const faults = DENIED.filter(([pattern]) => pattern.test(withoutComments(text))).map(([, why]) => why)
  const listener: ANTLRErrorListener<unknown> = {
    syntaxError: (_recognizer, _symbol, line, column, message) => faults.push(`${line}:${column} ${message}`),
  }
  const grammar = new antlr4tsSQL(SQLDialect.TSQL)
  const parser = grammar.getParser(grammar.getTokens(text, [listener]), [listener])
  grammar.getParseTree(parser)
  return faults
}

const withoutComments = (text: string) => text.replaceAll(/--.*$/gm, '').replaceAll(/'[^']*'/g, "''")
