/**
 * What is used of the package `xpath`. Its own types leave out `parse` and what comes of it, and bring the browser's
 * globals into every file; `paths` in tsconfig.json puts these in their place.
 */
export interface XPathTest {
  readonly type?: number
  readonly prefix?: string | null
}

export interface XPathStep {
  readonly axis: number
  readonly nodeTest: XPathTest
  readonly predicates: readonly object[]
}

export interface XPathResult {
  stringValue(): string
}

export interface XPathSource {
  readonly expression: { readonly expression: object }
  evaluate(options: {
    readonly node: object
    readonly namespaces: Readonly<Record<string, string>>
    readonly allowAnyNamespaceForNoPrefix: boolean
  }): XPathResult
}

type Class<T> = abstract new (...given: never[]) => T
type Binary = { readonly lhs: object; readonly rhs: object }

declare const xpath: {
  parse(text: string): XPathSource
  readonly PathExpr: Class<{
    readonly filter?: object
    readonly filterPredicates?: readonly object[]
    readonly locationPath?: { readonly absolute: boolean; readonly steps: readonly XPathStep[] }
  }>
  readonly FunctionCall: Class<{ readonly functionName: string; readonly arguments: readonly object[] }>
  readonly BarOperation: Class<Binary>
  readonly AndOperation: Class<Binary>
  readonly OrOperation: Class<Binary>
  readonly EqualsOperation: Class<Binary>
  readonly NotEqualOperation: Class<Binary>
  readonly LessThanOperation: Class<Binary>
  readonly GreaterThanOperation: Class<Binary>
  readonly LessThanOrEqualOperation: Class<Binary>
  readonly GreaterThanOrEqualOperation: Class<Binary>
  readonly XString: Class<{ readonly str: string }>
  readonly XNumber: Class<{ readonly num: number }>
  readonly XBoolean: Class<object>
  readonly XNodeSet: Class<XPathResult & { toArray(): readonly object[] }>
}
export default xpath
