/**
 * Leaves passwords and tokens out of texts that are kept. An MDX or DAX statement is never changed; these texts are
 * whole requests: SOAP with a WS-Security header, commands with connection strings, JSON, forms, request targets.
 */
const MASK = '…'

/** How names of secrets end. */
const ENDINGS = [
  'password',
  'passwd',
  'pwd',
  'passphrase',
  'secret',
  'token',
  'sspihandshake',
  'api_?key',
  'accountkey',
  'accesskey',
]
const WHOLE = ['connectionUsername']
const SECRET = `(?:[\\w.-]*(?:${ENDINGS.join('|')})|${WHOLE.join('|')})`
const MAY_HOLD_ONE = new RegExp([...ENDINGS, ...WHOLE, 'eyJ'].join('|'), 'i')

/** `<Password>…</Password>`, whatever the prefix; also unclosed at the end of a cut text, and in CDATA. */
const ELEMENT = new RegExp(
  `(<(?:[\\w.-]+:)?${SECRET}(?=[\\s>])[^<>]*(?<!/)>)(?:<!\\[CDATA\\[[\\s\\S]*?(?:\\]\\]>|$)|[^<])+`,
  'giu',
)
/** `"password": "…"` in JSON. */
const MEMBER = new RegExp(`("${SECRET}"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"?`, 'giu')
/** `Password=…` in an attribute, a connection string, a form or a request target. */
const ASSIGNMENT = new RegExp(
  `((?<![\\w.-])${SECRET}\\s*=\\s*)(?:"[^"]*"?|'[^']*'?|&quot;.*?(?:&quot;|$)|[^\\s;&"'<>]+)`,
  'giu',
)

/** A signed token (RFC 7515 section 3.1 "JWS Compact Serialization Overview"), as embedded reports have in their address. */
const SIGNED = /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g

/** `text` with every secret replaced by `…`. */
export function maskSecrets(text: string): string {
  if (!MAY_HOLD_ONE.test(text)) return text
  return text
    .replace(SIGNED, MASK)
    .replace(ELEMENT, (whole, tag: string) => (whole.slice(tag.length).trim() === '' ? whole : tag + MASK))
    .replace(MEMBER, `$1"${MASK}"`)
    .replace(ASSIGNMENT, (_, name: string) => `${name}${MASK}`)
}
