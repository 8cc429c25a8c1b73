/** Everything that can be told while Sindri works. The library emits these and never prints. */
export type SindriEvent =
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string }
  | { readonly type: 'debug'; readonly message: string }
  | {
      readonly type: 'step'
      readonly id: string
      readonly title: string
      readonly state: StepState
      readonly detail?: string
    }
  | {
      readonly type: 'progress'
      readonly id: string
      readonly phase: string
      readonly fraction?: number
      readonly bytes?: SentBytes
    }
  | {
      readonly type: 'setting'
      readonly id: string
      readonly change: 'none' | 'made'
      readonly from: string
      readonly to: string
    }

/** How far bytes have come. `skipped` are zeros and what an earlier run had sent. */
export interface SentBytes {
  readonly sent: number
  readonly skipped: number
  readonly total: number
}

/** `adopted`: it was there already; `resumed`: an earlier run began it. */
export type StepState = 'adopted' | 'started' | 'resumed' | 'done' | 'failed' | 'cancelled' | 'undone'

/** Receives events; must not throw. */
export type Emit = (event: SindriEvent) => void
