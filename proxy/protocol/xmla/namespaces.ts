/** Names are matched by namespace and local name, never by prefix: seven prefixes of `Envelope` are in use, and none. */
export const SOAP = new Set([
  'http://schemas.xmlsoap.org/soap/envelope/',
  // SOAP 1.2: no OLAP server we know takes it, but a request in it was still made.
  'http://www.w3.org/2003/05/soap-envelope',
])

export const XMLA = 'urn:schemas-microsoft-com:xml-analysis'
