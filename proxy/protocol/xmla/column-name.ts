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

/** Value of the attribute with this local name, whatever its prefix. */
export function attribute(attributes: Readonly<Record<string, string>>, local: string): string | null {
  const own = attributes[local]
  if (own !== undefined) return own
  for (const [name, value] of Object.entries(attributes)) {
    if (name.endsWith(`:${local}`)) return value
  }
  return null
}

const NUMERIC =
  /^(?:decimal|double|float|(?:unsigned)?(?:int|long|short|byte)|(?:(?:non)?(?:positive|negative)|)integer)$/i

/** Is this XML Schema type (`xsd:double`) one of numbers? */
export function isNumericType(type: string | null): boolean {
  return type !== null && NUMERIC.test(localName(type))
}
