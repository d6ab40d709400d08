import assert from 'node:assert/strict'
import { test } from 'node:test'
import { criteriaOf, dimensionsOf, factsOf, measuresOf } from './syntax.ts'

test('a Power BI visual: groups, filters in variables, and the window it shows', () => {
  const facts = factsOf(`DEFINE
    VAR __DS0FilterTable = TREATAS({"0707334285", "120441-5123"}, 'Elev'[Personnr])
    VAR __DS0FilterTable2 = FILTER(KEEPFILTERS(VALUES('Skoledag'[Dag])),
      AND('Skoledag'[Dag] > DATE(2031, 8, 1), 'Skoledag'[Dag] <= (DATE(2032, 6, 30) + TIME(12, 0, 0))))
    VAR __ValueFilterDM1 = FILTER(KEEPFILTERS(SUMMARIZECOLUMNS('Klasse'[Trin], __DS0FilterTable,
      "Timer", IGNORE(CALCULATE(SUM('Fravær'[Lovligt]))))), [Timer] > 20)
    VAR __DS0Core = SUMMARIZECOLUMNS(
      ROLLUPADDISSUBTOTAL(ROLLUPGROUP('Klasse'[Trin], 'Klasse'[Spor]), "ErAlt"),
      __DS0FilterTable, __DS0FilterTable2, __ValueFilterDM1, "Timer", CALCULATE(SUM('Fravær'[Timer])))
    VAR __DS0PrimaryWindowed = TOPN(151, __DS0Core, [ErAlt], 0, 'Klasse'[Trin], 1)
    VAR __Unused = TREATAS({"010147-5001"}, 'Elev'[Personnr])
    EVALUATE __DS0PrimaryWindowed
    ORDER BY [ErAlt] DESC, [Timer] DESC`)
  assert.deepEqual(
    facts.dimensions.map(({ path }) => path),
    ['Klasse[Trin]', 'Klasse[Spor]'],
  )
  assert.deepEqual(facts.measures, [{ measure: 'Fravær[Timer]', via: null }])
  assert.deepEqual(
    facts.criteria.map(({ dimension, op, values }) => [dimension, op, ...values]),
    [
      [null, 'topn', '151'],
      ['Elev[Personnr]', 'in', '0707334285', '120441-5123'],
      ['Skoledag[Dag]', '>', 'DATE(2031,8,1)'],
      ['Skoledag[Dag]', '<=', 'DATE(2032,6,30)+TIME(12,0,0)'],
      ['[Timer]', '>', '20'],
    ],
  )
})

test('a Power BI matrix: the flags and the places of its columns are computed, and no measures', () => {
  const text = `DEFINE
    VAR __DS0Core = SUMMARIZECOLUMNS(
      ROLLUPADDISSUBTOTAL('Klasse'[Trin], "RækkeIAlt"), ROLLUPADDISSUBTOTAL('Skoledag'[Uge], "KolonneIAlt"), "Timer", [Timer])
    VAR __DS0Primary = TOPN(102, SUMMARIZE(__DS0Core, 'Klasse'[Trin], [RækkeIAlt]), [RækkeIAlt], 0, 'Klasse'[Trin], 1)
    VAR __DS0Secondary = TOPN(102, SUMMARIZE(__DS0Core, 'Skoledag'[Uge], [KolonneIAlt]), [KolonneIAlt], 1)
    EVALUATE __DS0Secondary ORDER BY [KolonneIAlt]
    EVALUATE NATURALLEFTOUTERJOIN(__DS0Primary,
      SUBSTITUTEWITHINDEX(__DS0Core, "Plads", __DS0Secondary, [KolonneIAlt], ASC, 'Skoledag'[Uge], ASC))
    ORDER BY [RækkeIAlt] DESC, 'Klasse'[Trin], [Plads]`
  assert.deepEqual(measuresOf(text), ['[Timer]'])
  assert.deepEqual(dimensionsOf(text), ['Skoledag[Uge]', 'Klasse[Trin]'])
})

