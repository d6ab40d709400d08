import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CriterionFact } from '../../../proxy/language/statement.ts'
import { readMdx } from '../../../proxy/language/mdx/read.ts'
import { onlyFacts } from './syntax.ts'

const measuresOf = (text: string): string[] => onlyFacts(text).measures.map(({ measure }) => measure)
const dimensionsOf = (text: string): string[] => onlyFacts(text).dimensions.map(({ path }) => path)
const brief = ({ dimension, op, values }: CriterionFact): string => `${dimension} ${op} ${values.join(', ')}`
const criteriaOf = (text: string): string[] => onlyFacts(text).criteria.map(brief)
const onAxis = (set: string, before = ''): string => `${before} SELECT ${set} ON 0 FROM [Borger]`
const inSlicer = (tuple: string, before = ''): string => `${before} SELECT FROM [Borger] WHERE ${tuple}`

// ---- kind, cube, place

test('each statement of a text has its kind, its cube and its place', () => {
  const text =
    'SELECT a ON 0 FROM [Borger]; DRILLTHROUGH SELECT FROM Sager; EXPLAIN PLAN FOR SELECT FROM [Løn]; DROP MEMBER [L].[x]'
  const found = readMdx(text)
  assert.deepEqual(
    found.map(({ kind, cube }) => [kind, cube]),
    [['select', 'Borger'], ['drillthrough', 'Sager'], ['explain', 'Løn'], ['ddl', 'L']], // prettier-ignore
  )
  assert.equal(text.slice(found[1]?.start, found[1]?.end), 'DRILLTHROUGH SELECT FROM Sager')
})

test('the cube is the innermost FROM', () => {
  assert.equal(onlyFacts('SELECT FROM (SELECT a ON 0 FROM (SELECT b ON 0 FROM [Børn & unge]))').cube, 'Børn & unge')
})

// ---- names

test('a path is recorded with every segment in brackets, keys and doubled brackets as written', () => {
  assert.deepEqual(criteriaOf(inSlicer('(Sted . /* x */ [Kommune].Århus, [Y].[Hjælp [§ 9]]].&[a]]b]&[2])')), [
    '[Sted].[Kommune] = [Sted].[Kommune].[Århus]',
    '[Y].[Hjælp [§ 9]]] = [Y].[Hjælp [§ 9]]].&[a]]b]&[2]',
  ])
})

// ---- measures

test('a measure counts wherever it stands: axis, slicer, sub-select, filter, sort key', () => {
  const text = `SELECT Order(Filter([X].[X].Members, [Measures].[a] > 0), [Measures].[b], DESC) ON 0,
    NonEmpty([Y].[Y].Members, measures.c) ON 1 FROM (SELECT TopCount([Z].[Z].Members, 5, [Measures].[d]) ON 0 FROM [Borger])
    WHERE ([Measures].[e])`
  assert.deepEqual(measuresOf(text).toSorted(), [
    '[Measures].[a]',
    '[Measures].[b]',
    '[Measures].[d]',
    '[Measures].[e]',
    '[measures].[c]',
  ])
})

test('a calculated measure is resolved to the measures under it, each with the formula that led there', () => {
  const facts = onlyFacts(
    onAxis(
      '{[Measures].[Pr. borger], [Measures].[Antal]}',
      `WITH MEMBER [Measures].[Pr. borger] AS [Measures].[Pr. sag] * 2 MEMBER [Measures].[Pr. sag] AS '[Measures].[Beløb] / [Antal]'
       MEMBER [Measures].[Død] AS [Measures].[Ubrugt]`,
    ),
  )
  assert.deepEqual(facts.calculated, ['[Measures].[Pr. borger]', '[Measures].[Pr. sag]'])
  assert.deepEqual(facts.measures, [
    { measure: '[Measures].[Antal]', via: null },
    { measure: '[Measures].[Beløb]', via: '[Measures].[Pr. sag]' },
  ])
})

test('all measures are written with a star, and make calculated ones live where these are asked for', () => {
  const calculated = 'WITH MEMBER [Measures].[Ny] AS [Measures].[Beløb]'
  assert.deepEqual(measuresOf(onAxis('[Measures].Members', calculated)), ['[Measures].*'])
  for (const all of ['[Measures].AllMembers', 'AddCalculatedMembers([Measures].Members)']) {
    assert.deepEqual(measuresOf(onAxis(all, calculated)), ['[Measures].*', '[Measures].[Beløb]'])
  }
})

