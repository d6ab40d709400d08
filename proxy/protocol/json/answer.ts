/**
 * Reads an answer in JSON, whoever's it is: how many rows it has, whether it tells of a fault, and which persons stand in
 * it. It does not know the question; what it needs is told by the names in the answer itself.
 *
 * A person is counted where it was shown: in a row, or in a text beside the rows. One in the text of a fault, or in the
 * question that many servers repeat, was shown to nobody as an answer. A bare number is an amount as likely as a person,
 * so it counts only where its member or column is named for person numbers, and so does a text of digits that is a
 * measure's. Where such a name comes behind the rows, the numbers wait for it.
 *
 * What cannot be read as JSON is looked at as plain text from there on; rows are then not known.
 */
import type { AnswerFacts } from '../../exchange.ts'
import type { PersonNumber } from '../../../schema/record/ids.ts'
import type { Named, PersonRules } from '../../../schema/record/person-number.ts'
import { findPersonNumbers, namingOf } from '../../../schema/record/person-number.ts'
import { PersonsSeen } from '../persons/persons-seen.ts'
import { TextAnswerReader } from '../unknown/text-answer.ts'
import { UNREAD_ANSWER } from '../unknown/unread-answer.ts'
import { AnswerColumns } from './answer-columns.ts'
import { AnswerFault } from './answer-fault.ts'
import { AnswerName } from './answer-name.ts'
import { AnswerRows } from './answer-rows.ts'
import type { JsonListener, JsonToken } from './answer-scanner.ts'
import { JsonScanner } from './answer-scanner.ts'

/** An object or a list that is open. Kept for each depth and used again. */
interface Frame {
  list: boolean
  /** The member it stands under; an item of a list has the list's. */
  name: AnswerName | null
  /** Items so far, and those of them that are objects or lists. */
  items: number
  composites: number
  /** A list of rows, a row of one, and anything within a row. */
  table: boolean
  row: boolean
  inRow: boolean
  /** Within a row that is surely one, and not only an item of a result. */
  hard: boolean
  /** Its members say something of the answer as a whole. */
  outer: boolean
  /** Within a fault's text or the question. */
  quiet: boolean
  /** Which place of its row it stands in; -1 where rows are objects. */
  column: number
  /** What its values are called beside their own name. */
  about: string
  kept: Map<string, string> | null
  /** Of a row: has it a data cell; which columns it leaves out; values that wait for that. */
  cells: number
  left: number[]
  shape: { place: number; text: string; number: boolean }[]
}

const MAX_OUTSIDE = 100_000
const MAX_KEPT = 200
const EMPTY: ReadonlyMap<string, string> = new Map()

export class JsonAnswerReader implements JsonListener<AnswerName> {
  readonly #rules: PersonRules
  readonly #threshold: number
  readonly #seen: PersonsSeen
  readonly #scanner = new JsonScanner<AnswerName>(this)
  readonly #encoder = new TextEncoder()
  readonly #columns = new AnswerColumns()
  readonly #fault = new AnswerFault()
  readonly #rows = new AnswerRows()
  readonly #frames: Frame[] = [newFrame()]
  /** Persons beside the rows: they count once it is known that the answer is no fault. */
  readonly #outside = new Set<PersonNumber>()
  #depth = 0
  #name: AnswerName | null = null
  #any = false
  /** Is the text an object, and not a list? */
  #rooted = false
  /** Objects and lists that stand one after another. */
  #roots = 0
  #opened: string | null = null
  /** Reads what is no JSON. */
  #plain: TextAnswerReader | null = null
  readonly #decoder = new TextDecoder()

  constructor(rules: PersonRules, threshold: number) {
    this.#rules = rules
    this.#threshold = threshold
    this.#seen = new PersonsSeen(rules, threshold)
  }

