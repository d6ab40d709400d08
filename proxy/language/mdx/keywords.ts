/**
 * The words of MDX that have a meaning in some place, and how the lexer knows them: most names of a text are none, so
 * they are told apart by the hash of their letters, before any text is made.
 */
const OF_QUERIES =
  'SELECT WITH FROM WHERE ON NON EMPTY VISUAL HAVING AXIS COLUMNS ROWS PAGES SECTIONS CHAPTERS FILTERBY'
const OF_TAILS = 'DIMENSION CELL PROPERTIES DRILLTHROUGH MAXROWS FIRSTROWSET RETURN EXPLAIN PLAN GO'
const OF_SAP = 'SAP VARIABLES INCLUDING EXCLUDING'
const OF_DEFINITIONS = 'AS MEMBER SET CALCULATION FOR MEASURE DECLARE FUNCTION CONST CATEGORY'
const OF_EXPRESSIONS = 'OR XOR AND NOT IS IN MATCHES LIKE CASE WHEN THEN ELSE END NULL EXISTING DISTINCT'
const OF_TM1 = 'TM1IGNORE_BADTUPLES'
const OF_COMMANDS =
  'CREATE ALTER DROP UPDATE CALL REFRESH CLEAR SCOPE FREEZE CALCULATE USE BEGIN COMMIT ROLLBACK INSERT'
const OF_OBJECTS = 'DELETE SESSION GLOBAL HIDDEN STATIC DYNAMIC CALCULATED CUBE SUBCUBE CALCULATIONS KPI ACTION LIBRARY'
const OF_CHANGES = 'TRANSACTION TRAN INTO BY USE_EQUAL_ALLOCATION USE_EQUAL_INCREMENT USE_WEIGHTED_ALLOCATION'
const OF_WEIGHTS = 'USE_WEIGHTED_INCREMENT NO_ALLOCATION'
const OF_ROWSETS = '$SYSTEM SYSTEMRESTRICTSCHEMA ORDER'
const KEYWORDS = `${OF_QUERIES} ${OF_TAILS} ${OF_SAP} ${OF_DEFINITIONS} ${OF_EXPRESSIONS} ${OF_TM1} ${OF_COMMANDS}
  ${OF_OBJECTS} ${OF_CHANGES} ${OF_WEIGHTS} ${OF_ROWSETS}`

type WordOf<Text extends string> = Text extends `${infer First} ${infer Rest}` ? First | WordOf<Rest> : Text

/** A word asked for that is not listed here does not compile: the lexer would never know it. */
export type Keyword =
  | WordOf<typeof OF_QUERIES | typeof OF_TAILS | typeof OF_SAP | typeof OF_DEFINITIONS | typeof OF_EXPRESSIONS>
  | WordOf<typeof OF_TM1 | typeof OF_COMMANDS | typeof OF_OBJECTS | typeof OF_CHANGES | typeof OF_WEIGHTS>
  | WordOf<typeof OF_ROWSETS>

/** The keywords of a text; no others compile. */
export const keywords = <const Text extends string>(
  text: WordOf<Text> extends Keyword ? Text : never,
): ReadonlySet<string> => new Set(text.split(' '))

const words = (text: string): readonly string[] => text.split(/\s+/)

/** Functions written after a dot without arguments, and those that may have some. */
export const STEP_WORDS: ReadonlySet<string> = new Set(
  words(`MEMBERS ALLMEMBERS CHILDREN PARENT CURRENTMEMBER CURRENT CURRENTORDINAL DEFAULTMEMBER UNKNOWNMEMBER FIRSTCHILD
    LASTCHILD FIRSTSIBLING LASTSIBLING SIBLINGS NEXTMEMBER PREVMEMBER DATAMEMBER NAME UNIQUENAME UNIQUE_NAME CAPTION
    MEMBER_CAPTION MEMBERVALUE MEMBER_VALUE MEMBER_KEY MEMBER_NAME MEMBER_UNIQUE_NAME KEY KEY0 VALUE COUNT ORDINAL LEVEL
    LEVELS HIERARCHY HIERARCHIES DIMENSION DIMENSIONS ORDERKEY PROPERTIES ITEM LAG LEAD LEVEL_NUMBER LEVEL_UNIQUE_NAME
    HIERARCHY_UNIQUE_NAME DIMENSION_UNIQUE_NAME PARENT_UNIQUE_NAME CHILDREN_CARDINALITY CALCULATEDCHILD MEMBER_ORDINAL`),
)

/** Calls that are common enough for their names not to be put in capitals each time. */
const CALL_WORDS =
  words(`FILTER CROSSJOIN NONEMPTY NONEMPTYCROSSJOIN HIERARCHIZE DRILLDOWNLEVEL DRILLDOWNMEMBER SUM ADDCALCULATEDMEMBERS
  DESCENDANTS GENERATE TOPCOUNT BOTTOMCOUNT HEAD TAIL UNION EXCEPT INTERSECT EXISTS EXTRACT AGGREGATE IIF ISEMPTY
  STRTOMEMBER STRTOSET STRTOTUPLE RANK ANCESTOR ASCENDANTS PARALLELPERIOD PERIODSTODATE YTD LASTPERIODS AVG MAX MIN SUBSET
  COALESCEEMPTY INSTR VISUALTOTALS TM1SUBSETALL TM1FILTERBYLEVEL CACHE PARAMETER CACHEDEXISTS`)

interface Known {
  readonly word: string
  readonly next: Known | null
}

const SIZE = 1024
const TABLE: (Known | null)[] = Array.from({ length: SIZE }, () => null)
for (const word of new Set([...words(KEYWORDS), ...STEP_WORDS, ...CALL_WORDS])) {
  const slot = hashOf(word) % SIZE
  TABLE[slot] = { word, next: TABLE[slot] ?? null }
}

function hashOf(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = withLetter(hash, text.charCodeAt(at))
  return hash
}

/** The hash of a word with one letter more; small and capital letters are alike. */
export function withLetter(hash: number, code: number): number {
  return (hash * 31 + (code & 0xdf)) & 0xffffff
}

/** The word in capitals that stands from `start` to `end` in any case; empty if it is none of ours. */
export function keywordAt(text: string, start: number, end: number, hash: number): string {
  for (let known = TABLE[hash % SIZE] ?? null; known !== null; known = known.next) {
    if (known.word.length === end - start && isAlike(known.word, text, start)) return known.word
  }
  return ''
}

function isAlike(word: string, text: string, start: number): boolean {
  for (let i = 0; i < word.length; i++) {
    const code = text.charCodeAt(start + i)
    const capital = code >= 97 && code <= 122 ? code - 32 : code
    if (capital !== word.charCodeAt(i)) return false
  }
  return true
}
