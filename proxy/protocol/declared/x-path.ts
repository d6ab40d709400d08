/**
 * XPath 1.0 (W3C Recommendation of 16 November 1999) by the package `xpath`, less what could cost more than the document
 * is long: an expression is looked through when the mapping is compiled, and refused with what to write instead. Visits
 * to nodes are counted besides.
 */
import xpath from 'xpath'
import type { XPathResult, XPathSource, XPathStep } from 'xpath'
import { XmlNode } from './xml-node.ts'

/** A path that cannot be used; `expected` says what could. Told at the start, with file and place. */
export class PathError extends Error {
  override readonly name = 'PathError'
  readonly code = 'MAPPING_PATH'
  readonly expected: string

  constructor(expected: string) {
    super(expected)
    this.expected = expected
  }
}

export type Namespaces = Readonly<Record<string, string>>
export type XPathFound =
  { readonly kind: 'xml'; readonly node: XmlNode } | { readonly kind: 'text'; readonly text: string }

const TEXT_FUNCTIONS = new Set(
  'string concat starts-with contains substring-before substring-after substring name local-name'.split(' '),
)
const NUMBER_FUNCTIONS = new Set(['position', 'last', 'count', 'string-length'])
const TRUTH_FUNCTIONS = new Set(['not', 'boolean', 'true', 'false'])

/** Axes by the engine's numbers: following, preceding and namespace are left out. */
const DESCENDANT = new Set([4, 5])
const REFUSED_AXES = new Set([6, 7, 8, 10, 11])
const ATTRIBUTE_AXIS = 2
const SELF_OR_PARENT = new Set([9, 12])

/**
 * Compiles `text`.
 *
 * @throws PathError
 */
export function compileXPath(text: string, namespaces: Namespaces): (from: XmlNode) => readonly XPathFound[] {
  const source = parse(text)
  new Inspection(namespaces).expression(source.expression.expression)
  return (from) => found(source.evaluate({ node: from, namespaces, allowAnyNamespaceForNoPrefix: true }))
}

function parse(text: string): XPathSource {
  try {
    return xpath.parse(text)
  } catch {
    throw new PathError('expected an XPath (XPath 1.0), or a JSONPath that begins with $ or @.')
  }
}

function found(result: XPathResult): readonly XPathFound[] {
  if (!(result instanceof xpath.XNodeSet)) return [{ kind: 'text', text: result.stringValue() }]
  return result.toArray().flatMap((node) => (node instanceof XmlNode ? [{ kind: 'xml', node }] : []))
}

/** Is the path absolute: does it give the same wherever it is asked from? Only then may its result be kept. */
export function isAbsolute(text: string): boolean {
  return /^\/[^|]*$/.test(text)
}

/** Looks through one expression, and refuses what is not on the list. */
class Inspection {
  readonly #namespaces: Namespaces
  #descents = 0

  constructor(namespaces: Namespaces) {
    this.#namespaces = namespaces
  }

  expression(node: object): void {
    if (node instanceof xpath.PathExpr) this.#path(node)
    else if (isOneOf(node, JOINS)) this.#both(node)
    else if (isOneOf(node, EQUALITIES)) this.#equality(node)
    else if (isOneOf(node, ORDERS)) this.#order(node)
    else if (node instanceof xpath.FunctionCall) this.#call(node)
    else if (!isConstant(node)) throw new PathError('expected a path: no arithmetic, no variables')
  }

  #both({ lhs, rhs }: Binary): void {
    this.expression(lhs)
    this.expression(rhs)
  }

  #path({ filter, filterPredicates = [], locationPath }: InstanceType<typeof xpath.PathExpr>): void {
    if (filter !== undefined) this.expression(filter)
    for (const predicate of filterPredicates) this.expression(predicate)
    for (const step of locationPath?.steps ?? []) this.#step(step)
  }

  /** Two descents multiply: each begins anew at everything the first has found. */
  #step({ axis, nodeTest, predicates }: XPathStep): void {
    if (REFUSED_AXES.has(axis)) throw new PathError('expected no axis but child, attribute, self, parent, ancestor, //')
    if (DESCENDANT.has(axis) && ++this.#descents > 1) throw new PathError('expected // at most once in a path')
    const { prefix } = nodeTest
    if (prefix && !Object.hasOwn(this.#namespaces, prefix)) {
      throw new PathError(`expected the prefix ${prefix} to be declared under "namespaces"`)
    }
    for (const predicate of predicates) this.expression(predicate)
  }

  /** Of two lists each of one would be compared with each of the other. */
  #equality(node: Binary): void {
    this.#both(node)
    const sides = [node.lhs, node.rhs]
    if (sides.every(isNumber) || (sides.some(isOne) && !sides.some(isNumber))) return
    throw new PathError(`expected a comparison with a text in quotes, an attribute, or string(…): [@id = '5']`)
  }

  #order(node: Binary): void {
    this.#both(node)
    if (![node.lhs, node.rhs].every(isNumber)) {
      throw new PathError('expected <, <=, > and >= only between numbers, position(), last() and count(…)')
    }
  }

  #call({ functionName, arguments: given }: InstanceType<typeof xpath.FunctionCall>): void {
    const known = [TEXT_FUNCTIONS, NUMBER_FUNCTIONS, TRUTH_FUNCTIONS]
    if (!known.some((names) => names.has(functionName))) {
      const names = known.flatMap((each) => [...each]).join(', ')
      throw new PathError(`expected one of the functions ${names}`)
    }
    for (const argument of given) this.expression(argument)
  }
}

interface Binary {
  readonly lhs: object
  readonly rhs: object
}

const JOINS = [xpath.BarOperation, xpath.AndOperation, xpath.OrOperation]
const EQUALITIES = [xpath.EqualsOperation, xpath.NotEqualOperation]
const ORDERS = [
  xpath.LessThanOperation,
  xpath.GreaterThanOperation,
  xpath.LessThanOrEqualOperation,
  xpath.GreaterThanOrEqualOperation,
]
const isOneOf = (node: object, classes: typeof JOINS): node is Binary => classes.some((each) => node instanceof each)

const isConstant = (node: object): boolean =>
  node instanceof xpath.XString || node instanceof xpath.XNumber || node instanceof xpath.XBoolean

/** What stands alone in a path expression. */
function alone(node: object): object {
  if (!(node instanceof xpath.PathExpr) || node.filter === undefined || node.locationPath !== undefined) return node
  return (node.filterPredicates ?? []).length === 0 ? node.filter : node
}

function isNumber(node: object): boolean {
  const inner = alone(node)
  if (inner instanceof xpath.FunctionCall) return NUMBER_FUNCTIONS.has(inner.functionName)
  return inner instanceof xpath.XNumber
}

/** A text, or a path that leads to one node at most. */
function isOne(node: object): boolean {
  const inner = alone(node)
  if (inner instanceof xpath.FunctionCall) return TEXT_FUNCTIONS.has(inner.functionName)
  if (inner instanceof xpath.XString) return true
  if (!(inner instanceof xpath.PathExpr) || inner.filter !== undefined || inner.locationPath === undefined) return false
  const { absolute, steps } = inner.locationPath
  const named = (step: XPathStep): boolean => step.axis === ATTRIBUTE_AXIS && step.nodeTest.type === NAME_TEST
  return !absolute && steps.every((step) => SELF_OR_PARENT.has(step.axis) || named(step))
}

/** The engine's number for a test by name, as against `*`. */
const NAME_TEST = 2
