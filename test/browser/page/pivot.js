/**
 * A small pivot grid: rows that open, columns by year and measure, a filter, a search for a person. Each step sends what
 * grids send: metadata on the way in, one statement for the whole table at every click.
 *
 * `body[data-state]` is `busy` from a click until its answers are drawn, then `ready`.
 */
import { discover, execute, Fault, leave, login } from './xmla.js'

const CUBE = 'Borger'
const TOP = '[Borger].[Alle borgere]'
const FIELDS = ['MDSCHEMA_DIMENSIONS', 'MDSCHEMA_HIERARCHIES', 'MDSCHEMA_LEVELS', 'MDSCHEMA_MEASURES', 'MDSCHEMA_SETS']

const open = new Set([TOP])
const measures = new Set(['[Measures].[Antal]', '[Measures].[Beløb]'])
let slicer = null
let running = new AbortController()

const byId = (id) => document.getElementById(id)

const make = (tag, attributes, ...content) => {
  const element = Object.assign(document.createElement(tag), attributes)
  element.append(...content)
  return element
}

/** Does what a click asks for and tells what became of it. A click on "Stop" ends it. */
async function during(work) {
  document.body.dataset.state = 'busy'
  running = new AbortController()
  byId('message').textContent = ''
  try {
    await work(running.signal)
  } catch (error) {
    const stopped = error instanceof DOMException && error.name === 'AbortError'
    if (!stopped && !(error instanceof Fault) && !(error instanceof TypeError)) throw error
    byId('message').textContent = stopped ? 'Stoppet' : error instanceof Fault ? error.message : 'Intet svar'
  } finally {
    document.body.dataset.state = 'ready'
  }
}

const on = (element, event, work) => element.addEventListener(event, () => void during(work))

function statement() {
  const rows = [TOP, ...[...open].map((name) => `${name}.Children`)].join(', ')
  const years = 'Hierarchize({[Tid].[Al tid], [Tid].[Al tid].Children})'
  const where = slicer === null ? '' : ` WHERE (${slicer})`
  return (
    `SELECT NON EMPTY CrossJoin(${years}, {${[...measures].join(', ')}}) DIMENSION PROPERTIES PARENT_UNIQUE_NAME ` +
    `ON COLUMNS, NON EMPTY Hierarchize({${rows}}) DIMENSION PROPERTIES PARENT_UNIQUE_NAME, CHILDREN_CARDINALITY ` +
    `ON ROWS FROM [${CUBE}]${where} CELL PROPERTIES VALUE, FORMAT_STRING, FORMATTED_VALUE`
  )
}

const refresh = async (signal) => draw(await execute(statement(), { signal }))

function draw({ columns, rows, cells }) {
  const heads = columns.map((tuple) => make('th', {}, tuple.map(({ caption }) => caption).join(' ')))
  const body = rows.map(([member], row) => {
    const values = columns.map((_, column) => make('td', {}, cells.get(row * columns.length + column) ?? ''))
    return make('tr', {}, rowHead(member), ...values)
  })
  byId('grid').replaceChildren(make('tr', {}, make('th', {}), ...heads), ...body)
}

function rowHead({ name, caption, depth, children }) {
  const head = make('th', { title: name }, caption)
  head.style.paddingLeft = `${8 + depth * 20}px`
  if (children === 0) return head
  const button = make('button', { title: name }, open.has(name) ? '−' : '+')
  on(button, 'click', (signal) => {
    if (!open.delete(name)) open.add(name)
    return refresh(signal)
  })
  head.prepend(button)
  return head
}

async function search(name, signal) {
  const rows = `Filter([Borger].[CPR].Members, InStr([Borger].CurrentMember.Caption, "${name}") > 0)`
  const found = await execute(`SELECT {[Measures].[Beløb]} ON COLUMNS, ${rows} ON ROWS FROM [${CUBE}]`, { signal })
  const members = found.rows.map(([member]) =>
    discover('MDSCHEMA_MEMBERS', { CATALOG_NAME: 'Kommunedata', CUBE_NAME: CUBE, MEMBER_UNIQUE_NAME: member.name }),
  )
  await Promise.all(members)
  draw(found)
}

async function drawTools() {
  const restrictions = { CATALOG_NAME: 'Kommunedata', CUBE_NAME: CUBE }
  const [, , , known] = await Promise.all(FIELDS.map((type) => discover(type, restrictions)))
  const members = await discover('MDSCHEMA_MEMBERS', { ...restrictions, LEVEL_UNIQUE_NAME: '[Køn].[Køn]' })
  const boxes = known.map(({ MEASURE_UNIQUE_NAME: name, MEASURE_CAPTION: caption }) => {
    const box = make('input', { type: 'checkbox', checked: measures.has(name) })
    on(box, 'change', (signal) => {
      if (!measures.delete(name)) measures.add(name)
      return refresh(signal)
    })
    return make('label', {}, box, caption)
  })
  const choices = members.map((one) => make('option', { value: one.MEMBER_UNIQUE_NAME }, one.MEMBER_CAPTION))
  const filter = make('select', { id: 'filter' }, make('option', { value: '' }, 'Alle køn'), ...choices)
  on(filter, 'change', (signal) => {
    slicer = filter.value || null
    return refresh(signal)
  })
  const name = make('input', { id: 'name', placeholder: 'Søg borger' })
  const find = make('button', { id: 'find' }, 'Søg')
  on(find, 'click', (signal) => search(name.value, signal))
  const stop = make('button', { id: 'stop' }, 'Stop')
  stop.addEventListener('click', () => running.abort())
  byId('tools').replaceChildren(...boxes, filter, name, find, stop)
}

byId('login').addEventListener('submit', (event) => {
  event.preventDefault()
  const { user, password } = event.target.elements
  void during(async (signal) => {
    await login(user.value, password.value)
    await drawTools()
    await refresh(signal)
  })
})
addEventListener('pagehide', leave)
document.body.dataset.state = 'ready'
