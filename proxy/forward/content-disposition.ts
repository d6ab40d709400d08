/**
 * Node takes the value of a `Content-Disposition` that follows a `Content-Length` for Latin-1 text in UTF-8 and writes
 * it out as such (nodejs/node#46528), so a file name in UTF-8 would change on the way. Written so that Node's turn
 * gives back the very bytes that came. Changes `headers`, a raw array, in place.
 */
export function keepLatin1(headers: string[]): void {
  let sized = false
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = headers[at] ?? ''
    if (name.length === 14 && name.toLowerCase() === 'content-length') sized = Number(headers[at + 1]) !== 0
    if (!sized || name.length !== 19 || name.toLowerCase() !== 'content-disposition') continue
    const value = headers[at + 1] ?? ''
    headers[at + 1] = Buffer.from(value, 'utf8').toString('latin1')
  }
}
