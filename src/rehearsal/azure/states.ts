import type { DeploymentRecord, OperationRecord, ResourceRecord } from './records.ts'

/** How long things take in the rehearsal: long enough to be seen, short enough not to be waited for. */
export const durationsMs = { machine: 800, image: 1_000, network: 200, operation: 300 } as const

/** `Creating` or `Succeeded`. */
export function provisioningState({ readyAt }: Pick<ResourceRecord, 'readyAt'>, now: number): string {
  return now < readyAt ? 'Creating' : 'Succeeded'
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
