import { awsPublisher } from './aws/publisher.ts'
import type { Publisher } from './disk-target.ts'
import { openstackPublisher } from './openstack/publisher.ts'

/** The only list of clouds that finished disks are published to. */
export const publishers: readonly Publisher[] = [awsPublisher, openstackPublisher]
