/**
 * Loaded before a proxy (`node --import`): its clock is set forward and back, by up to a day and ten times a second, each
 * time as the seed in `TILSYN_FAULTS_SEED` says.
 */
import { Random } from '../support/random.ts'

const random = new Random(Number(process.env['TILSYN_FAULTS_SEED'] ?? 0))
const real = Date.now.bind(Date)
let ahead = 0
setInterval(() => (ahead = Math.floor((random.next() - 0.5) * 2 * 86_400_000)), 100).unref()
Date.now = () => real() + ahead
