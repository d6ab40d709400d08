/**
 * Resolves with the reason when this process is asked to stop: Ctrl-C, a service manager's SIGTERM, or the end of the
 * parent that `tilsyn up` is. A second signal ends it at once, for a person who presses Ctrl-C twice means it.
 */
export function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    let asked = false
    const stop = (reason: string) => {
      if (asked) process.exit(1)
      asked = true
      resolve(reason)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(signal))
    if (process.channel !== undefined) process.once('disconnect', () => (asked ? undefined : stop('disconnect')))
  })
}

/** Tells the parent, if there is one, that this half is ready and where. */
export function tellReady(ready: Ready): void {
  process.send?.(ready)
}

/** What a half tells `tilsyn up` when it is ready. */
export type Ready =
  | { readonly half: 'proxy'; readonly url: string; readonly samplePerson: string | null }
  | { readonly half: 'reports'; readonly url: string; readonly signIn: string }
