/** A value that the text itself tells. */
export interface Literal {
  /** As it is recorded (GOLD_RULES, section 5). */
  readonly value: string
  readonly isNumber: boolean
}
