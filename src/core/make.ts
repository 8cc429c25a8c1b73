import type { Clock } from './clock.ts'
import { SindriError } from './error.ts'
import type { Emit } from './events.ts'
import type { KeptHandles } from './kept-handle.ts'
import { partRecord } from './part-record.ts'
import { type Journal, openJournal, type StepRecord, tokenOf } from './record.ts'
import { retry } from './retry.ts'
import type { Fill } from './sink.ts'
import type { Got, Make, Maker, Poll } from './step.ts'
import type { Store } from './store.ts'

export interface MakerOptions {
  readonly release: string
  readonly store: Store
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly emit: Emit
  readonly got: Got
  /** Brings the bytes of steps that carry some. */
  readonly fill?: Fill | undefined
  /** Where handles that are secrets are kept, when others may read the store. */
  readonly secrets?: KeptHandles | undefined
}

const firstPollMs = 500
const defaultPollMs = 2_000
/** Tokens that earlier runs have used up are passed over, as many as this at once. */
const mostBeginnings = 5
const defaultDeadlineMs = 3 * 60 * 60 * 1000

/**
 * Carries out one step: at-least-once execution, at most one resource per (release, step, epoch).
 * Order of writes: `begun` before anything else, the handle the moment it is known, `done` last.
 */
export function openMaker(options: MakerOptions): Maker {
  const { release, store, clock, signal, emit, got, fill, secrets } = options
  const again = <T>(call: () => Promise<T>): Promise<T> => retry(clock, signal, call)

  return {
    async make<Out, Handle>(id: string, make: Make<Out, Handle>): Promise<Out> {
      const tell = (state: Parameters<typeof stepEvent>[2], detail?: string): void =>
        emit(stepEvent(id, make.title, state, detail))
      let journal = await begin(id, make)
      const found = await again(() => make.find(got))
      if (found !== undefined) {
        if (found.digest !== make.digest) throw foreign(make.title)
        if (journal.record?.state !== 'done') await journal.write(next(journal, { state: 'done', out: found.out }))
        tell('adopted')
        return found.out
      }
      if (journal.record?.state === 'done') journal = await newEpoch(journal, id)
      if (journal.record?.state === 'failed') journal = await afterFailure(journal, id, make)

      let resumed = journal.record?.state === 'started'
      for (let attempt = 1; ; attempt++) {
        tell(resumed ? 'resumed' : 'started')
        const ended = await carryOut(journal, id, make)
        if ('done' in ended) {
          tell('done')
          return ended.done
        }
        if (!resumed && (ended.again !== true || attempt >= mostBeginnings)) {
          tell('failed', ended.failed)
          throw new SindriError(
            'failed',
            `${make.title}: ${ended.failed}`,
            ended.hint === undefined ? {} : { hint: ended.hint },
          )
        }
        // What an earlier run began has ended badly meanwhile, or is gone: this run has made nothing yet.
        tell('failed', `${ended.failed}; beginning again`)
        journal = await newEpoch(await openJournal(store, id), id)
        resumed = false
      }
    },

    async unmake<Out, Handle>(id: string, make: Make<Out, Handle>): Promise<void> {
      const journal = await openJournal(store, id)
      const { record } = journal
      const found = await again(() => make.find(got)).catch((error: unknown) => {
        if (error instanceof SindriError && error.code === 'not-found') return undefined
        throw error
      })
      // Without a record it is ours only when it was made from the same.
      if (found !== undefined && record === undefined && found.digest !== make.digest) throw foreign(make.title)
      if (found === undefined && record === undefined) return
      if (found !== undefined) await make.undo?.(found.out)
      else {
        const handle = await handleOf(journal, id, make)
        if (handle !== undefined) await make.sweep?.(handle)
      }
      if (record !== undefined) await journal.write(next(journal, { state: 'failed', error: 'undone' }))
      // What is not undone stays, and nothing is told of it.
      if (make.undo !== undefined) emit(stepEvent(id, make.title, 'undone'))
    },
  }

  async function begin<Out, Handle>(id: string, make: Make<Out, Handle>): Promise<Journal> {
    const journal = await openJournal(store, id)
    if (journal.record === undefined) return journal.write(fresh(id, make.digest, 1))
    if (journal.record.digest !== make.digest) throw foreign(make.title)
    return journal
  }

  function fresh(id: string, inputs: string, epoch: number): StepRecord {
    return { state: 'begun', epoch, digest: inputs, token: tokenOf(release, id, inputs, epoch), at: clock.now() }
  }

  function next(journal: Journal, change: Partial<StepRecord>): StepRecord {
    if (journal.record === undefined) throw new SindriError('failed', 'a step was continued before it was begun')
    return { ...journal.record, ...change, at: clock.now() }
  }

  async function newEpoch(journal: Journal, id: string): Promise<Journal> {
    const { digest, epoch } = next(journal, {})
    return journal.write(fresh(id, digest, epoch + 1))
  }

  async function afterFailure<Out, Handle>(journal: Journal, id: string, make: Make<Out, Handle>): Promise<Journal> {
    const handle = await handleOf(journal, id, make)
    if (handle !== undefined) await again(async () => make.sweep?.(handle))
    return newEpoch(journal, id)
  }

  /** What this step's own `start` has returned, through JSON; undefined when it began nothing, or on another machine. */
  async function handleOf<Out, Handle>(
    { record }: Journal,
    id: string,
    { handleIsSecret }: Make<Out, Handle>,
  ): Promise<Handle | undefined> {
    const kept = handleIsSecret && record !== undefined ? await secrets?.read(id, record.token) : undefined
    return (kept ?? record?.handle) as Handle | undefined
  }

  async function carryOut<Out, Handle>(journal: Journal, id: string, make: Make<Out, Handle>): Promise<Ended<Out>> {
    let current = journal
    const deadline = clock.now() + (make.deadlineMs ?? defaultDeadlineMs)
    let handle = await handleOf(current, id, make)
    if (handle === undefined) {
      signal.throwIfAborted()
      const { token } = next(current, {})
      handle = await again(() => make.start(got, token))
      const secret = make.handleIsSecret === true && secrets !== undefined
      if (secret) await secrets.write(id, token, handle)
      current = await current.write(next(current, { state: 'started', ...(!secret && { handle }) }))
    }
    let sinkOf = make.fill?.bind(make)
    // What is soon done is soon noticed.
    let pauseMs = firstPollMs
    for (;;) {
      if (signal.aborted) await cancel(current, id, make, handle)
      signal.throwIfAborted()
      const poll = await again(() => make.poll(handle, got))
      if ('done' in poll) {
        await current.write(next(current, { state: 'done', out: poll.done }))
        return poll
      }
      if ('failed' in poll) {
        await again(async () => make.sweep?.(handle))
        await current.write(next(current, { state: 'failed', error: withoutAddresses(poll.failed) }))
        return poll
      }
      if (sinkOf !== undefined && poll.waits !== true) {
        if (fill === undefined) throw new SindriError('failed', `${make.title} wants bytes, and there are none`)
        await fill(id, sinkOf(handle, got), partRecord(store, id, next(current, {}).token))
        sinkOf = undefined
        continue
      }
      if (clock.now() > deadline) {
        const minutes = Math.round((make.deadlineMs ?? defaultDeadlineMs) / 60_000)
        throw new SindriError('timeout', `${make.title} was not done within ${minutes} minutes (${poll.busy})`, {
          hint: 'run the same command again: it goes on where this one stopped',
        })
      }
      emit({
        type: 'progress',
        id,
        phase: poll.busy,
        ...(poll.fraction === undefined ? {} : { fraction: poll.fraction }),
      })
      pauseMs = Math.min(pauseMs, make.pollEveryMs ?? defaultPollMs)
      await clock.sleep(pauseMs, signal).catch(() => undefined)
      pauseMs *= 2
    }
  }

  async function cancel<Out, Handle>(
    journal: Journal,
    id: string,
    make: Make<Out, Handle>,
    handle: Handle,
  ): Promise<void> {
    if (make.cancel === undefined) return
    await make.cancel(handle)
    await make.sweep?.(handle)
    await journal.write(next(journal, { state: 'failed', error: 'cancelled' }))
    emit(stepEvent(id, make.title, 'cancelled'))
  }
}

type Ended<Out> = Exclude<Poll<Out>, { readonly busy: string }>

function stepEvent(
  id: string,
  title: string,
  state: 'adopted' | 'started' | 'resumed' | 'done' | 'failed' | 'cancelled' | 'undone',
  detail?: string,
): { type: 'step'; id: string; title: string; state: typeof state; detail?: string } {
  return { type: 'step', id, title, state, ...(detail === undefined ? {} : { detail }) }
}

/** What a cloud says may hold an address that it was given, which may open something. */
function withoutAddresses(text: string): string {
  return text.replaceAll(/\bhttps?:\/\/[^\s'"<>]+/g, '(an address)')
}

function foreign(title: string): SindriError {
  return new SindriError('conflict', `${title}: what exists under this name was made from something else`, {
    hint: 'release under a new name, or remove what exists; it is never overwritten or adopted',
  })
}
