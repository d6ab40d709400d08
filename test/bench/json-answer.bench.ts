/** How fast answers in JSON are read, one shape after another: megabytes a second of one core's own time. */
import { JsonAnswerReader } from '../../proxy/protocol/json/answer.ts'

const RULES = { latestBirth: '2026-12-31', attributes: [] }
const ROWS = 100_000
const RUNS = 5

const objects = Array.from({ length: ROWS }, (_, i) => ({
  'Borger.distrikt': `Bymidten ${i % 50}`,
  'Ydelser.navn': `Boligstøtte efter §${i % 9}`,
  'Ydelser.antal': String(i),
  'Ydelser.udbetalt': i * 17.25,
  'Ydelser.dato': '2025-01-01T00:00:00.000',
}))
const SHAPES: Readonly<Record<string, unknown>> = {
  'rows as objects': { results: [{ data: objects }] },
  'rows as lists': { data: { rows: objects.map((row) => Object.values(row)), cols: [{ name: 'a' }] } },
  'data shapes': { DS: [{ PH: [{ DM0: objects.map((_, i) => ({ C: [i % 50, i * 3, i * 1.5], R: 1 })) }] }] },
  'long texts': { data: objects.map(() => ({ note: 'en lang tekst om ingenting '.repeat(10) })) },
  'a person in every row': { data: objects.map((row, i) => ({ ...row, cpr: `010147${5000 + (i % 900)}` })) },
}

function millisecondsOf(bytes: Uint8Array): number {
  const reader = new JsonAnswerReader(RULES, 20)
  const started = process.cpuUsage().user
  for (let at = 0; at < bytes.length; at += 65_536) reader.writeBytes(bytes.subarray(at, at + 65_536))
  reader.end()
  return (process.cpuUsage().user - started) / 1000
}

for (const [shape, value] of Object.entries(SHAPES)) {
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  const best = Math.min(...Array.from({ length: RUNS }, () => millisecondsOf(bytes)))
  console.log(`${shape.padEnd(24)} ${(bytes.length / 1000 / best).toFixed(0).padStart(4)} MB/s (best of ${RUNS})`)
}
