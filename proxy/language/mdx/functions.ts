import type { Step } from './ast.ts'

/**
 * What the arguments of an MDX function mean for the record. One letter for each argument, the last for all further ones:
 *
 * - `o` the function's own set or member: what it yields is broken down by it
 * - `s` a set that is only looked at, `v` a value or a sort key
 * - `m` a member (or set) from which the function goes on to others: its criteria get the function's operator
 * - `l` a level or hierarchy, never a member; `L` the same, and the answer is broken down by it
 * - `c` a condition, where comparisons are criteria
 * - `-` members taken out, `x` members that must exist with the others, `d` members that are drilled into
 * - `n` a number, a text or a word, of no interest unless it is computed; `t` one that is a criterion, as TopCount's
 */
export interface FunctionShape {
  readonly args: string
  /** Of the members in arguments `m`. */
  readonly op: string
  /** `unite`: arguments `o` are of one hierarchy; `cross`: each adds its own; `none`: a value, no set. */
  readonly yields: 'unite' | 'cross' | 'none'
  /** Some argument is a level. */
  readonly hasLevels: boolean
}

const shapes = new Map<string, FunctionShape>()

function define(yields: FunctionShape['yields'], args: string, names: string, op = '='): void {
  for (const name of names.split(/\s+/)) shapes.set(name, { args, op, yields, hasLevels: /l/i.test(args) })
}

define(
  'unite',
  'o',
  `HIERARCHIZE DISTINCT UNION UNORDER EXISTING CACHE NATIVIZESET STRIPCALCULATEDMEMBERS LEAVES SIBLINGS
  ADDCALCULATEDMEMBERS MEMBERS CHILDREN VALIDMEASURE`,
)
define('cross', 'o', 'CROSSJOIN NONEMPTYCROSSJOIN')
define('unite', 'on', 'HEAD TAIL SUBSET ITEM TM1FILTERBYLEVEL TM1SORT REVERSE')
define('unite', 'ov', 'ORDER NONEMPTY VISUALTOTALS TM1SORTBYINDEX')
define('unite', 'oc', 'FILTER')
define('unite', 'otv', 'TOPCOUNT BOTTOMCOUNT', 'topcount')
for (const name of ['TOPPERCENT', 'TOPSUM', 'BOTTOMPERCENT', 'BOTTOMSUM'])
  define('unite', 'otv', name, name.toLowerCase())
define('unite', 'otn', 'TM1FILTERBYPATTERN', 'matches')
define('unite', 'o-n', 'EXCEPT')
define('unite', 'osn', 'INTERSECT')
define('unite', 'oxn', 'EXISTS CACHEDEXISTS')
define('unite', 'm', 'ASCENDANTS', 'nav')
define('unite', 'ml', 'ANCESTOR ANCESTORS', 'nav')
define('unite', 'ms', 'COUSIN', 'nav')
define('unite', 'mL', 'LINKMEMBER', 'nav')
define('unite', 'lm', 'OPENINGPERIOD CLOSINGPERIOD', 'nav')
define('unite', 'lm', 'PERIODSTODATE', 'periodstodate')
define('unite', 'nm', 'LASTPERIODS', 'lastperiods')
define('unite', 'lvm', 'PARALLELPERIOD', 'parallelperiod')
for (const name of ['YTD', 'QTD', 'MTD', 'WTD']) define('unite', 'm', name, name.toLowerCase())
define('unite', 'mLn', 'DESCENDANTS', 'descendants')
define('unite', 'oLn', 'DRILLDOWNLEVEL DRILLUPLEVEL')
define('unite', 'otLv', 'DRILLDOWNLEVELTOP DRILLDOWNLEVELBOTTOM', 'topcount')
define('unite', 'odn', 'DRILLDOWNMEMBER DRILLUPMEMBER TOGGLEDRILLSTATE TM1DRILLDOWNMEMBER')
define('unite', 'odtv', 'DRILLDOWNMEMBERTOP DRILLDOWNMEMBERBOTTOM', 'topcount')
define('unite', 'vo', 'IIF')
define('unite', 'sL', 'EXTRACT')
define('unite', 'Ln', 'TM1SUBSETALL TM1SUBSETTOSET ROOT')
define(
  'none',
  'sv',
  `AGGREGATE SUM COUNT AVG MIN MAX MEDIAN STDEV STDEVP STDDEV STDDEVP VAR VARP VARIANCE VARIANCEP
  DISTINCTCOUNT CORRELATION COVARIANCE COVARIANCEN LINREGINTERCEPT LINREGPOINT LINREGR2 LINREGSLOPE LINREGVARIANCE
  SETTOSTR PERCENTILE`,
)
define('none', 'vsv', 'RANK')
define(
  'none',
  'v',
  `COALESCEEMPTY ISEMPTY TUPLETOSTR MEMBERTOSTR STR VAL CINT CDBL CSTR CDATE CAST LEN LEFT RIGHT MID INSTR
  INSTRREV UCASE LCASE UPPER LOWER TRIM LTRIM RTRIM ROUND ABS INT FORMAT REPLACE CALCULATIONPASSVALUE STRTOVALUE ISLEAF
  ISANCESTOR ISSIBLING ISGENERATION LOOKUPCUBE USERNAME CUSTOMDATA NOW DATE TIME ISNUMERIC ISERROR RGB`,
)

