import type { Named } from '../../../schema/record/person-number.ts'
import { AttributeReader } from './attributes.ts'
import { MarkupNames } from './markup-name.ts'
import { Spellings } from './spellings.ts'

/**
 * What the answers of one BI server say again and again: names of elements, attributes, levels. A thread that reads one
 * answer after another keeps it from each to the next. It holds what attributes are named for, so it is for one
 * configuration of `persons.attributes` and `persons.domains` only.
 *
 * Each part is bounded, and keeps nothing more when it is full: `lasting` then begins another, so that nobody's odd answer
 * makes all later ones slow.
 */
export class Vocabulary {
  readonly names = new MarkupNames()
  readonly attributes = new AttributeReader()
  readonly levels = new Spellings<Named>()

  /** This one, or where it is full another. */
  lasting(): Vocabulary {
    const isFull = this.names.isFull || this.attributes.isFull || this.levels.isFull
    return isFull ? new Vocabulary() : this
  }
}
