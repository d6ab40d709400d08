import type { Expression } from './ast.ts'
import type { Literal } from './literal-value.ts'
import type { Scope, Shape } from './shape.ts'

/** A name for an expression, which is read where it is used: a variable that nobody uses is dead. */
export class Variable {
  readonly expression: Expression
  readonly environment: Environment
  /** The rows in which it was defined. */
  readonly scope: Scope | null
  /** Guards against one that leads to itself. */
  active = false
  /** What it was read as already, so that it is read once for each. */
  readonly readAs = new Set<string>()
  readonly shapes = new Map<boolean, Shape>()
  /** Its value, once somebody has asked. */
  literal: Literal | null | undefined = undefined

  constructor(expression: Expression, environment: Environment, scope: Scope | null) {
    this.expression = expression
    this.environment = environment
    this.scope = scope
  }
}

export class Environment {
  readonly #variables = new Map<string, Variable>()
  readonly #outer: Environment | null

  constructor(outer: Environment | null) {
    this.#outer = outer
  }

  define(name: string, variable: Variable): void {
    this.#variables.set(name.toLowerCase(), variable)
  }

  /** Looks as far out as blocks stand in blocks. */
  find(name: string): Variable | null {
    return this.#variables.get(name.toLowerCase()) ?? this.#outer?.find(name) ?? null
  }

  /** The variable that `expression` is the name of. */
  variable(expression: Expression): Variable | null {
    return expression.kind === 'name' && !expression.quoted ? this.find(expression.name) : null
  }
}