/** Of a function we do not know, an argument may be a set that the answer is broken down by. */
const UNKNOWN: FunctionShape = { args: 'o', op: '=', yields: 'unite', hasLevels: false }

export const shapeOf = (name: string): FunctionShape => shapes.get(name) ?? UNKNOWN

export const isKnown = (shape: FunctionShape): boolean => shape !== UNKNOWN

/** The function's name in capitals; empty for the short form of Item. */
export const wordOfStep = (step: Step | undefined): string =>
  step === undefined || step.kind === 'item' ? '' : step.word

/** What an argument at `index` is; further ones are as the last. */
export const roleOf = ({ args }: FunctionShape, index: number): string => args[Math.min(index, args.length - 1)] ?? 'v'

const set = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/))

/** Words without brackets that are options of functions, never names. */
export const FLAGS = set(`ALL ASC DESC BASC BDESC SELF AFTER BEFORE BEFORE_AND_AFTER SELF_AND_AFTER SELF_AND_BEFORE
  SELF_BEFORE_AFTER LEAVES PRE POST RECURSIVE EXCLUDEEMPTY INCLUDEEMPTY CONSTRAINED INCLUDE_CALC_MEMBERS NUMERIC STRING
  EXACT INCLUDE_VISUAL_TOTALS EMPTY TRUE FALSE CURRENTCUBE THIS MEMBER TUPLE SET`)

/** What may follow a dot, by what it makes of the thing before it. */
export const NAVIGATION = set(`PARENT FIRSTCHILD LASTCHILD FIRSTSIBLING LASTSIBLING SIBLINGS NEXTMEMBER PREVMEMBER
  DATAMEMBER LAG LEAD`)

/** The place itself, without naming a member of it. */
export const OF_PLACE = set(`CURRENTMEMBER DEFAULTMEMBER UNKNOWNMEMBER LEVELS HIERARCHY HIERARCHIES DIMENSION LEVEL`)

/** Texts and numbers about a member: no set any more. */
export const SCALAR = set(`NAME UNIQUENAME UNIQUE_NAME CAPTION MEMBER_CAPTION MEMBERVALUE MEMBER_VALUE MEMBER_KEY
  MEMBER_NAME MEMBER_UNIQUE_NAME KEY KEY0 VALUE COUNT ORDINAL ORDERKEY PROPERTIES CURRENTORDINAL LEVEL_NUMBER
  LEVEL_UNIQUE_NAME HIERARCHY_UNIQUE_NAME DIMENSION_UNIQUE_NAME PARENT_UNIQUE_NAME CHILDREN_CARDINALITY MEMBER_ORDINAL`)

/** Of those, what a search for a person compares. */
export const TEXTUAL = set(`NAME UNIQUENAME UNIQUE_NAME CAPTION MEMBER_CAPTION MEMBERVALUE MEMBER_VALUE MEMBER_KEY
  MEMBER_NAME MEMBER_UNIQUE_NAME KEY KEY0 PROPERTIES`)
