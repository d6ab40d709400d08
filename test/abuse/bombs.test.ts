import { test } from 'node:test'
import { BOMBS } from './bombs.ts'

for (const { what, answer, run } of BOMBS) test(`${what}: ${answer}`, { timeout: 120_000 }, run)