test('the measure that happens to be current names none; a key figure names itself', () => {
  assert.deepEqual(
    measuresOf(onAxis('{[Measures].CurrentMember, [Measures].[CurrentMember], [Measures].DefaultMember}')),
    [],
  )
  assert.deepEqual(measuresOf(onAxis('{KPIValue("Sagstid"), KPIGoal("Sagstid")}')), ['KPI:Sagstid'])
})

test('columns of RETURN: with dollars, the others are measures; without, all but measures are dimensions', () => {
  const dollars = onlyFacts(
    'DRILLTHROUGH SELECT FROM [B] RETURN [$Borger].[Adresse], KEY([$Sag].[Type]), [Sager].[Beløb]',
  )
  assert.deepEqual(dollars.dimensions, [
    { path: '[$Borger].[Adresse]', axis: 'return' },
    { path: '[$Sag].[Type]', axis: 'return' },
  ])
  assert.deepEqual(dollars.measures, [{ measure: '[Sager].[Beløb]', via: null }])
  const plain = onlyFacts('DRILLTHROUGH SELECT FROM [B] RETURN [Borger].[Navn], [Measures].[Beløb]')
  assert.deepEqual(plain.dimensions, [{ path: '[Borger].[Navn]', axis: 'return' }])
  assert.deepEqual(plain.measures, [{ measure: '[Measures].[Beløb]', via: null }])
})

// ---- dimensions

const yields: readonly [string, string, ...string[]][] = [
  ['members are of the hierarchy or level written', '[Tid].[Måned].[Måned].Members', '[Tid].[Måned].[Måned]'],
  ['a keyed member is of what stands before its key', '[Tid].[År].&[2031]', '[Tid].[År]'],
  ['the All member is of its hierarchy', '[Sted].[Geografi].[All Steder]', '[Sted].[Geografi]'],
  [
    'DrilldownLevel of All is of its hierarchy',
    'DrilldownLevel({[Sted].[Geografi].[All]},,,INCLUDE_CALC_MEMBERS)',
    '[Sted].[Geografi]',
  ],
  [
    'a crossjoin has all its parts',
    '[A].[A].Members * CrossJoin([B].Members, {[C].[c].&[1]})',
    '[A].[A]',
    '[B]',
    '[C].[c]',
  ],
  ['a union of one hierarchy has it once', 'Union({[A].[x].&[1]}, {[A].[x].&[2]})', '[A].[x]'],
  ['Except has its first set only', 'Except([A].[x].Members, [B].[y].Members)', '[A].[x]'],
  ['Exists has its first set only', 'Exists([A].[x].Members, {[B].[y].&[1]})', '[A].[x]'],
  [
    'Filter has its set, not what it compares',
    'Filter([A].[x].Members, ([B].[y].&[1], [Measures].[m]) > 1)',
    '[A].[x]',
  ],
  ['Descendants have the level asked for', 'Descendants([A].[h].[x].&[1], [A].[h].[z], SELF)', '[A].[h].[z]'],
  [
    'Generate has its second set',
    'Generate([A].[x].[l].Members, {[A].[x].CurrentMember} * [B].[y].Members)',
    '[A].[x].[l]',
    '[B].[y]',
  ],
  ['Extract has the hierarchies named', 'Extract([S], [A].[x])', '[A].[x]'],
  ['IIf has both results', 'IIf(1 = 1, [A].[x].Members, [B].[y].Members)', '[A].[x]', '[B].[y]'],
  ['a set alias has its set', '{[A].[x].Members} AS s', '[A].[x]'],
  ['a level says more than its hierarchy', 'Hierarchize({[A].[h].[All], [A].[h].[l].&[1]})', '[A].[h].[l]'],
  ['two levels are both said by .Members', '{[A].[h].Members, [A].[h].[l].Members}', '[A].[h]', '[A].[h].[l]'],
  ['a measure is no dimension', '{[Measures].[a]} * [A].[x].Members', '[A].[x]'],
  ['an item of a set is of the set', '[A].[x].Members.Item(0)', '[A].[x]'],
]

