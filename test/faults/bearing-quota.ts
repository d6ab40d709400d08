/**
 * Loaded before a proxy (`node --import`): beyond the size that it may give to files, a write fails (EFBIG) and the process
 * lives on, as it does on any other disk that takes no more; without this the system would end it (`setrlimit(2)`).
 */
import { isMainThread } from 'node:worker_threads'

if (isMainThread) process.on('SIGXFSZ', () => undefined)
