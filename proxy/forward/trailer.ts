/**
 * Fields that nobody may send behind a body, for they say how to read it, whom it is from or where it goes (RFC 9110,
 * section 6.5.1 "Limitations on Use of Trailers"). A BI server that merges trailers into the head would take them for a
 * word of the client's that is on no record; so they end here.
 */
const NEVER =
  /^(?:host|te|trailer|transfer-encoding|connection|keep-alive|upgrade|expect|range|via|forwarded|origin|soapaction|content-.*|x-forwarded-.*|x-real-ip|(?:proxy-)?auth.*|cookie2?|proxy-connection|if-.*|max-forwards|cache-control|pragma)$/i

export function mayTrail(name: string): boolean {
  return !NEVER.test(name)
}