test('what no EVALUATE reaches is dead', () => {
  const text = `DEFINE VAR a = TREATAS({"x"}, 'A'[b]) MEASURE 'A'[m] = CALCULATE([n], 'A'[c] = 1) TABLE t = FILTER('A', 'A'[d] = 2)
    COLUMN 'A'[e] = CALCULATE([o], 'A'[f] = 3) FUNCTION g = () => CALCULATE([p], 'A'[h] = 4)
    EVALUATE VAR i = FILTER('A', 'A'[j] = 5) RETURN VALUES('A'[k])`
  const { measures, calculated, dimensions, criteria } = factsOf(text)
  assert.deepEqual([measures, calculated, criteria, dimensions.length], [[], [], [], 1])
})

test('what an EVALUATE reaches through definitions is live, in all of them', () => {
  const text = `DEFINE VAR a = TREATAS({"x"}, 'A'[b]) MEASURE 'A'[m] = CALCULATE([n], 'A'[c] = 1, a) TABLE t = FILTER('A', 'A'[d] = 2)
    COLUMN 'A'[e] = CALCULATE([o], 'A'[f] = 3) FUNCTION g = (x) => CALCULATE([p], 'A'[h] = x)
    EVALUATE ROW("m", [m]) EVALUATE t EVALUATE VALUES('A'[e]) EVALUATE { g(4) }`
  const facts = factsOf(text)
  assert.deepEqual(new Set(facts.measures.map(({ measure }) => measure)), new Set(['[n]', '[o]', '[p]']))
  assert.deepEqual(facts.calculated, ['A[m]'])
  assert.deepEqual(new Set(criteriaOf(text)), new Set(['A[d] = 2', 'A[f] = 3', 'A[h] = 4', 'A[c] = 1', 'A[b] in x']))
})

test('calculated measures are resolved to those under them, with the one that led there', () => {
  const facts = factsOf(`DEFINE MEASURE 'F'[a] = [b] / [c] MEASURE 'F'[b] = SUM('F'[x]) EVALUATE { 'F'[a] }`)
  assert.deepEqual(facts.calculated, ['F[a]', 'F[b]'])
  assert.deepEqual(facts.measures, [
    { measure: '[c]', via: 'F[a]' },
    { measure: 'F[x]', via: 'F[b]' },
  ])
})

test('criteria of a calculated measure stand in its formula', () => {
  const [criterion] = factsOf(`DEFINE MEASURE F[a] = CALCULATE([b], T[c] = 1) EVALUATE { [a] }`).criteria
  assert.equal(criterion?.clause, 'formula')
})

