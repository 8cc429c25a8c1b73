/** A mistake in the configuration, by its place in the document. */
export interface Mistake {
  /** The keys and list indices that lead to the value. */
  readonly path: readonly (string | number)[]
  /** The key itself is the mistake, not its value. */
  readonly atKey?: boolean
  readonly message: string
  readonly hint?: string
}

/** `providers.packer.aws.ami_users[0]`. */
export function dotted(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  )
}
