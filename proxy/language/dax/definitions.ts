import type { DefinitionOf, Expression, ExpressionOf } from './ast.ts'
import { Environment, Variable } from './environment.ts'
import { EMPTY, isLiteral } from './form.ts'
import { type Place, placeOf, silent } from './place.ts'
import type { Reading } from './reading.ts'
import { Shape } from './shape.ts'
import type { Visit } from './visit.ts'

/** What the query itself defines is read where it is used: once for each way of being used, and never in itself. */
export class Definitions {
  readonly #reading: Reading
  readonly #visit: Visit
  readonly #calling = new Set<string>()

  constructor(reading: Reading, visit: Visit) {
    this.#reading = reading
    this.#visit = visit
  }

  /** A place in which the variables of a block are known. */
  within({ variables }: ExpressionOf<'block'>, place: Place): Place {
    const environment = new Environment(place.environment)
    for (const { name, expression } of variables) {
      if (name === '') this.#visit.argument(expression, silent({ ...place, environment }))
      else environment.define(name, new Variable(expression, environment, place.scope))
    }
    return { ...place, environment }
  }

  /** Reads a variable unless it was read in this way before, or leads to itself. */
  once(variable: Variable, as: string, read: () => void): void {
    if (variable.readAs.has(as) || variable.active) return
    variable.readAs.add(as)
    variable.active = true
    read()
    variable.active = false
  }

  /** The columns of the table that `variable` stands for. */
  table(variable: Variable, place: Place): Shape {
    const known = variable.shapes.get(place.counts) ?? (place.counts ? undefined : variable.shapes.get(true))
    if (known !== undefined || variable.active) return known ?? Shape.UNKNOWN
    variable.active = true
    const shape = this.#visit.table(variable.expression, placeOf(variable, place))
    variable.active = false
    variable.shapes.set(place.counts, shape)
    return shape
  }

  /** Reads the body of a function of this query with its arguments as variables. `undefined`: it calls itself. */
  called<T>(
    { name, parameters, expression }: DefinitionOf<'function'>,
    args: readonly Expression[],
    place: Place,
    read: (body: Expression, place: Place) => T,
  ): T | undefined {
    if (this.#calling.has(name)) {
      for (const arg of args) this.#visit.argument(arg, place)
      return undefined
    }
    const environment = new Environment(this.#reading.names.root)
    for (const [i, parameter] of parameters.entries()) {
      const given = args[i] ?? parameter.fallback ?? EMPTY
      environment.define(parameter.name, new Variable(given, place.environment, place.scope))
    }
    for (const [i, arg] of args.entries()) {
      if (i >= parameters.length || isLiteral(arg)) this.#visit.argument(arg, place)
    }
    this.#calling.add(name)
    const result = read(expression, { ...place, environment })
    this.#calling.delete(name)
    return result
  }
}
