import { alibabaError } from './alibaba-error.ts'
import type { Call } from './call.ts'
import type { InstanceRecord } from './records.ts'

/** The instance by its id, or Alibaba Cloud's refusal. */
export function findInstance({ world, region }: Pick<Call, 'world' | 'region'>, id: string): InstanceRecord {
  const instance = world.records.instances[id]
  if (instance !== undefined && instance.region === region) return instance
  throw alibabaError('InvalidInstanceId.NotFound', 'The specified InstanceId does not exist.')
}

/** The same, of several. */
export function ownInstances(call: Call, ids: readonly string[]): readonly InstanceRecord[] {
  return ids.map((id) => findInstance(call, id))
}
