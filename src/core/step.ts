import type { Sink } from './sink.ts'

/** Reads the output of an earlier step; throws when that step has not been done. */
export type Got = <Out>(step: Step<Out>) => Out

/**
 * How far a started thing is. `waits`: no bytes can be taken yet. `failed` is final: polling again would say the same;
 * `again`: what was begun is gone, as after a token that an earlier run has used up, and a new beginning is worth it.
 */
export type Poll<Out> =
  | { readonly done: Out }
  | { readonly busy: string; readonly fraction?: number; readonly waits?: true }
  | { readonly failed: string; readonly hint?: string; readonly again?: true }

/** What `find` met under our name or tag. The engine adopts it only when `digest` is the step's own. */
export interface Found<Out> {
  readonly digest: string | undefined
  readonly out: Out
}

/** How one private, undoable thing is made, in the words of a cloud. The engine decides when and how often. */
export interface Make<Out, Handle> {
  readonly title: string
  readonly after?: readonly Step<unknown>[]
  /** sha256 of the step's own inputs; the token is made of it. */
  readonly digest: string
  /** A best-effort step that fails is reported and healed by the next run. Default: required. */
  readonly bestEffort?: boolean
  /** The longest pause between two polls; the first ones are shorter. Default: 2 s. */
  readonly pollEveryMs?: number
  readonly deadlineMs?: number
  /** The handle opens something to whoever has it: it stays on the machine that began the step. */
  readonly handleIsSecret?: boolean
  /** What exists already, by deterministic name or tag. */
  find(got: Got): Promise<Found<Out> | undefined>
  /** Begins making it. The same token twice must begin it once. Returns a JSON value that a later process can poll. */
  start(got: Got, token: string): Promise<Handle>
  /** Where the bytes go, for a step that carries some. Asked for while `poll` says busy; then it goes on polling. */
  fill?(handle: Handle, got: Got): Sink
  poll(handle: Handle, got: Got): Promise<Poll<Out>>
  /** The user cancelled: stop it and wait until it has let go of what it holds. */
  cancel?(handle: Handle): Promise<void>
  /** Removes what a failed or vanished start left behind. Called before the next epoch begins. */
  sweep?(handle: Handle): Promise<void>
  undo?(out: Out): Promise<void>
}

/** One thing that is made once. Made by `step`; its handle's type is known to nobody else. */
export interface Step<Out> {
  readonly id: string
  readonly title: string
  readonly after: readonly Step<unknown>[]
  readonly bestEffort: boolean
  /** It carries the bytes of a disk. */
  readonly fills: boolean
  readonly run: (maker: Maker) => Promise<Out>
  readonly revert: (maker: Maker) => Promise<void>
}

/** The engine's side of a step. */
export interface Maker {
  make<Out, Handle>(id: string, make: Make<Out, Handle>): Promise<Out>
  unmake<Out, Handle>(id: string, make: Make<Out, Handle>): Promise<void>
}

/** Declares a step. `id` is unique in its release and stable over releases of Sindri: records are found by it. */
export function step<Out, Handle>(id: string, make: Make<Out, Handle>): Step<Out> {
  return {
    id,
    title: make.title,
    after: make.after ?? [],
    bestEffort: make.bestEffort ?? false,
    fills: make.fill !== undefined,
    run: (maker) => maker.make(id, make),
    revert: (maker) => maker.unmake(id, make),
  }
}
