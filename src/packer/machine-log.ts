import { cleaningUp, phases } from './phases.ts'

/** One line of Packer's machine-readable output. https://developer.hashicorp.com/packer/docs/commands#machine-readable-output */
export interface MachineLine {
  /** Seconds since 1970. */
  readonly at: number
  /** The build this line is about, for example `amazon-ebs.sindri`; empty when it is about all of them. */
  readonly target: string
  readonly type: string
  readonly data: readonly string[]
}

/** What a build made. */
export interface Artifact {
  readonly builder: string
  /** In the builder's own form: `us-east-1:ami-1,us-west-2:ami-2` for amazon-ebs. */
  readonly id: string
}

/** Where a Packer run is, folded from its log. */
export interface PackerState {
  /** In words for people: `preparing`, `provisioning: 10-init.sh`, `creating image`. */
  readonly phase: string
  /** The last phase before cleaning up: of a failed run, what failed. */
  readonly reached: string
  readonly artifacts: readonly Artifact[]
  readonly errors: readonly string[]
  /** The last lines of output before cleaning up, for a message about a failure. */
  readonly recent: readonly string[]
}

/** The state before the first line. */
export const notStarted: PackerState = {
  phase: 'preparing',
  reached: 'preparing',
  artifacts: [],
  errors: [],
  recent: [],
}

const recentLines = 20

/** One line of the log, or `undefined` when Packer did not write it in its machine-readable form (a crash, for example). */
export function parseLine(line: string): MachineLine | undefined {
  const [at = '', target = '', type, ...data] = line.replace(/\r$/u, '').split(',')
  if (!/^\d+$/u.test(at) || type === undefined) return undefined
  const unescaped = data.map((text) =>
    text.replaceAll('%!(PACKER_COMMA)', ',').replaceAll('\\n', '\n').replaceAll('\\r', '\r'),
  )
  return { at: Number(at), target, type, data: unescaped }
}

/** The state after one more line of the log. */
export function follow(state: PackerState, text: string): PackerState {
  const line = parseLine(text)
  if (line === undefined) return withOutput(state, text)
  const [first = '', second = '', third = ''] = line.data
  switch (line.type) {
    case 'ui':
      return followOutput(state, first, second)
    case 'error':
      return withError(state, first)
    case 'artifact':
      return second === 'id' ? withArtifact(state, { builder: line.target, id: third }) : state
    default:
      return state
  }
}

function followOutput(state: PackerState, kind: string, text: string): PackerState {
  // A script's own error output is of this kind too; Packer's complaints about the template begin with this word.
  if (kind === 'error' && text.startsWith('Error: ')) return withError(state, text.trim())
  const said = /^(?:==> |\s{4})[\w.-]+: (?<words>.*)/su.exec(text)?.groups?.words ?? text
  // Whoever cleans up does nothing else any more, whatever the words.
  const phase = state.phase === cleaningUp ? cleaningUp : (beginning(said.trim()) ?? state.phase)
  const next = { ...state, phase, reached: phase === cleaningUp ? state.reached : phase }
  return withOutput(next, said)
}

function beginning(said: string): string | undefined {
  for (const { begins, phase } of phases) {
    const found = begins.exec(said)
    if (found !== null) return phase(found[1] ?? '')
  }
  return undefined
}

/** How Packer sums up a run: it repeats the errors and adds nothing. */
const summary = /^(Build '.*' errored after|==> (Wait completed|Some builds didn't|Builds finished)|--> )/u

function withOutput(state: PackerState, text: string): PackerState {
  if (text.trim() === '' || state.phase === cleaningUp || summary.test(text.trim())) return state
  return { ...state, recent: [...state.recent, ...text.trim().split('\n')].slice(-recentLines) }
}

function withError(state: PackerState, message: string): PackerState {
  return state.errors.includes(message) ? state : { ...state, errors: [...state.errors, message] }
}

/** With post-processors Packer lists the same image once for each of them. */
function withArtifact(state: PackerState, made: Artifact): PackerState {
  const listed = state.artifacts.some((one) => one.builder === made.builder && one.id === made.id)
  return listed ? state : { ...state, artifacts: [...state.artifacts, made] }
}
