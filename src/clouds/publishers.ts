import { alibabaPublisher } from './alibaba/publisher.ts'
import { awsPublisher } from './aws/publisher.ts'
import { azurePublisher } from './azure/publisher.ts'
import type { Publisher } from './disk-target.ts'
import { gcpPublisher } from './gcp/publisher.ts'
import { ociPublisher } from './oci/publisher.ts'
import { openstackPublisher } from './openstack/publisher.ts'

/** The only list of clouds that finished disks are published to. */
export const publishers: readonly Publisher[] = [
  awsPublisher,
  azurePublisher,
  gcpPublisher,
  ociPublisher,
  alibabaPublisher,
  openstackPublisher,
]
