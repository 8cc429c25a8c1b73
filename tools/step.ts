import { spawn } from 'node:child_process'

/** How a step ended. `output` is shown only when it failed; `note` is the reason of a skip or a word on the result. */
export interface Outcome {
  readonly state: 'ok' | 'failed' | 'skipped'
  readonly note?: string
  readonly output?: string
}

/** One line of a task's report. */
export interface Step {
  readonly title: string
  run(): Promise<Outcome>
}

/** Numbers for the last line of CI, in the words of vitest's JSON reporter. */
export interface Tally {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
}

/** Runs one step, prints its line (`ok      types  4.2 s`) and what it said when it failed. A throw is a failure. */
export async function runStep(step: Step): Promise<Outcome> {
  const begin = performance.now()
  const outcome = await step.run().catch((error): Outcome => ({ state: 'failed', output: String(error) }))
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  const note = outcome.note === undefined ? '' : `  (${outcome.note})`
  console.log(`${outcome.state.padEnd(7)}  ${step.title}  ${seconds} s${note}`)
  if (outcome.state === 'failed' && outcome.output) console.log(outcome.output.trimEnd().replace(/^/gm, '    '))
  return outcome
}

/** Runs all steps, also after a failed one, and counts how they ended. */
export async function runSteps(steps: readonly Step[]): Promise<Tally> {
  const states: string[] = []
  for (const step of steps) states.push((await runStep(step)).state)
  const count = (state: Outcome['state']): number => states.filter((other) => other === state).length
  return { numPassedTests: count('ok'), numFailedTests: count('failed'), numPendingTests: count('skipped') }
}

/** Runs a program to its end. Resolves also when it fails or cannot be started; the output holds both streams. */
export function command(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome & { readonly output: string }> {
  const [program = '', ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    }
    child.on('error', (error) => resolve({ state: 'failed', output: `cannot run ${program}: ${error.message}` }))
    child.on('close', (code) => resolve({ state: code === 0 ? 'ok' : 'failed', output }))
  })
}
