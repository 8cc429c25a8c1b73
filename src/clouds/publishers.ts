import { alibabaPublisher } from './alibaba/publisher.ts'
import { awsPublisher } from './aws/publisher.ts'
import type { Publisher } from './disk-target.ts'

/** The only list of clouds that finished disks are published to. */
export const publishers: readonly Publisher[] = [awsPublisher, alibabaPublisher]
