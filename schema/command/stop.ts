/** A second signal within this time is the first one again: a terminal and `npm start` each send theirs. */
const SAME_SIGNAL_MS = 1000

/**
 * Resolves with the reason when this process is asked to stop: Ctrl-C, a service manager's SIGTERM, or the end of the
 * parent that `tilsyn up` is. A later signal ends it at once, for a person who presses Ctrl-C again means it.
 *
 * SIGHUP says that the terminal has gone, and ends what runs in one; without a terminal it asks for `reload`.
 */
export function stopRequested(reload: (() => void) | null = null): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let askedAt: number | null = null
  const stop = (reason: string) => {
    if (askedAt !== null && Date.now() - askedAt > SAME_SIGNAL_MS) process.exit(1)
    askedAt ??= Date.now()
    resolve(reason)
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop(signal))
  process.on('SIGHUP', () => (reload === null || hasTerminal() ? stop('SIGHUP') : reload()))
  // That the parent ends after having sent a signal is part of the same stop.
  if (process.channel !== undefined) process.once('disconnect', () => askedAt ?? stop('disconnect'))
  return promise
}

/** On Windows the signal is the console's, whatever is written to it. */
function hasTerminal(): boolean {
  return process.platform === 'win32' || process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
}

/** Tells the parent, if there is one, that this half is ready and where. */
export function tellReady(ready: Ready): void {
  process.send?.(ready)
}

/** What a half tells `tilsyn up` when it is ready. */
export type Ready =
  | { readonly half: 'proxy'; readonly url: string; readonly samplePerson: string | null }
  | { readonly half: 'reports'; readonly url: string; readonly signIn: string }
