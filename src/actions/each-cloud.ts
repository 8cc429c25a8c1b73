import { clouds as known } from '../clouds/index.ts'
import type { CloudName } from '../config/cloud-name.ts'
import type { Flags } from '../config/flags.ts'
import { SindriError } from '../core/error.ts'
import type { Emit, SindriEvent } from '../core/events.ts'
import type { Context } from './context.ts'

/** The clouds a command is for: named ones, or every one there is. */
export type CloudChoice = readonly CloudName[] | 'all'

/** What became of one cloud. */
export type CloudOutcome<T> =
  | { readonly cloud: CloudName; readonly result: T }
  | { readonly cloud: CloudName; readonly error: unknown }

/** The names behind a choice. @throws SindriError `usage` for flags that mean something else in every cloud */
export function cloudsOf(choice: CloudChoice, { region, instanceType }: Flags): readonly CloudName[] {
  if (region !== undefined || instanceType !== undefined) {
    const flag = region === undefined ? '--instance-type' : '--region'
    throw new SindriError('usage', `${flag} is another word in every cloud, and several are asked for`, {
      hint: "give one --cloud, or set it in each cloud's section of sindri.yaml",
    })
  }
  return choice === 'all' ? known.map(({ id }) => id) : choice
}

/**
 * Does the same in several clouds, in their order and at most `atOnce` at a time (0: all of them). A cloud that fails
 * stops no other. What is told on the way names its cloud.
 */
export async function eachCloud<T>(
  clouds: readonly CloudName[],
  atOnce: number,
  context: Context,
  work: (cloud: CloudName, context: Context) => Promise<T>,
): Promise<readonly CloudOutcome<T>[]> {
  const outcomes: CloudOutcome<T>[] = []
  const waiting = clouds.entries()
  async function worker(): Promise<void> {
    for (const [index, cloud] of waiting) {
      outcomes[index] = await work(cloud, { ...context, emit: naming(cloud, context.emit) }).then(
        (result) => ({ cloud, result }),
        (error: unknown) => ({ cloud, error }),
      )
    }
  }
  const workers = atOnce === 0 ? clouds.length : Math.min(atOnce, clouds.length)
  await Promise.all(Array.from({ length: workers }, worker))
  return outcomes
}

function naming(cloud: CloudName, emit: Emit): Emit {
  return (event) => emit(named(cloud, event))
}

function named(cloud: CloudName, event: SindriEvent): SindriEvent {
  switch (event.type) {
    case 'note':
    case 'warning':
    case 'debug':
      return { ...event, message: `${cloud}: ${event.message}` }
    case 'step':
      return { ...event, id: `${cloud}/${event.id}`, title: `${cloud}: ${event.title}` }
    case 'progress':
    case 'setting':
      return { ...event, id: `${cloud}/${event.id}` }
  }
}
