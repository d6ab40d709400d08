/** What is asked and answered in the bench: a query as Excel writes them, 2 kB, and its answer, 20 kB. Nobody in it lives. */
import { datasetAnswer } from '../answers.ts'
import { execute } from '../../support/xmla.ts'

const DISTRICTS = ['Bymidten', 'Sønderå', 'Ærøvej', 'Nørre Åby', 'Skovgårde', 'Havnen', 'Engparken', 'Møllevang']
const members = DISTRICTS.map((name, n) => `[Borger].[Distrikt].[Distrikt].&[${n + 1}]&[${name}]`).join(', ')

/** "@@" stands for six digits, so that no two are the same: here for the number of a case. */
const STATEMENT = `WITH MEMBER [Measures].[Andel] AS [Measures].[Antal] / ([Measures].[Antal], [Tid].[År].[Alle]), FORMAT_STRING = '0.0 %'
SELECT NON EMPTY { [Measures].[Antal], [Measures].[Andel] } DIMENSION PROPERTIES PARENT_UNIQUE_NAME, MEMBER_CAPTION ON COLUMNS,
NON EMPTY CrossJoin(Hierarchize({DrilldownLevel({[Tid].[Måned].[Alle]},,,INCLUDE_CALC_MEMBERS)}), {${members}})
DIMENSION PROPERTIES PARENT_UNIQUE_NAME, HIERARCHY_UNIQUE_NAME ON ROWS
FROM (SELECT ({[Ydelse].[Art].&[Friplads], [Ydelse].[Art].&[Tilskud]}) ON COLUMNS FROM [Borger])
WHERE ([Tid].[År].&[2026], [Borger].[CPR].&[2802475017], [Sag].[Nummer].&[@@])
CELL PROPERTIES VALUE, FORMAT_STRING, LANGUAGE, BACK_COLOR, FORE_COLOR, FONT_FLAGS`

export const REQUEST = Buffer.from(
  execute(STATEMENT, { LocaleIdentifier: '1030', SafetyOptions: '2', MDXMissingMemberMode: 'Error' }),
)
export const ANSWER = datasetAnswer({ measures: 2, rows: 42, personEvery: 20 })
