import { accountOperations } from './account.ts'
import type { Operations } from './call.ts'
import { imageAttributeOperations } from './image-attributes.ts'
import { imageMakingOperations } from './image-making.ts'
import { imageOperations } from './images.ts'
import { importSnapshotOperations } from './import-snapshot.ts'
import { instanceLifecycleOperations } from './instance-lifecycle.ts'
import { instanceTypeOperations } from './instance-types.ts'
import { instanceOperations } from './instances.ts'
import { keyPairOperations } from './key-pairs.ts'
import { networkOperations } from './network.ts'
import { registerImageOperation } from './register-image.ts'
import { runInstancesOperation } from './run-instances.ts'
import { securityGroupOperations } from './security-groups.ts'
import { snapshotOperations } from './snapshots.ts'
import { tagOperations } from './tags.ts'
import { volumeOperations } from './volumes.ts'

/** Every operation of EC2 the stand-in has. */
export const operations: Operations = {
  ...accountOperations,
  ...imageAttributeOperations,
  ...imageMakingOperations,
  ...imageOperations,
  ...importSnapshotOperations,
  ...instanceLifecycleOperations,
  ...instanceOperations,
  ...instanceTypeOperations,
  ...keyPairOperations,
  ...networkOperations,
  ...registerImageOperation,
  ...runInstancesOperation,
  ...securityGroupOperations,
  ...snapshotOperations,
  ...tagOperations,
  ...volumeOperations,
}