for (const [title, set, ...expected] of yields) {
  test(`what the answer is broken down by: ${title}`, () => assert.deepEqual(dimensionsOf(onAxis(set)), expected))
}

test('slicer, sub-selects and properties break nothing down', () => {
  const text = `SELECT [A].[x].Members DIMENSION PROPERTIES [A].[x].[p] ON 1 FROM (SELECT {[B].[y].&[1]} ON 0 FROM c) WHERE [C].[z].&[2]`
  assert.deepEqual(onlyFacts(text).dimensions, [{ path: '[A].[x]', axis: 1 }])
})

test('sets may be used before they are defined, through one another and through aliases', () => {
  const text = `WITH SET [Rækker] AS 'Generate([Grund], {[A].CurrentMember})' SET [Grund] AS '[A].[Navn].Members' SELECT [Rækker] ON 0 FROM c`
  assert.deepEqual(dimensionsOf(text), ['[A].[Navn]'])
  assert.deepEqual(dimensionsOf(onAxis('Generate([A].[h].Members AS [s], Head([s].Current, 1))')), ['[A].[h]'])
})

test('members of one set show where their hierarchy ends', () => {
  assert.deepEqual(dimensionsOf(onAxis('{[Sted].[Jylland].[Aarhus], [Sted].[Fyn].[Odense]}')), ['[Sted]'])
})

// ---- criteria

