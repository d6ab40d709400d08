/** What the arguments of each DAX function mean for the record. A function that stands nowhere here is read by its arguments. */

const words = (names: string): ReadonlySet<string> => new Set(names.trim().split(/\s+/))

/** Take a column; what they make of it is a value of the answer. */
export const AGGREGATES = words(`
  SUM AVERAGE AVERAGEA MIN MINA MAX MAXA COUNT COUNTA COUNTBLANK DISTINCTCOUNT DISTINCTCOUNTNOBLANK
  APPROXIMATEDISTINCTCOUNT PRODUCT MEDIAN GEOMEAN STDEV.P STDEV.S VAR.P VAR.S PERCENTILE.INC PERCENTILE.EXC`)

/** `(table, expression, …)`: the expression is read in the table's rows and taken together. */
export const ITERATORS = words(`
  SUMX AVERAGEX MINX MAXX COUNTX COUNTAX PRODUCTX MEDIANX GEOMEANX STDEVX.P STDEVX.S VARX.P VARX.S PERCENTILEX.INC
  PERCENTILEX.EXC CONCATENATEX RANKX RANK.EQX XIRR XNPV`)

/** `(expression, dates, [filter])`. */
export const PERIODS = words(`
  TOTALYTD TOTALQTD TOTALMTD TOTALWTD OPENINGBALANCEMONTH OPENINGBALANCEQUARTER OPENINGBALANCEYEAR
  OPENINGBALANCEWEEK CLOSINGBALANCEMONTH CLOSINGBALANCEQUARTER CLOSINGBALANCEYEAR CLOSINGBALANCEWEEK`)

/** Ask about a column and where it is filtered, not for what it holds. */
export const ABOUT_COLUMNS = words(`
  SELECTEDVALUE HASONEVALUE HASONEFILTER ISINSCOPE ISFILTERED ISCROSSFILTERED NAMEOF USERELATIONSHIP CROSSFILTER
  ORDERBY PARTITIONBY MATCHBY KEYWORDMATCH CONTAINS CONTAINSROW RANK.EQ TOCSV TOJSON ISATLEVEL PATH PATHITEM
  CONTAINSSTRING CONTAINSSTRINGEXACT FIRST LAST NEXT PREVIOUS`)

/** Give a column of the row at hand, found through a relationship or in an outer row. */
export const SAME_COLUMN = words('RELATED EARLIER EARLIEST')

/** Columns of the dates they give. */
export const DATES = words(`
  DATEADD DATESYTD DATESQTD DATESMTD DATESWTD DATESBETWEEN DATESINPERIOD SAMEPERIODLASTYEAR PARALLELPERIOD PREVIOUSDAY
  PREVIOUSWEEK PREVIOUSMONTH PREVIOUSQUARTER PREVIOUSYEAR NEXTDAY NEXTWEEK NEXTMONTH NEXTQUARTER NEXTYEAR FIRSTDATE LASTDATE
  STARTOFWEEK STARTOFMONTH STARTOFQUARTER STARTOFYEAR ENDOFWEEK ENDOFMONTH ENDOFQUARTER ENDOFYEAR FIRSTNONBLANK
  LASTNONBLANK`)

/** Give the table they are given, or the one made of the columns they are given. */
export const SAME_TABLE = words(`
  VALUES DISTINCT ALL ALLNOBLANKROW ALLSELECTED ALLCROSSFILTERED FILTERS RELATEDTABLE KEEPFILTERS NONVISUAL
  REMOVEFILTERS TABLEOF`)

/** Give the rows of all their tables, side by side or below one another. */
export const JOINS = words('CROSSJOIN UNION NATURALINNERJOIN NATURALLEFTOUTERJOIN GENERATE GENERATEALL')

/** Group: what they are given as columns is what the answer is broken down by. */
export const ROLLUPS = words('ROLLUP ROLLUPGROUP ROLLUPADDISSUBTOTAL ROLLUPISSUBTOTAL')

export const GROUPERS = words('SUMMARIZECOLUMNS SUMMARIZE GROUPBY')

/** `(n, table, …)`, or for the first two `(n, skip, table, …)`. */
export const SAMPLES = words('TOPNSKIP TOPNPERLEVEL TOPN SAMPLE SAMPLEAXISWITHLOCALMINMAX SAMPLECARTESIANPOINTSBYCOVER')

/** Rows by their place among others: `(place, relation, ORDERBY(…), …, PARTITIONBY(…))`. */
export const WINDOWS = words('INDEX OFFSET WINDOW')

const OTHER_TABLES = words(`
  FILTER CALCULATETABLE ADDCOLUMNS SELECTCOLUMNS ROW DATATABLE ALLEXCEPT EXCEPT INTERSECT TREATAS ADDMISSINGITEMS
  SUBSTITUTEWITHINDEX DETAILROWS GENERATESERIES CALENDAR CALENDARAUTO CURRENTGROUP DEPENDON`)

/** Functions that stand where a table is expected. */
export function isTableFunction(name: string): boolean {
  return FAMILIES.some((family) => family.has(name)) || name.startsWith('INFO.')
}

const FAMILIES = [DATES, SAME_TABLE, JOINS, ROLLUPS, GROUPERS, SAMPLES, WINDOWS, OTHER_TABLES]

/** Comparisons as functions and searches, and where in their arguments column and text stand. */
export const SEARCHES: Readonly<
  Record<string, { readonly column: number; readonly text: number; readonly op: string }>
> = {
  CONTAINSSTRING: { column: 0, text: 1, op: 'contains' },
  CONTAINSSTRINGEXACT: { column: 0, text: 1, op: 'contains' },
  SEARCH: { column: 1, text: 0, op: 'contains' },
  FIND: { column: 1, text: 0, op: 'contains' },
  EXACT: { column: 0, text: 1, op: '=' },
}

/** Of a text only this part is compared. */
export const PARTS_OF_TEXT: Readonly<Record<string, string>> = {
  LEFT: 'starts with',
  RIGHT: 'ends with',
  MID: 'contains',
}

/** Conditions of RSCustomDaxFilter, which reports put where a parameter may have several values. */
export const REPORT_CONDITIONS: Readonly<Record<string, string>> = {
  EQUALTOCONDITION: '=',
  NOTEQUALTOCONDITION: '<>',
  GREATERTHANCONDITION: '>',
  GREATERTHANOREQUALTOCONDITION: '>=',
  LESSTHANCONDITION: '<',
  LESSTHANOREQUALTOCONDITION: '<=',
}