const measured: readonly (readonly [string, readonly string[]])[] = [
  [`SUMMARIZECOLUMNS('T'[a], "x", [M], "y", SUM('F'[b]), "z", 'F'[Antal])`, ['[M]', 'F[b]', 'F[Antal]']],
  [`ROW("x", SUMX('F', 'F'[a] * RELATED('P'[b])))`, ['F[a]', 'P[b]']],
  [
    `ROW("x", COUNTROWS(FILTER('F', 'F'[a] = 1)), "y", COUNTROWS(VALUES('F'[b])))`,
    ['COUNTROWS(F)', 'COUNTROWS(VALUES(F[b]))'],
  ],
  [`FILTER(SUMMARIZE('F', 'T'[a], "n", COUNTROWS('F')), [n] > 1)`, ['COUNTROWS(F)']],
  [`GROUPBY(SUMMARIZE('F', 'T'[a], "n", [M]), 'T'[a], "x", MAXX(CURRENTGROUP(), [n]))`, ['[M]']],
  [`GROUPBY('F', 'T'[a], "x", SUMX(CURRENTGROUP(), 'F'[b]))`, ['F[b]']],
  [`ROW("x", CALCULATE([M], DATESYTD('Tid'[Dato])), "y", TOTALYTD([N], 'Tid'[Dato]))`, ['[M]', '[N]']],
  [`ROW("x", IF(ISINSCOPE('T'[a]), SELECTEDVALUE('T'[b]), DIVIDE([M], [N])))`, ['[M]', '[N]']],
  [`CALCULATETABLE(VALUES('T'[a]), 'T'[b] = MAX('F'[c]))`, []],
  [`TOPN(3, VALUES('T'[a]), [M], DESC)`, ['[M]']],
  [`FILTER(VALUES('T'[a]), [M] > 5)`, ['[M]']],
  [`FILTER('T', [a] = "x")`, []],
  [`ADDCOLUMNS('T', "x", [M], "y", 'T'[a] * 2)`, ['[M]']],
  [`ADDCOLUMNS(VALUES('T'[a]), "x", 'F'[Antal])`, ['F[Antal]']],
  [`SELECTCOLUMNS('T', "x", 'T'[a], "y", [M])`, ['[M]']],
  [`{ EVALUATEANDLOG(SUM('F'[a]), "log") }`, ['F[a]']],
  [`{ NAMEOF('F'[a]) }`, []],
  [`ROW("x", CONCATENATEX(VALUES('T'[a]), 'T'[a], ", "))`, ['T[a]']],
  [`ROW("x", RANKX(ALL('T'[a]), [M], , DESC))`, ['[M]']],
  [`ROW("x", CALCULATE([M], OFFSET(-1, , ORDERBY('T'[a]))))`, ['[M]']],
  [`FILTER(ADDCOLUMNS(VALUES('T'[a]), "s", [M]), [s] > 1)`, ['[M]']],
  [`ADDCOLUMNS('F', "x", CALCULATE('F'[Antal]))`, ['F[Antal]']],
  [`SELECTCOLUMNS(INFO.TABLES(), "n", [Name])`, []],
  [`ADDCOLUMNS(VALUES('T'[a]), "x", CALCULATE([M], ALLEXCEPT('T', 'T'[b], 'U'[c])))`, ['[M]']],
]
for (const [table, measures] of measured) {
  test(`the measures of ${table}`, () => assert.deepEqual(measuresOf(`EVALUATE ${table}`), measures))
}