const restricts: readonly [string, string, ...string[]][] = [
  ['a member in the slicer', inSlicer('[B].[CPR].&[1204415123]'), '[B].[CPR] = [B].[CPR].&[1204415123]'],
  ['a member on an axis: it is looked up', onAxis('[B].[CPR].&[1204415123]'), '[B].[CPR] = [B].[CPR].&[1204415123]'],
  ['several members in one set', inSlicer('{[B].[h].&[1], [B].[h].&[2]}'), '[B].[h] in [B].[h].&[1], [B].[h].&[2]'],
  ['a member with its children asked for', onAxis('[Tid].[2031].Children'), '[Tid] children [Tid].[2031]'],
  ['a member gone on from', onAxis('[T].[h].&[1].Lag(3).Parent'), '[T].[h] nav [T].[h].&[1]'],
  ['a member with descendants', onAxis('Descendants({[T].[h].&[1]})'), '[T].[h] descendants [T].[h].&[1]'],
  ['both ends of a range', inSlicer('{[T].[h].&[1]:[T].[h].&[9]}'), '[T].[h] range [T].[h].&[1], [T].[h].&[9]'],
  ['an open range', inSlicer('{[T].[h].&[1]:NULL}'), '[T].[h] >= [T].[h].&[1]'],
  ['the member kept out by Except', onAxis('Except([B].[CPR].Members, {[B].[CPR].&[1]})'), '[B].[CPR] not in [B].[CPR].&[1]'],
  ['the member kept out by minus', onAxis('{[B].[h].Members} - {[B].[h].&[1]}'), '[B].[h] not in [B].[h].&[1]'],
  ['the complement of a set', inSlicer('-{[B].[h].&[1]}'), '[B].[h] not in [B].[h].&[1]'],
  ['what is drilled into', onAxis('DrilldownMember({[A].[All As]}, {[A].[x]})'), '[A] drill [A].[x]'],
  ['what must exist beside', onAxis('Exists([A].[x].Members, {[B].[y].&[1]})'), '[B].[y] exists [B].[y].&[1]'],
  ['the n of TopCount', onAxis('TopCount([A].[x].Members, 10, [Measures].[m])'), '[A].[x] topcount 10'],
  ['the n of DrilldownLevelTop', onAxis('DrilldownLevelTop({[A].[h].[All]}, 3, , [Measures].[m])'), '[A].[h] topcount 3'],
  ['the periods up to a member', onAxis('YTD([T].[h].[m].&[5])'), '[T].[h].[m] ytd [T].[h].[m].&[5]'],
  ['a member in a sort key', onAxis('Order([A].[x].Members, ([Measures].[m], [T].[h].&[1]))'), '[T].[h] = [T].[h].&[1]'],
  ['a member named by a search on its name', onAxis('Filter([B].[Navn].Members, [B].[Navn].CurrentMember.Name = "Bo Dahl")'), '[B].[Navn] = Bo Dahl'],
  ['part of a name', onAxis('Filter([B].[Navn].Members, InStr([B].[Navn].CurrentMember.Member_Caption, "Dahl") > 0)'), '[B].[Navn] contains Dahl'],
  ['part of a name, from a place on', onAxis('Filter([B].[Navn].Members, InStr(1, UCase([B].[Navn].CurrentMember.Name), "DAHL"))'), '[B].[Navn] contains DAHL'],
  ['part of a name that must be absent', onAxis('Filter([B].[Navn].Members, InStr([B].[Navn].CurrentMember.Name, "Dahl") = 0)'), '[B].[Navn] not contains Dahl'],
  ['the beginning of a name', onAxis('Filter([B].[Navn].Members, VBA!Left([B].[Navn].CurrentMember.Name, 2) = "Bo")'), '[B].[Navn] starts with Bo'],
  ['the end of a name', onAxis('Filter([B].[Navn].Members, Right([B].[Navn].CurrentMember.Name, 4) = "Dahl")'), '[B].[Navn] ends with Dahl'],
  ['a pattern', onAxis('Filter([B].[Navn].Members, [B].[Navn].CurrentMember.Name MATCHES "(?i)bo.*")'), '[B].[Navn] matches (?i)bo.*'],
  ['a property', onAxis('Filter([B].[Navn].Members, [B].[Navn].CurrentMember.Properties("Alder") < 20)'), '[B].[Navn] < 20'],
  ['a property of an alias', onAxis('Filter([B].[Navn].Members AS s, s.Current.Name <> "Bo")'), '[B].[Navn] <> Bo'],
  ['a measure compared', onAxis('Filter([A].[x].Members, [Measures].[Beløb] >= 5000)'), '[Measures].[Beløb] >= 5000'],
  ['a measure compared, sides exchanged', onAxis('Filter([A].[x].Members, 5000 < [Measures].[Beløb])'), '[Measures].[Beløb] > 5000'],
  ['a negative number', onAxis('Filter([A].[x].Members, ([Measures].[Beløb]) < -5)'), '[Measures].[Beløb] < -5'],
  ['a comparison under NOT', onAxis('Filter([A].[x].Members, NOT ([Measures].[Beløb] > 5))'), '[Measures].[Beløb] <= 5'],
  ['a tuple compared', onAxis('Filter([A].[x].Members, ([B].[y].&[1], [Measures].[m]) > 1)'), '[B].[y] = [B].[y].&[1]', '[Measures].[m] > 1'],
  ['the value of a measure', onAxis('Filter([A].[x].Members, [Measures].[m].Value > 1)'), '[Measures].[m] > 1'],
  ['a measure, with a number where it is empty', onAxis('Filter([A].[x].Members, CoalesceEmpty([Measures].[m], 0) > 1)'), '[Measures].[m] > 1'],
  ['a date filter of Excel', onAxis('Filter([T].[Dato].Members, [T].[Dato].CurrentMember.MemberValue >= CDate("2031-05-01"))'), '[T].[Dato] >= 2031-05-01'],
  ['a member compared with a text', onAxis('Filter([B].[Navn].Members, [B].[Navn].CurrentMember = "Bo Dahl")'), '[B].[Navn] = Bo Dahl'],
  ['an attribute of TM1', onAxis('{Filter({TM1SubsetAll([Sted])}, [Sted].[Leder] = "Bo Dahl")}'), '[Sted].[Leder] = Bo Dahl'],
  ['a pattern of TM1', onAxis('{TM1FilterByPattern({TM1SubsetAll([B])}, "1204*")}'), '[B] matches 1204*'],
  ['a member whose name is a person’s number, compared with a text', onAxis('Filter([A].[x].Members, [B].[Bo 1204415123] = "a")'), '[B] = [B].[Bo 1204415123]', 'null = a'],
  ['HAVING', 'SELECT [A].[x].Members HAVING [Measures].[m] > 1 ON 0 FROM c', '[Measures].[m] > 1'],
  ['IN', onAxis('Filter([A].[x].Members, [B].CurrentMember IN {[B].[y]})'), '[B] in [B].[y]'],
  ['NOT … IN', onAxis('Filter([A].[x].Members, NOT [B].CurrentMember IN {[B].[y]})'), '[B] not in [B].[y]'],
  ['IS', onAxis('Filter([A].[x].Members, Ancestor([B].CurrentMember, [B].[L]) IS [B].[y])'), '[B] = [B].[y]'],
  ['the literal of StrToMember', inSlicer(`StrToMember('[B].[CPR].&[1204415123].Parent')`), '[B].[CPR] nav [B].[CPR].&[1204415123]'],
  ['the literal of StrToSet', inSlicer('StrToSet("{[B].[h].&[1],[B].[h].&[2]}", CONSTRAINED)'), '[B].[h] in [B].[h].&[1], [B].[h].&[2]'],
  ['a literal that is no code', inSlicer('StrToMember("1204415123 Bo ")'), 'null = 1204415123 Bo '],
  ['the default of a parameter', inSlicer('Parameter("p", [B], [B].[x], "Hvem?")'), '[B] = [B].[x]'],
  ['a number written as a property', onAxis('Filter([B].[h].Members, [B].[h].CurrentMember.Properties("CPR") = 1204415123)'), '[B].[h] = 1204415123'],
  ['a bare name with a person’s number', inSlicer('([1204415123])'), 'null = [1204415123]'],
  ['an answer to a prompt of SAP BW', 'SELECT FROM [Q] SAP VARIABLES [V1] INCLUDING [Z].[1204415123], [V2] EXCLUDING 2031', '[Z] = [Z].[1204415123]', '[V2] not in 2031'],
  ['an answer to a prompt, with a comparison', 'SELECT FROM [Q] SAP VARIABLES [V1] INCLUDING > [Z].[5] V2 INCLUDING [T].[1]:[T].[2]', '[Z] > [Z].[5]', '[T] range [T].[1], [T].[2]'],
  ['what FILTERBY keeps', 'SELECT FROM [Q] FILTERBY {[Z].[k].&[1]}', '[Z].[k] = [Z].[k].&[1]'],
  ['what a sub-cube of the session keeps', 'CREATE SUBCUBE [B] AS SELECT {[Z].[k].&[1]} ON 0 FROM [B]', '[Z].[k] = [Z].[k].&[1]'],
  ['the formula of a function the query defines', onAxis('nær([A].[x].&[2])', 'WITH FUNCTION nær(s) AS {s, [Z].[k].&[1]}'), '[Z].[k] = [Z].[k].&[1]', '[A].[x] = [A].[x].&[2]'],
  ['a calculated child, named by a text', onAxis('[Measures].[m]', `WITH MEMBER [Z].[k].[Alle to] AS Sum({[Z].[k].&[1]}) MEMBER [Measures].[m] AS ([Z].CurrentMember).CalculatedChild("alle to")`), '[Z].[k] = [Z].[k].&[1]'],
  ['a key without anything before it', onAxis('{[Z], &[1204415123]}'), '[Z] = &[1204415123]'],
  ['both of two slicers', 'SELECT FROM [Q] WHERE [A].[x].&[1] WHERE [B].[y].&[2]', '[A].[x] = [A].[x].&[1]', '[B].[y] = [B].[y].&[2]'],
  ['a column within a function of SQL, sides exchanged', `SELECT * FROM $SYSTEM.X WHERE '2' < LEFT([ID], 2) AND (NAVN IN ('a', 'b') OR MODEL_NAME = @m)`, '[ID] > 2', '[NAVN] in a, b', '[MODEL_NAME] = @m'],
  ['a cell written to', 'UPDATE CUBE [B] SET ([Sted].[K].&[7], [Measures].[m]) = 5', '[Sted].[K] = [Sted].[K].&[7]'],
  ['an argument of a procedure', 'CALL ASSP.Find([B].[CPR].&[1])', '[B].[CPR] = [B].[CPR].&[1]'],
  ['a column of a rowset', `SELECT * FROM $SYSTEM.MDSCHEMA_MEMBERS WHERE [CUBE_NAME] = 'B' AND NOT X <> 'y'`, '[CUBE_NAME] = B', '[X] = y'],
  ['a restriction of a rowset', `SELECT * FROM SYSTEMRESTRICTSCHEMA($SYSTEM.MDSCHEMA_MEMBERS, [M] = '[B].[CPR].&[1]')`, '[M] = [B].[CPR].&[1]'],
  ['what a cell calculation is for', `WITH CELL CALCULATION x FOR '([B].[h].&[1])' AS '2' SELECT FROM c`, '[B].[h] = [B].[h].&[1]'],
] // prettier-ignore

