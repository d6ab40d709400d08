/** XML as text: everything that came from data goes through `text`. */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
}

/** `value` as character data or as the value of an attribute. */
export function text(value: string): string {
  return value.replace(/[&<>"'\r]/g, (character) => ESCAPES[character] ?? '')
}

/** An element that holds only text. */
export function leaf(name: string, value: string, attributes = ''): string {
  return `<${name}${attributes}>${text(value)}</${name}>`
}

/**
 * A column's name as the name of an element: what XML does not allow there becomes `_xHHHH_` (ISO 9075-14, 9.1
 * "Mapping SQL identifiers to XML Names"), as Analysis Services does in flattened rowsets.
 */
export function elementName(column: string): string {
  return column.replace(/[^\p{L}\p{N}._-]|_(?=x[0-9A-Fa-f]{4}_)|^[^\p{L}_]/gu, (character) => {
    const code = character.codePointAt(0) ?? 0
    return `_x${code.toString(16).toUpperCase().padStart(4, '0')}_`
  })
}
