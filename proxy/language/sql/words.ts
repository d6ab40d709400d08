/** The words of SQL that tell where one is. Dialects share them; a word that only some reserve is not here. */

export const CONDITION = new Set(['WHERE', 'HAVING', 'ON', 'QUALIFY', 'PREWHERE'])
export const TABLE_NEXT = new Set(['FROM', 'JOIN', 'APPLY', 'STRAIGHT_JOIN'])
export const QUERY_BEGINS = new Set(['SELECT', 'DELETE', 'UPDATE', 'MERGE', 'INSERT'])
export const OTHER_CLAUSE = new Set(
  'SELECT GROUP ORDER LIMIT OFFSET FETCH WINDOW UNION INTERSECT EXCEPT MINUS SET VALUES RETURNING USING WITH'.split(
    ' ',
  ),
)

/** What cannot be a column or an alias. */
export const RESERVED = new Set(
  (
    'ALL AND ANY AS ASC BETWEEN BY CASE CROSS DESC DISTINCT ELSE END ESCAPE EXISTS FALSE FOR FROM FULL GROUP HAVING ' +
    'ILIKE IN INNER INTERSECT INTO IS JOIN LEFT LIKE LIMIT NATURAL NOT NULL ON OR ORDER OUTER OVER PARTITION QUALIFY ' +
    'REGEXP RIGHT RLIKE SELECT SET SIMILAR SOME STRAIGHT_JOIN TABLESAMPLE THEN TRUE UNION USING VALUES WHEN WHERE WITH'
  ).split(' '),
)

/** Functions that leave a value what it is to somebody who asks for it. */
export const WRAPPERS = new Set(
  'LOWER UPPER TRIM LTRIM RTRIM BTRIM CAST TRY_CAST SAFE_CAST CONVERT TRY_CONVERT TO_CHAR TO_DATE DATE TIMESTAMP LCASE UCASE'.split(
    ' ',
  ),
)

/** Types, which T-SQL's CONVERT has before the value and others behind it. */
export const TYPES = new Set(
  'BIGINT BIT CHAR DATE DATETIME DATETIME2 DECIMAL FLOAT INT MONEY NCHAR NUMERIC NVARCHAR SMALLINT TIME VARCHAR'.split(
    ' ',
  ),
)

/** Words before a string that make a date of it: `DATE '2024-01-01'`. */
export const TYPED = new Set(['DATE', 'TIME', 'TIMESTAMP', 'DATETIME'])

export const AGGREGATES = new Set(
  'SUM COUNT AVG MIN MAX MEDIAN STDDEV STDEV VARIANCE VAR APPROX_COUNT_DISTINCT'.split(' '),
)

/** Tests written as a function of a column and a literal. */
export const TESTS: ReadonlyMap<string, string> = new Map([
  ['CONTAINS', 'contains'],
  ['CONTAINS_STRING', 'contains'],
  ['ICONTAINS_STRING', 'contains'],
  ['STARTS_WITH', 'starts with'],
  ['STARTSWITH', 'starts with'],
  ['ENDS_WITH', 'ends with'],
  ['ENDSWITH', 'ends with'],
  ['REGEXP_LIKE', 'matches'],
  ['REGEXP_CONTAINS', 'matches'],
])

/** Signs of comparison, as they are recorded. */
export const COMPARISONS: ReadonlyMap<string, string> = new Map([
  ['=', '='],
  ['==', '='],
  ['<=>', '='],
  ['<>', '<>'],
  ['!=', '<>'],
  ['<', '<'],
  ['>', '>'],
  ['<=', '<='],
  ['>=', '>='],
  ['~', 'matches'],
  ['~*', 'matches'],
  ['!~', 'not matches'],
  ['!~*', 'not matches'],
])

/** The comparison with its sides exchanged. */
export const FLIPPED: ReadonlyMap<string, string> = new Map([
  ['=', '='],
  ['<>', '<>'],
  ['<', '>'],
  ['>', '<'],
  ['<=', '>='],
  ['>=', '<='],
])

/** Statements that change or define something. */
export const CHANGES = new Set(
  'ALTER BEGIN CALL COMMIT CREATE DECLARE DELETE DROP EXEC EXECUTE GRANT INSERT MERGE REPLACE REVOKE ROLLBACK SET TRUNCATE UPDATE USE'.split(
    ' ',
  ),
)