for (const [title, text, ...expected] of restricts) {
  test(`a criterion: ${title}`, () => assert.deepEqual(criteriaOf(text), expected))
}

const free: readonly [string, string][] = [
  [
    'All members, also the Danish one',
    inSlicer('([A].[h].[All], [B].[All Bs], [C].[(All)], [D].[h].[Alle], [E].[h].[ALL].[AllMember])'),
  ],
  ['whole levels and default members', inSlicer('{[A].[h].[l].Members} * {[B].DefaultMember}')],
  [
    'where the current member is gone on from',
    onAxis('[T].[Kalender].PrevMember', 'WITH MEMBER [Measures].[x] AS [T].[Kalender].[År].Members.Count'),
  ],
  ['levels as arguments', onAxis('Ancestor([A].[h].CurrentMember, [A].[h].[l])')],
  [
    'tests in formulas',
    onAxis(
      '[Measures].[x]',
      `WITH MEMBER [Measures].[x] AS IIf([A].CurrentMember.Name = "b" OR [Measures].[y] > 5, 1, 2)`,
    ),
  ],
  [
    'expressions of properties',
    onAxis('[Measures].[x]', 'WITH MEMBER [Measures].[x] AS 1, FORMAT_STRING = IIf([A].[b].&[1] > 0, "a", "b")'),
  ],
  [
    'IsEmpty, NonEmpty and counts',
    onAxis(
      'Filter(NonEmpty([A].[x].Members, [Measures].[m]), NOT IsEmpty([Measures].[m]) AND Count([A].[x].Members) > 5)',
    ),
  ],
  ['searches in constants', onAxis('Filter([A].[x].Members, InStr("abc", "b") = 2)')],
  ['numbers of functions', onAxis('[A].[x].Members.Item(0).Lag(-2147483648)')],
  ['comparisons of constants', onAxis('Filter([A].[x].Members, 1 = 1 AND Mid("a", 1) = "a")')],
  ['comparisons with computed values', onAxis('Filter([A].[x].Members, [Measures].[a] > [Measures].[b])')],
  ['comments', onAxis('[A].[x].Members /* [B].[CPR].&[1204415123] */ -- [B].[y].&[1]\n')],
  [
    'a definition that nothing uses',
    onAxis('[A].[x].Members', 'WITH MEMBER [B].[CPR].[Død] AS [B].[CPR].&[1204415123] SET [d] AS {[B].[y].&[1]}'),
  ],
  ['what a level test compares', onAxis('Filter([A].[x].Members, [A].[x].CurrentMember.Level IS [A].[x].[l])')],
]

