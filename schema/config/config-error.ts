/** One mistake in the configuration: where, and what was expected there. Holds no value of the file: some are secret. */
export interface Mistake {
  /** `servers[0].upstream`; empty for the file as a whole. */
  readonly path: string
  readonly expected: string
  /** How it could be written, as JSON; `null` where no example helps. */
  readonly example: string | null
}

/** The configuration cannot be used. Ends the start (exit code 2): nothing is forwarded on a guess. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'CONFIG_INVALID'
  readonly file: string
  readonly mistakes: readonly Mistake[]
  constructor(file: string, mistakes: readonly Mistake[], options?: ErrorOptions) {
    super(`${file}:\n${mistakes.map(line).join('\n')}`, options)
    this.file = file
    this.mistakes = mistakes
  }
}

function line({ path, expected, example }: Mistake): string {
  return `  ${path === '' ? '(the file)' : path}: ${expected}${example === null ? '' : `, for example ${example}`}`
}