  write(text: string): void {
    this.writeBytes(this.#encoder.encode(text))
  }

  writeBytes(bytes: Uint8Array): void {
    this.#any ||= bytes.length > 0
    if (this.#plain !== null) return this.#plain.write(this.#decoder.decode(bytes, { stream: true }))
    this.#goOnPlain(this.#scanner.write(bytes))
  }

  end(): AnswerFacts {
    if (this.#plain === null) this.#goOnPlain(this.#scanner.end())
    else this.#plain.write(this.#decoder.decode())
    // An answer that breaks off has the rows that came.
    while (this.#depth > 0) this.close()
    this.#lookAtWaiting()
    const rest = this.#plain?.end().persons ?? []
    for (const { person, place } of rest) this.#seen.add(person, place === 'column' ? 'column' : 'text')
    return this.#facts()
  }

  #facts(): AnswerFacts {
    if (this.#roots > 1) this.#rows.add('', 'second', this.#roots)
    const code = this.#fault.code
    const rows = this.#rows.count(code !== null)
    if (code === null) for (const person of this.#outside) this.#seen.add(person, 'text')
    const common = { ...UNREAD_ANSWER, faultCode: code, opened: this.#opened, ...this.#seen.facts() }
    if (this.#plain !== null || !this.#any) return { ...common, decoded: false }
    if (this.#fault.waits) return { ...common, kind: 'empty', decoded: true, rows: 0 }
    if (code !== null && (rows ?? 0) === 0) return { ...common, kind: 'fault', decoded: true, rows: null }
    return { ...common, kind: rows === null ? 'other' : 'rowset', decoded: true, rows }
  }

  #goOnPlain(rest: Uint8Array | null): void {
    if (rest === null) return
    this.#plain = new TextAnswerReader(true, this.#rules, this.#threshold)
    this.#plain.write(this.#decoder.decode(rest, { stream: true }))
  }

  // What the scanner gives out.

  newName(bytes: Uint8Array, text: string, hot: boolean): AnswerName {
    return new AnswerName(bytes, text, hot, namingOf(text, this.#rules))
  }

  name(name: AnswerName): void {
    this.#name = name
    // A pivoted answer names its columns after the members on them.
    const frame = this.#top
    if (name.hot && !frame.quiet) this.#look(name.text, false, frame)
  }

  open(list: boolean): void {
    const parent = this.#top
    this.#depth += 1
    const frame = (this.#frames[this.#depth] ??= newFrame())
    if (this.#depth === 1) {
      this.#rooted = !list
      this.#roots += 1
    }
    const item = parent.list
    if (item) {
      parent.items += 1
      parent.composites += 1
    }
    const name = item ? parent.name : this.#name
    frame.list = list
    frame.name = name
    frame.items = 0
    frame.composites = 0
    frame.inRow = parent.inRow || parent.table
    frame.hard = parent.hard || (parent.table && parent.name !== null && parent.name.counting !== 'second')
    // Superset's results are told of in the items of a list; rows may have columns of the same names.
    frame.outer = !frame.inRow || (item && this.#depth === 3 && name?.counting === 'second' && this.#rooted)
    frame.table = list && !item && this.#isTable(name, parent)
    frame.row = parent.table
    frame.quiet = !frame.table && (parent.quiet || (parent.outer && !item && name?.quiet === true))
    frame.column = parent.row && parent.list ? parent.items - 1 : parent.inRow ? parent.column : -1
    frame.about = parent.name?.text === 'ValueDicts' && !item ? this.#columns.dictionary(name?.text ?? '') : ''
    frame.kept = null
    frame.cells = 0
    if (frame.left.length > 0) frame.left = []
    if (frame.shape.length > 0) frame.shape = []
    this.#name = null
  }

  close(): void {
    const frame = this.#top
    const parent = this.#frames[this.#depth - 1]
    if (frame.list) this.#closeList(frame)
    else if (parent !== undefined) this.#closeObject(frame, parent)
    if (frame.row && frame.cells > 0 && parent !== undefined) parent.cells += 1
    this.#depth -= 1
    this.#name = null
  }

  string(value: JsonToken): void {
    const frame = this.#top
    const name = frame.list ? null : this.#name
    if (frame.list) this.#listed(frame, value)
    else if (name?.kept === true) this.#keep(frame, name, value)
    this.#name = null
    if (frame.quiet || (name?.quiet === true && frame.outer) || name?.text === 'looker_error') return
    const shaped = frame.list && frame.name?.text === 'C' && frame.inRow
    const named = shaped ? false : this.#named(frame, name)
    if (named === true || (value.hot && named !== 'silent')) this.#value(value, named, frame, name, shaped)
    else if (frame.row && frame.list && mayLackZero(value)) this.#wait(frame, value)
  }

  number(value: JsonToken): void {
    const frame = this.#top
    const name = frame.list ? null : this.#name
    if (frame.list) frame.items += 1
    else if (name?.kept === true) this.#keep(frame, name, value)
    else if (frame.row && (name?.text === 'R' || name?.text === 'Ø')) frame.left.push(Math.max(value.integer, 0))
    this.#name = null
    if (!value.hot || frame.quiet) return
    if (frame.list && frame.name?.text === 'C' && frame.inRow) return this.#shaped(frame, value, true)
    const named = this.#named(frame, name)
    if (named === true) this.#look(value.text, true, frame)
    else if (frame.row && frame.list) this.#wait(frame, value)
  }

  word(): void {
    const frame = this.#top
    if (frame.list) frame.items += 1
    this.#name = null
  }

  piece(value: JsonToken): void {
    const frame = this.#top
    if (!frame.quiet) this.#look(value.text, this.#named(frame, this.#name), frame)
  }

  // What is made of it.

  get #top(): Frame {
    return this.#frames[this.#depth] ?? newFrame()
  }

  #isTable(name: AnswerName | null, parent: Frame): boolean {
    if (this.#depth === 1) return true
    const counting = name?.counting ?? 'none'
    return counting === 'summed' || (counting !== 'none' && !parent.hard)
  }

  #listed(frame: Frame, value: JsonToken): void {
    frame.items += 1
    const list = frame.name?.text
    if (list === undefined || frame.hard) return
    if (list === 'cols' || list === 'columns' || list === 'colnames' || list === 'measures') {
      this.#columns.listed(list, value.text)
    }
  }

  /** A text with digits in it, or one that is named for persons. */
  #value(value: JsonToken, named: Named, frame: Frame, name: AnswerName | null, shaped: boolean): void {
    if (shaped) return this.#shaped(frame, value, false)
    const text = value.text
    const path = named !== true && text.includes('[') ? namingOf(text, this.#rules) : named
    if (isCell(frame)) return void frame.shape.push({ place: 0, text, number: false })
    const amount = name !== null && (this.#columns.measures.has(name.text) || this.#columns.amounts.has(frame.column))
    if (amount && path !== true && isDigits(text)) return
    this.#look(text, path, frame)
    if (path === false && frame.row && frame.list) this.#wait(frame, value)
  }

  #look(text: string, named: Named, frame: Frame): void {
    const shown = frame.inRow || frame.about !== ''
    for (const person of findPersonNumbers(text, named, this.#rules)) {
      if (shown) this.#seen.add(person, named === true ? 'column' : 'cell')
      else if (this.#outside.size < MAX_OUTSIDE) this.#outside.add(person)
    }
  }

  /** What tells of a value: its member's name, the object's it stands in, its column's. */
  #named(frame: Frame, name: AnswerName | null): Named {
    if (name !== null && name.named !== false) return name.named
    if (frame.name !== null && frame.name.named !== false) return frame.name.named
    if (frame.about !== '') return namingOf(frame.about, this.#rules)
    const column = frame.row && frame.list ? frame.items - 1 : frame.column
    const title = column < 0 ? undefined : this.#columns.names[column]
    if (title !== undefined) return namingOf(title, this.#rules)
    const calculation = frame.row && name !== null ? this.#columns.calculation(name.text) : ''
    return calculation === '' ? false : namingOf(calculation, this.#rules)
  }

  #wait(frame: Frame, value: JsonToken): void {
    const column = frame.items - 1
    if (this.#columns.names[column] === undefined) this.#columns.wait(column, value.text)
  }

  #lookAtWaiting(): void {
    for (const { column, text } of this.#columns.waiting) {
      const title = this.#columns.names[column]
      if (title === undefined || namingOf(title, this.#rules) !== true) continue
      for (const person of findPersonNumbers(text, true, this.#rules)) this.#seen.add(person, 'column')
    }
  }

  /** A value of a data shape's row: which column it is of is known when the row ends. */
  #shaped(frame: Frame, value: JsonToken, number: boolean): void {
    const row = this.#frames[this.#depth - 1]
    row?.shape.push({ place: frame.items - 1, text: value.text, number })
  }

  /** A cell of Saiku's: an amount or a header, which is told behind its text. */
  #lookAtCell(frame: Frame): void {
    for (const { text } of frame.shape) {
      const named = text.includes('[') ? namingOf(text, this.#rules) : false
      if (frame.cells === 0 || !isDigits(text)) this.#look(text, named, frame)
    }
  }

  #lookAtShape({ shape, left, name }: Frame): void {
    for (const { place: at, text, number } of shape) {
      const calculation = this.#columns.shapeColumn(name?.text ?? '', at, left)
      const named = namingOf(this.#columns.calculation(calculation), this.#rules)
      // `M0`, `A0` … are amounts, also where they are written as texts.
      if (named !== true && (number || /^[A-FH-Z]\d+$/.test(calculation))) continue
      const place = named === true ? 'column' : 'cell'
      for (const person of findPersonNumbers(text, named, this.#rules)) this.#seen.add(person, place)
    }
  }

  #keep(frame: Frame, name: AnswerName, value: JsonToken): void {
    if (value.length > MAX_KEPT && !/^(?:error|looker_error|message)$/.test(name.text)) return
    const text = value.length > MAX_KEPT ? 'long' : value.text
    // Saiku tells for each cell what it is; only a row that has data is one of the answer's.
    const row = this.#frames[this.#depth - 1]
    if (isCell(frame) && text === 'DATA_CELL' && row !== undefined) {
      frame.cells = 1
      row.cells += 1
    }
    if (frame.outer || name.text === 'looker_error' || isDescription(frame)) {
      frame.kept ??= new Map()
      frame.kept.set(name.text, text)
    }
  }

  #closeList(frame: Frame): void {
    if (frame.table) {
      const { name, composites, items } = frame
      const rows = name?.text === 'cellset' ? frame.cells : composites
      if (rows > 0 || items === 0)
        this.#rows.add(name?.text ?? '', this.#depth === 1 ? 'second' : (name?.counting ?? 'none'), rows)
    } else if (!frame.inRow && !frame.quiet && frame.composites > 0) {
      this.#rows.add(frame.name?.text ?? '', 'none', frame.composites)
    }
  }

  #closeObject(frame: Frame, parent: Frame): void {
    if (frame.shape.length > 0) {
      if (isCell(frame)) this.#lookAtCell(frame)
      else this.#lookAtShape(frame)
    }
    const kept = frame.kept ?? EMPTY
    if (kept.size === 0) return
    const name = frame.name?.text ?? ''
    if (parent.list) this.#columns.described(name, kept, this.#frames[this.#depth - 2]?.name?.text ?? '')
    else if (name === 'Source') parent.kept = new Map([...(parent.kept ?? EMPTY), ...kept])
    // Qlik's handle of what the answer opened.
    if (name === 'qReturn') this.#opened ??= kept.get('qHandle') ?? null
    if (frame.outer || kept.has('looker_error')) this.#fault.look(name, kept, this.#depth === 1)
  }
}

/** Nine digits, or ten in a spelling that only counts where its column is named for persons. */
const mayLackZero = ({ digits }: JsonToken): boolean => digits === 9 || digits === 10

const isDigits = (text: string): boolean => /^\d+$/.test(text)
const isCell = (frame: Frame): boolean => frame.name?.text === 'cellset' && !frame.list

/** The description of a column stands within the first row of a data shape. */
const isDescription = (frame: Frame): boolean => frame.name?.text === 'S'

function newFrame(): Frame {
  return {
    list: false,
    name: null,
    items: 0,
    composites: 0,
    table: false,
    row: false,
    inRow: false,
    hard: false,
    outer: false,
    quiet: false,
    column: -1,
    about: '',
    kept: null,
    cells: 0,
    left: [],
    shape: [],
  }
}