for (const [title, text] of free) {
  test(`no criterion: ${title}`, () => assert.deepEqual(criteriaOf(text), []))
}

test('a calculated member is replaced by the members of its formula, under any of its names', () => {
  const household = `WITH MEMBER [B].[CPR].[Husstand] AS 'Aggregate({[B].[CPR].&[1204415123], [B].[CPR].&[0309526417]})'`
  for (const name of ['[B].[CPR].[Husstand]', '[B].[Husstand]', 'b.husstand', '[B].[CPR].[All].[Husstand]']) {
    assert.deepEqual(
      criteriaOf(inSlicer(name, household)),
      ['[B].[CPR] in [B].[CPR].&[1204415123], [B].[CPR].&[0309526417]'],
      name,
    )
  }
})

test('calculated members that are added to a set are live', () => {
  const before = 'WITH MEMBER [B].[h].[To] AS Aggregate({[B].[h].&[1]}) MEMBER [C].[h].[x] AS [C].[h].&[2]'
  for (const set of [
    '[B].[h].AllMembers',
    'AddCalculatedMembers([B].[h].Members)',
    'AddCalculatedMembers(DrilldownLevel({[B].[h].[All]}))',
  ]) {
    assert.deepEqual(criteriaOf(onAxis(set, before)), ['[B].[h] = [B].[h].&[1]'])
  }
})

