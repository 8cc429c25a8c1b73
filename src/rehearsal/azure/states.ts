import type { DeploymentRecord, OperationRecord, ResourceRecord } from './records.ts'

/** How long things take in the rehearsal: long enough to be seen, short enough not to be waited for. */
export const durationsMs = { machine: 800, image: 1_000, network: 200, operation: 300 } as const

/** `Creating` or `Succeeded`; of a version also `Updating`, and `Failed` when it is not in all its locations. */
export function provisioningState(
  { readyAt, replicas = {} }: Pick<ResourceRecord, 'readyAt' | 'replicas'>,
  now: number,
): string {
  if (now < readyAt) return 'Creating'
  const all = Object.values(replicas)
  if (all.some((replica) => now < replica.readyAt)) return 'Updating'
  return all.some(({ error }) => error !== undefined) ? 'Failed' : 'Succeeded'
}

/** `InProgress`, `Succeeded` or `Failed`. */
export function operationStatus({ doneAt, error }: OperationRecord, now: number): string {
  if (now < doneAt) return 'InProgress'
  return error === undefined ? 'Succeeded' : 'Failed'
}

/** `Running`, `Succeeded` or `Failed`. */
export function deploymentState({ doneAt, error }: DeploymentRecord, now: number): string {
  if (now < doneAt) return 'Running'
  return error === undefined ? 'Succeeded' : 'Failed'
}
