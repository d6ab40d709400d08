import type { Named } from '../../../schema/record/person-number.ts'
import { JsonName } from './answer-scanner.ts'

/** How the items of a list of this name are counted as rows. `summed`: they are of one table in several lists. */
export type Counting = 'none' | 'largest' | 'summed' | 'second'

const SUMMED = /^(?:DM\d+|qMatrix|events|cellset)$/
const LARGEST = new Set(['rows', 'data', 'records'])
/** Druid's and Superset's results: rows, unless they hold tables themselves. */
const SECOND = 'result'
/** What is said of a fault, and the question repeated: a person in it was not shown as an answer. */
const QUIET = new Set(
  `error errors odata.error pbi.error message errorMessage error_message stacktrace looker_error detail details
   query queries native_form json_query applied_filters rejected_filters filters form_data sql executed_sql
   parameters preprocessed cause via`.split(/\s+/),
)
/** What is read of an object as a whole, when it ends. */
const KEPT = new Set(
  `code error error_type errorCode errorClass status type message looker_error
   name display_name column_name qFallbackTitle
   Value Name N DN Calc Property qHandle`.split(/\s+/),
)

/** A member's name, and what it says of the value. */
export class AnswerName extends JsonName {
  readonly named: Named
  readonly counting: Counting
  readonly quiet: boolean
  readonly kept: boolean

  constructor(bytes: Uint8Array, text: string, hot: boolean, named: Named) {
    super(bytes, text, hot)
    this.named = named
    this.counting = LARGEST.has(text) ? 'largest' : SUMMED.test(text) ? 'summed' : text === SECOND ? 'second' : 'none'
    this.quiet = QUIET.has(text)
    this.kept = KEPT.has(text)
  }
}
