/** Answers to measure the reading with: invented, of the size that large reports have. */

const NS = 'urn:schemas-microsoft-com:xml-analysis'
const DISTRICTS = ['Bymidten', 'Sønderå', 'Ærøvej og omegn', 'Nørre Åby', 'Skovgårde', 'Havnen & Øen']
const BENEFITS = ['Økonomisk friplads', 'Kontanthjælp', 'Førtidspension', 'Børnetilskud', 'Ledighedsydelse']

const escaped = (text: string): string => text.replaceAll('&', '&amp;')
const pick = (from: readonly string[], n: number): string => escaped(from[n % from.length] ?? '')
/** The same amounts in every run, of two to eight digits. */
const amount = (n: number): number => Math.round((Math.abs(Math.sin(n) * 10 ** (2 + (n % 6))) + 1) * 100) / 100
/** 28 February 2047, in an order of its own each: invented, and of a future birth. */
const person = (n: number): string => `280247${5000 + (n % 4999)}`

/** Writes elements one after another, or one below another with white space, as Mondrian does. */
class Writer {
  readonly #pretty: boolean
  readonly #parts: string[] = []
  #depth = 0

  constructor(pretty: boolean) {
    this.#pretty = pretty
  }

  open(tag: string): void {
    this.#line(`<${tag}>`)
    this.#depth += 1
  }

  close(name: string): void {
    this.#depth -= 1
    this.#line(`</${name}>`)
  }

  leaf(tag: string, text: string): void {
    this.#line(`<${tag}>${text}</${tag.split(' ', 1)[0]}>`)
  }

  text(): string {
    return this.#parts.join('')
  }

  #line(text: string): void {
    this.#parts.push(this.#pretty ? `${'  '.repeat(this.#depth)}${text}\n` : text)
  }
}

function envelope(pretty: boolean, format: string, body: (xml: Writer) => void): Buffer {
  const xml = new Writer(pretty)
  const soap = 'soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
  xml.open(soap)
  xml.open('soap:Body')
  xml.open(`ExecuteResponse xmlns="${NS}"`)
  xml.open('return')
  xml.open(
    `root xmlns="${NS}:${format}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"`,
  )
  body(xml)
  for (const name of ['root', 'return', 'ExecuteResponse', 'soap:Body', 'soap:Envelope']) xml.close(name)
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml.text()}`)
}

interface Shape {
  readonly pretty?: boolean
  /** One row in so many shows a person; 0: none does. */
  readonly personEvery?: number
}

interface Pivot extends Shape {
  readonly measures?: number
  readonly rows?: number
}

/** A pivot, of 20 measures by 10,000 places where nothing else is said: 200,000 cells. */
export function datasetAnswer({ pretty = false, personEvery = 0, measures = 20, rows = 10_000 }: Pivot): Buffer {
  return envelope(pretty, 'mddataset', (xml) => {
    xml.open('Axes')
    for (const [axis, size] of [measures, rows].entries()) {
      xml.open(`Axis name="Axis${axis}"`)
      xml.open('Tuples')
      for (let n = 0; n < size; n += 1) member(xml, axis, n, personEvery > 0 && n % personEvery === 0)
      xml.close('Tuples')
      xml.close('Axis')
    }
    xml.close('Axes')
    xml.open('CellData')
    for (let n = 0; n < measures * rows; n += 1) {
      xml.open(`Cell CellOrdinal="${n}"`)
      xml.leaf('Value xsi:type="xsd:double"', String(amount(n)))
      xml.leaf('FmtValue', amount(n).toLocaleString('en-US'))
      xml.close('Cell')
    }
    xml.close('CellData')
  })
}

function member(xml: Writer, axis: number, n: number, isPerson: boolean): void {
  const district = `${pick(DISTRICTS, n)} ${n % 400}`
  const [hierarchy, level, name] =
    axis === 0
      ? ['[Measures]', '[Measures].[MeasuresLevel]', `Beløb ${n}`]
      : isPerson
        ? ['[Borger].[Borger]', '[Borger].[Borger].[CPR]', person(n)]
        : ['[Borger].[Distrikt]', '[Borger].[Distrikt].[Distrikt]', district]
  xml.open('Tuple')
  xml.open(`Member Hierarchy="${hierarchy}"`)
  xml.leaf('UName', axis === 0 ? `[Measures].[${name}]` : `${level}.&amp;[${name}]`)
  xml.leaf('Caption', name)
  xml.leaf('LName', level)
  xml.leaf('LNum', '1')
  xml.leaf('DisplayInfo', '131076')
  xml.close('Member')
  xml.close('Tuple')
}

/** A drill-through of 100,000 rows of eight columns. */
export function rowsetAnswer({ pretty = false, personEvery = 0 }: Shape): Buffer {
  return envelope(pretty, 'rowset', (xml) => {
    for (let n = 0; n < 100_000; n += 1) {
      xml.open('row')
      xml.leaf('Nummer', personEvery > 0 && n % personEvery === 0 ? person(n) : `B-${n % 977}`)
      xml.leaf('Distrikt', pick(DISTRICTS, n))
      xml.leaf('Aar', String(2015 + (n % 11)))
      xml.leaf('Ydelse', pick(BENEFITS, n))
      xml.leaf('_x005B_Borger_x005D_._x005B_K_x00F8_n_x005D_', n % 2 === 0 ? 'Kvinde' : 'Mand')
      xml.leaf('Oprettet', `2024-0${1 + (n % 9)}-1${n % 10}T00:00:00`)
      xml.leaf('Antal xsi:type="xsd:int"', String(n % 19))
      xml.leaf('_x005B_Measures_x005D_._x005B_Bel_x00F8_b_x005D_ xsi:type="xsd:double"', String(amount(n)))
      xml.close('row')
    }
  })
}