test('the number of a person in a formula counts, although its text is no criterion', () => {
  const formula = `WITH MEMBER [Measures].[x] AS IIf([B].[h].CurrentMember.Name = '120441-5123', 1, 2)`
  assert.deepEqual(criteriaOf(onAxis('[Measures].[x]', formula)), ['null = 120441-5123'])
  assert.deepEqual(criteriaOf(onAxis('Filter([A].[x].Members, [Measures].[m] <= 0.5000001234)')), [
    '[Measures].[m] <= 0.5000001234',
  ])
})

test('a value that a function’s last argument hides is found', () => {
  const facts = onlyFacts(
    onAxis('Head([A].[x].Members, IIf(Count(Filter([A].[y].Members, [Measures].[m] > 6)) > 0, 1, 0))'),
  )
  assert.deepEqual(
    facts.measures.map(({ measure }) => measure),
    ['[Measures].[m]'],
  )
  assert.deepEqual(facts.criteria.map(brief), ['[Measures].[m] > 6'])
})

test('each criterion tells the clause it was found in', () => {
  const text = `WITH MEMBER [C].[h].[x] AS [C].[h].&[5] SET s AS {[A].[h].&[1]}
    SELECT s ON 0, Filter([D].[h].Members, [Measures].[m] > 1) ON 1 FROM (SELECT {[B].[h].&[2]} ON 0 FROM c WHERE [E].[h].&[3])
    WHERE ([F].[h].&[4], [C].[h].[x])`
  const clauses = onlyFacts(text).criteria.map(({ values, clause }) => [values[0], clause])
  assert.deepEqual(Object.fromEntries(clauses), {
    '[A].[h].&[1]': 'axis',
    '1': 'filter',
    '[F].[h].&[4]': 'slicer',
    '[B].[h].&[2]': 'subcube',
    '[E].[h].&[3]': 'subcube',
    '[C].[h].&[5]': 'formula',
  })
})

test('an Excel pivot table with a page filter and a value filter', () => {
  const facts =
    onlyFacts(`SELECT NON EMPTY Hierarchize(AddCalculatedMembers({DrilldownLevel({[Ydelse].[Gruppe].[All]},,,INCLUDE_CALC_MEMBERS)}))
    DIMENSION PROPERTIES PARENT_UNIQUE_NAME,HIERARCHY_UNIQUE_NAME ON COLUMNS FROM (SELECT Generate(Hierarchize({[Sted].[Geo].[Kommune].Members})
    AS [XL_Filter_Set_0], TopCount(Filter(Except(DrilldownLevel([XL_Filter_Set_0].Current AS [XL_Filter_HelperSet_0], , 0),
    [XL_Filter_HelperSet_0]), NOT IsEmpty([Measures].[Sager])), 7, [Measures].[Sager])) ON COLUMNS FROM [Borger])
    WHERE ([Borger].[CPR].&[1204415123],[Measures].[Sager]) CELL PROPERTIES VALUE, FORMAT_STRING, LANGUAGE, BACK_COLOR, FORE_COLOR, FONT_FLAGS`)
  assert.deepEqual(facts.dimensions, [{ path: '[Ydelse].[Gruppe]', axis: 0 }])
  assert.deepEqual(facts.measures, [{ measure: '[Measures].[Sager]', via: null }])
  assert.deepEqual(facts.criteria.map(brief), [
    '[Borger].[CPR] = [Borger].[CPR].&[1204415123]',
    '[Sted].[Geo].[Kommune] topcount 7',
  ])
})

test('CREATE names its cube, and its formula counts', () => {
  const facts = onlyFacts(
    `CREATE SESSION MEMBER [Borger].[Measures].[Ny] AS 'Sum({[Borger].[CPR].&[1204415123]}, [Measures].[Beløb])'`,
  )
  assert.deepEqual(
    { ...facts, start: 0, end: 0 },
    {
      kind: 'ddl',
      cube: 'Borger',
      start: 0,
      end: 0,
      measures: [{ measure: '[Measures].[Beløb]', via: '[Measures].[Ny]' }],
      calculated: ['[Measures].[Ny]'],
      dimensions: [],
      criteria: [{ dimension: '[Borger].[CPR]', op: '=', values: ['[Borger].[CPR].&[1204415123]'], clause: 'formula' }],
    },
  )
})

