import type { Named } from '../../../schema/record/person-number.ts'

/** What is known of the columns that one element name stands for. */
export interface Column {
  /** Of whom: names are shared by all results, columns are not. Not the reader itself, which a name would keep alive. */
  readonly owner: symbol
  /** The real name. */
  readonly name: string
  readonly naming: Named
  /** Numbers by its type, or a measure. */
  readonly amounts: boolean
  /** Its value tells what the other columns of the same row are about, or what the cube is made of. */
  readonly telling: boolean
}

/**
 * Column names as XML element names: what no element name may hold stands as `_xHHHH_`
 * (MS-SSAS, "Encoded column names"): `_x005B_Measures_x005D_` is `[Measures]`.
 */
export function decodeColumnName(name: string): string {
  if (!name.includes('_x')) return name
  return name.replace(/_x([0-9a-f]{4})_/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

/** `Name` of `prefix:Name`. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

const NUMERIC =
  /^(?:decimal|double|float|(?:unsigned)?(?:int|long|short|byte)|(?:(?:non)?(?:positive|negative)|)integer)$/i

/** Is this XML Schema type (`xsd:double`) one of numbers? */
export function isNumericType(type: string | null): boolean {
  return type !== null && NUMERIC.test(localName(type))
}