const shown: readonly (readonly [string, readonly string[]])[] = [
  [`'Borger'`, ['Borger']],
  [`FILTER('Borger', 'Borger'[a] = 1)`, ['Borger']],
  [`VALUES('T'[a])`, ['T[a]']],
  [`ALL('T'[a], 'T'[b])`, ['T[a]', 'T[b]']],
  [`SUMMARIZE('F', 'T'[a], ROLLUP('T'[b], 'T'[c]), "x", [M])`, ['T[a]', 'T[b]', 'T[c]']],
  [`SUMMARIZE('T', [a])`, ['T[a]']],
  [`SELECTCOLUMNS('B', 'B'[a], "n", 'B'[b], "k", RELATED('K'[c]), "x", [M])`, ['B[a]', 'B[b]', 'K[c]']],
  [`ADDCOLUMNS(VALUES('T'[a]), "x", [M])`, ['T[a]']],
  [`CROSSJOIN(VALUES('T'[a]), VALUES('U'[b]))`, ['T[a]', 'U[b]']],
  [`GENERATE(VALUES('T'[a]), TOPN(3, VALUES('U'[b]), [M]))`, ['T[a]', 'U[b]']],
  [`INTERSECT(VALUES('T'[a]), VALUES('U'[b]))`, ['T[a]']],
  [`EXCEPT(VALUES('T'[a]), VALUES('U'[b]))`, ['T[a]']],
  [`CALCULATETABLE(VALUES('T'[a]), VALUES('U'[b]))`, ['T[a]']],
  [`DATEADD('Tid'[Dato], -1, YEAR)`, ['Tid[Dato]']],
  [`ROW("x", [M])`, []],
  [`{ [M] }`, []],
  [`TREATAS({ "x" }, 'T'[a])`, ['T[a]']],
  [`SUMMARIZECOLUMNS('T'[a], FILTER(ALL('U'[b]), 'U'[b] > 1), "x", [M])`, ['T[a]']],
  [`GROUPBY('F', 'T'[a], "x", SUMX(CURRENTGROUP(), 'F'[b]))`, ['T[a]']],
  [`TOPNSKIP(10, 20, 'T', [a])`, ['T']],
  [`SAMPLE(3500, SUMMARIZE(VALUES('B'), 'B'[a]), 'B'[a], 1)`, ['B[a]']],
  [`INDEX(1, ALLSELECTED('T'[a]), ORDERBY([M], DESC))`, ['T[a]']],
  [`ADDMISSINGITEMS('T'[a], SUMMARIZECOLUMNS('T'[a], "x", [M]), 'T'[a])`, ['T[a]']],
  [`SOMETHING_NEW('T'[a], KEEPFILTERS(TREATAS({1}, 'U'[b])))`, ['T[a]']],
]
for (const [table, dimensions] of shown) {
  test(`${table} is broken down by ${dimensions.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(dimensionsOf(`EVALUATE ${table}`), dimensions))
}

const searched: readonly (readonly [string, readonly string[]])[] = [
  [`FILTER('B', 'B'[a] == "x" || 'B'[a] = "y")`, ['B[a] in x|y']],
  [`FILTER('B', "x" = 'B'[a] && 5 < 'B'[b])`, ['B[a] = x', 'B[b] > 5']],
  [`FILTER('B', RELATED('K'[a]) = "x")`, ['K[a] = x']],
  [`FILTER(VALUES('B'[a]), [a] = "x")`, ['B[a] = x']],
  [`FILTER('B', ('B'[a], 'B'[b]) IN { ("x", 1), ("y", 2) })`, ['B[a] in x|y', 'B[b] in 1|2']],
  [`FILTER('B', CONTAINSROW({ "x", "y" }, 'B'[a]))`, ['B[a] in x|y']],
  [`FILTER('B', CONTAINSROW(VALUES('K'[a]), "x"))`, ['K[a] in x']],
  [`FILTER('B', CONTAINS('K', 'K'[a], "x"))`, ['K[a] = x']],
  [
    `FILTER('B', CONTAINSSTRING('B'[a], "x") && NOT SEARCH("y", 'B'[b], 1, 0) > 0)`,
    ['B[a] contains x', 'B[b] not contains y'],
  ],
  [
    `FILTER('B', LEFT('B'[a], 6) = "070733" && RIGHT('B'[a], 4) = "4285")`,
    ['B[a] starts with 070733', 'B[a] ends with 4285'],
  ],
  [`FILTER('B', UPPER('B'[a]) = "X" && YEAR('B'[b]) = 2029)`, ['B[a] = X', 'B[b] = 2029']],
  [`FILTER('B', SWITCH(TRUE(), 'B'[a] = "x", TRUE(), FALSE()))`, ['B[a] = x']],
  [`FILTER('B', SWITCH('B'[a], "x", 1, 0) = 1)`, ['B[a] = x']],
  [`FILTER('B', PATHCONTAINS("x|y", 'B'[a]))`, ['B[a] in x|y']],
  [`FILTER('B', ISONORAFTER('B'[a], "x", ASC))`, ['B[a] start at x']],
  [`FILTER('B', NOT 'B'[a] IN VALUES('K'[a]))`, []],
  [`FILTER('B', 'B'[a] > SUM('B'[b]) || ISBLANK('B'[c]) || 'B'[d] = BLANK())`, []],
  [`FILTER('B', COUNTROWS('K') > 1)`, []],
  [`ROW("x", IF(SELECTEDVALUE('B'[a]) = "x", 1))`, []],
  [`CALCULATETABLE('B', 'B'[a] IN { "x" }, KEEPFILTERS('B'[b] = 1), REMOVEFILTERS('B'))`, ['B[a] in x', 'B[b] = 1']],
  [`CALCULATETABLE('B', TREATAS({ ("x", 1), ("y", 2) }, 'B'[a], 'B'[b]))`, ['B[a] in x|y', 'B[b] in 1|2']],
  [
    `CALCULATETABLE('B', DATESBETWEEN('T'[a], DATE(2029, 1, 1), DATE(2029, 12, 31)))`,
    ['T[a] range DATE(2029,1,1)|DATE(2029,12,31)'],
  ],
  [`CALCULATETABLE('B', 'B'[a] IN CALCULATETABLE(VALUES('K'[b]), 'K'[c] = "x"))`, ['K[c] = x']],
  [`ROW("x", TOTALYTD([M], 'T'[a], 'B'[b] = "x"))`, ['B[b] = x']],
  [`ROW("x", LOOKUPVALUE('B'[a], 'B'[b], "x"))`, ['B[b] = x']],
  [`SUMMARIZECOLUMNS('B'[a], RSCustomDaxFilter(@k, EqualToCondition, [B].[b], String))`, ['B[b] = @k']],
  [`VAR x = { "x", "y" } RETURN CALCULATETABLE('B', 'B'[a] IN x)`, ['B[a] in x|y']],
  [`VAR x = UNION(ROW("a", "x"), { "y" }) RETURN CALCULATETABLE('B', TREATAS(x, 'B'[a]))`, ['B[a] in x|y']],
  [`VAR x = 5 VAR y = x RETURN FILTER('B', 'B'[a] > y)`, ['B[a] > 5']],
  [`CALCULATETABLE('B', NONVISUAL(TREATAS({ "x" }, 'B'[a])))`, ['B[a] in x']],
  [`ALL('B'[a], 'B'[b]) ORDER BY 'B'[a], 'B'[b] DESC START AT "x", "y"`, ['B[a] start at x', 'B[b] start at y']],
  [`CALCULATETABLE('B', 'B'[a] = TRUE(), 'B'[b] = FALSE)`, ['B[a] = TRUE()', 'B[b] = FALSE']],
]
for (const [table, criteria] of searched) {
  test(`${table} searches for ${criteria.join(', ') || 'nothing'}`, () =>
    assert.deepEqual(criteriaOf(`EVALUATE ${table}`), criteria))
}

test('parameters give their values, and stay by name where they have none', () => {
  const text = `EVALUATE FILTER('B', 'B'[a] = @Kommune || 'B'[b] = @andet)`
  assert.deepEqual(criteriaOf(text, { kommune: 'Sønderå' }), ['B[a] = Sønderå', 'B[b] = @andet'])
})

test('a parameter that a report takes apart is one value', () => {
  const text = `DEFINE VAR k = IF(PATHLENGTH(@k) = 1, IF(@k <> "", @k, BLANK()), PATHITEM(@k, 2))
    VAR all = PATHLENGTH(@k) > 1 && PATHITEM(@k, 1, 1) < 1
    EVALUATE FILTER(VALUES('B'[a]), all || 'B'[a] = k)`
  assert.deepEqual(criteriaOf(text), ['B[a] = @k'])
  assert.deepEqual(criteriaOf(text, { k: 'Sønderå' }), ['B[a] = Sønderå'])
})

test('a parameter of the model is a criterion', () => {
  assert.deepEqual(criteriaOf(`DEFINE MPARAMETER 'Kommune' = "Sønderå" EVALUATE 'B'`), ['[Kommune] = Sønderå'])
})

test('a column that the query computes is a dimension of its own in a condition', () => {
  const text = `EVALUATE FILTER(SELECTCOLUMNS('B', "n", 'B'[Navn], "Kode", 'B'[Kode]), [n] = "x" && [Kode] = "y")`
  assert.deepEqual(criteriaOf(text), ['[n] = x', 'B[Kode] = y'])
})

test('definitions that lead to themselves are read', () => {
  for (const text of [
    'DEFINE VAR a = b VAR b = a EVALUATE a',
    `DEFINE MEASURE T[a] = [b] MEASURE T[b] = [a] EVALUATE { [a] }`,
    'DEFINE TABLE t = FILTER(t, t[x] = 1) EVALUATE t',
    'DEFINE COLUMN T[a] = T[a] + 1 EVALUATE VALUES(T[a])',
    'DEFINE FUNCTION f = (x) => f(x) EVALUATE { f(1) }',
  ]) {
    assert.equal(factsOf(text).kind, 'evaluate', text)
  }
})
