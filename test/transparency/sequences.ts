/** Scripts of several messages on one connection, of what comes when, and of what breaks off. */
import { EARLY } from './early.ts'
import { BROKEN, HALVES } from './ends.ts'
import type { Script } from './script.ts'
import { TURNS } from './turns.ts'
import { SOCKETS } from './websockets.ts'

export const SEQUENCES: readonly Script[] = [...TURNS, ...EARLY, ...BROKEN, ...HALVES, ...SOCKETS]