test('a calculated member may be named by its last part alone, where nothing else bears the name', () => {
  const before = 'WITH MEMBER [B].[Begge] AS Aggregate({[B].[x], [B].[y]}) MEMBER [C].[A] AS [C].[z]'
  assert.deepEqual(criteriaOf(onAxis('[Begge]', before)), ['[B] in [B].[x], [B].[y]'])
  assert.deepEqual(dimensionsOf(onAxis('{[A]} * {[A].CurrentMember}', before)), ['[A]'])
})

test('an inner Generate goes on with what the outer one goes through', () => {
  const set = 'Generate([A].[l].Members, Generate([B].[k].Members, {([A].CurrentMember, [B].CurrentMember)}))'
  assert.deepEqual(dimensionsOf(onAxis(set)), ['[A].[l]', '[B].[k]'])
})

test('subtotals under a thousand members are of one dimension', () => {
  const names = Array.from({ length: 1000 }, (_, i) => `[Sted].[Kommune ${i}].[I alt]`)
  const before = `WITH ${names.map((name) => `MEMBER ${name} AS 1`).join(' ')}`
  assert.deepEqual(dimensionsOf(onAxis(`{${names.join(',')}}`, before)), ['[Sted]'])
})

test('a measure defined in DAX is resolved to the columns and measures of its formula', () => {
  const text = `WITH MEASURE 'Borger'[Snit] = DIVIDE(SUM('Borger'[Beløb]), [Antal], FILTER(Sag, Sag[Nr] = "1204415123"))
    SELECT [Measures].[Snit] ON 0 FROM [Model]`
  const facts = onlyFacts(text)
  assert.deepEqual(facts.calculated, ['[Measures].[Snit]'])
  assert.deepEqual(
    facts.measures.map(({ measure }) => measure),
    ['Borger[Beløb]', '[Measures].[Antal]', 'Sag[Nr]'],
  )
  assert.deepEqual(facts.criteria.map(brief), ['null = 1204415123'])
})

test('a measure may be called as a function is', () => {
  assert.deepEqual(measuresOf(onAxis('{Measures.MemberKey, Measures.Beløb}')), [
    '[Measures].[MemberKey]',
    '[Measures].[Beløb]',
  ])
})

test('a calculated member of the hierarchy named for its dimension is found under the dimension', () => {
  const before = 'WITH MEMBER [Afsnits].[Begge] AS Aggregate({[Afsnits].[a], [Afsnits].[b]})'
  assert.deepEqual(criteriaOf(onAxis('{([Afsnit].[Begge])}', before)), ['[Afsnits] in [Afsnits].[a], [Afsnits].[b]'])
  assert.deepEqual(dimensionsOf(onAxis('{([Afsnit].[Begge])}', before)), ['[Afsnit]'])
})

test('a calculated member of an attribute hierarchy is found under the dimension of that hierarchy', () => {
  const before = 'WITH MEMBER [Uddannelse].[Begge] AS Aggregate({[Uddannelse].[a], [Uddannelse].[b]})'
  const wanted = ['[Uddannelse] in [Uddannelse].[a], [Uddannelse].[b]']
  assert.deepEqual(criteriaOf(inSlicer('[Elev].[Uddannelse].[Begge]', before)), wanted)
  assert.deepEqual(criteriaOf(inSlicer('[Elev].[Skole].[Begge]', before)), ['[Elev].[Skole] = [Elev].[Skole].[Begge]'])
})

test('what is called as attributes are is no member, so that its children are those of a hierarchy', () => {
  for (const called of ['Sagstype', 'Media Type', 'Fødselsår', 'MonthName', 'Gruppe', 'Calendar Year', 'CPR', 'Uge']) {
    const text = onAxis(`[A].[${called}].Children`)
    assert.deepEqual([criteriaOf(text), dimensionsOf(text)], [[], [`[A].[${called}]`]], called)
  }
  const person = onAxis('{[A].[h].[x].Members} * [B].[Bo Dahl 120441-5123].Children')
  assert.deepEqual(criteriaOf(person), ['[B] children [B].[Bo Dahl 120441-5123]'])
  for (const called of ['Mexico City', 'Lauge', 'Bruno', 'Nordisk Gruppe', '2031', 'Kvinder', '1204415123 type']) {
    assert.deepEqual(criteriaOf(onAxis(`[A].[${called}].Children`)), [`[A] children [A].[${called}]`], called)
  }
})
