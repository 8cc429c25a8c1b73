import { awsPublisher } from './aws/publisher.ts'
import { azurePublisher } from './azure/publisher.ts'
import type { Publisher } from './disk-target.ts'

/** The only list of clouds that finished disks are published to. */
export const publishers: readonly Publisher[] = [awsPublisher, azurePublisher]
