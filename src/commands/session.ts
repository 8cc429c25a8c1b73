import type { Context } from '../actions/context.ts'

/** Flags that every command has. */
export interface CommonFlags {
  readonly json?: boolean
  readonly debug?: boolean
  readonly quiet?: boolean
  /** `never`: not even when SINDRI_REHEARSE asks for it. */
  readonly rehearse?: boolean | 'never'
}

/** What a command may do to the outside: `cli.ts` makes it from the process. */
export interface Session {
  /** Runs a handler with a context, rehearsing when asked; afterwards the process ends with the exit code it returns (0 if none). */
  run(flags: CommonFlags, handler: (context: Context) => Promise<number | undefined>): Promise<void>
  /** Prints the result: the text for people, or with --json exactly one document. */
  result(flags: CommonFlags, json: unknown, text: string): void
  /** Prints text as it is on standard output. */
  text(text: string): void
  /** Tells something on standard error. */
  tell(text: string): void
  /** Asks on the terminal; without one the answer is an error that names the flag to use. */
  confirm(question: string, flag: string): Promise<boolean>
}
