/** What a SOAP request asks of an XMLA server, once the XML is undone. */
/** An XMLA property list: names in lower case, for real clients repeat one in another case; first non-empty wins. */
export type Properties = ReadonlyMap<string, string>

export interface Restriction {
  readonly name: string
  readonly values: readonly string[]
}

export type Command =
  | { readonly kind: 'statement'; readonly text: string }
  | {
      readonly kind: 'command'
      readonly name: string
      readonly xml: string
      /** What it names first: `DatabaseID` or `DatabaseName`, and `CubeID`. */
      readonly database: string | null
      readonly cube: string | null
    }

/** An element that belongs to no call we know. */
export interface Stranger {
  readonly name: string
  readonly xml: string
}

export type Call =
  | {
      readonly kind: 'discover'
      readonly requestType: string
      readonly restrictions: readonly Restriction[]
      readonly properties: Properties
    }
  | {
      readonly kind: 'execute'
      readonly commands: readonly Command[]
      /** By name without `@`. */
      readonly parameters: ReadonlyMap<string, string>
      readonly properties: Properties
    }

export type SessionHeader = 'BeginSession' | 'Session' | 'EndSession'

export interface Envelope {
  readonly session: SessionHeader | null
  readonly sessionId: string | null
  /** Name in a WS-Security header. Its password is nowhere. */
  readonly securityUser: string | null
  readonly calls: readonly Call[]
  /** Other elements in the body, and in a call. */
  readonly strangers: readonly Stranger[]
}
