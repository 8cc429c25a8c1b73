import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import { mappingOutput } from './block-devices.ts'
import type { Call, Operations } from './call.ts'
import { type Filters, filtered } from './filters.ts'
import { allImages, findImage, findOwnImage } from './find.ts'
import type { ImageRecord } from './records.ts'
import { account } from './signature.ts'
import { releaseFile } from './snapshots.ts'
import { imageState } from './states.ts'
import { tagList } from './tags.ts'

function isPublic(image: ImageRecord): boolean {
  return image.permissions.some((permission) => permission.Group === 'all')
}

function isDeprecated(image: ImageRecord, now: number): boolean {
  return image.deprecateAt !== undefined && image.deprecateAt <= now
}

function locationOf(image: ImageRecord): string {
  return `${image.owner}/${image.name}`
}

const imageFilters: Filters<ImageRecord> = {
  architecture: (image) => image.architecture,
  'block-device-mapping.delete-on-termination': (image) =>
    image.mappings.map((each) => String(each.deleteOnTermination)),
  'block-device-mapping.device-name': (image) => image.mappings.map((each) => each.device),
  'block-device-mapping.encrypted': (image) => image.mappings.map((each) => String(each.encrypted)),
  'block-device-mapping.snapshot-id': (image) => image.mappings.flatMap((each) => each.snapshotId ?? []),
  'block-device-mapping.volume-size': (image) => image.mappings.map((each) => String(each.sizeGiB)),
  'block-device-mapping.volume-type': (image) => image.mappings.map((each) => each.type),
  'creation-date': (image) => new Date(image.createdAt).toISOString(),
  description: (image) => image.description,
  'ena-support': (image) => image.ena,
  hypervisor: () => 'xen',
  'image-id': (image) => image.id,
  'image-type': () => 'machine',
  'is-public': isPublic,
  'manifest-location': locationOf,
  name: (image) => image.name,
  'owner-alias': (image) => image.ownerAlias,
  'owner-id': (image) => image.owner,
  'root-device-name': (image) => image.rootDevice,
  'root-device-type': () => 'ebs',
  'source-image-id': (image) => image.source?.id,
  'source-image-region': (image) => image.source?.region,
  'source-instance-id': (image) => image.source?.instanceId,
  'sriov-net-support': (image) => image.sriov,
  state: (image, call) => imageState(image, call.now),
  'virtualization-type': () => 'hvm',
}

function imageOutput(image: ImageRecord, now: number): Output {
  const state = imageState(image, now)
  return {
    ImageId: image.id,
    Name: image.name,
    ImageLocation: locationOf(image),
    State: state,
    StateReason: state === 'failed' ? { Code: 'Client.InternalError', Message: image.failure } : undefined,
    OwnerId: image.owner,
    ImageOwnerAlias: image.ownerAlias,
    CreationDate: new Date(image.createdAt).toISOString(),
    Public: isPublic(image),
    Architecture: image.architecture,
    ImageType: 'machine',
    PlatformDetails: 'Linux/UNIX',
    UsageOperation: 'RunInstances',
    // An image that is not available yet is described without the ids of its snapshots.
    BlockDeviceMappings: image.mappings.map((each) =>
      mappingOutput(state === 'available' ? each : { ...each, snapshotId: undefined }),
    ),
    Description: image.description === '' ? undefined : image.description,
    EnaSupport: image.ena,
    Hypervisor: 'xen',
    RootDeviceName: image.rootDevice,
    RootDeviceType: 'ebs',
    SriovNetSupport: image.sriov,
    Tags: tagList(image.tags),
    VirtualizationType: 'hvm',
    BootMode: image.bootMode,
    TpmSupport: image.tpm,
    DeprecationTime: image.deprecateAt === undefined ? undefined : new Date(image.deprecateAt).toISOString(),
    ImdsSupport: image.imds,
    SourceInstanceId: image.source?.instanceId,
    SourceImageId: image.source?.id,
    SourceImageRegion: image.source?.region,
    DeregistrationProtection: image.protection ?? 'disabled',
    LastLaunchedTime: image.lastLaunchedAt === undefined ? undefined : new Date(image.lastLaunchedAt).toISOString(),
  }
}

/** Whether the request's owners, executable users and deprecation choice leave the image in. */
function asked(image: ImageRecord, { input, now }: Call): boolean {
  const owners = input.texts('Owners')
  const self = image.owner === account
  const owned = owners.some((owner) => (owner === 'self' ? self : owner === image.owner || owner === image.ownerAlias))
  if (owners.length > 0 && !owned) return false
  const users = input.texts('ExecutableUsers')
  const executable = users.some((user) => {
    if (user === 'all') return isPublic(image)
    return image.permissions.some((permission) => permission.UserId === (user === 'self' ? account : user))
  })
  if (users.length > 0 && !executable) return false
  return self || input.flag('IncludeDeprecated') === true || !isDeprecated(image, now)
}

function deregister(call: Call, image: ImageRecord): readonly string[] {
  if (image.protection !== undefined) {
    throw awsError(
      'OperationNotPermitted',
      `Deregistration protection is enabled for the AMI ${image.id}. Disable it to deregister the AMI.`,
    )
  }
  delete call.here.images[image.id]
  call.here.formerImages[image.id] = true
  return image.mappings.flatMap((each) => each.snapshotId ?? [])
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html and its neighbours. */
export const imageOperations: Operations = {
  DescribeImages: {
    supports: [
      'ImageIds',
      'Owners',
      'ExecutableUsers',
      'Filters',
      'IncludeDeprecated',
      'IncludeDisabled',
      'MaxResults',
      'NextToken',
    ],
    run: (call) => {
      const ids = call.input.texts('ImageIds')
      const candidates = ids.length > 0 ? ids.map((id) => findImage(call, id)) : allImages(call)
      const { items, next } = filtered(
        call,
        candidates.filter((image) => asked(image, call)),
        imageFilters,
      )
      return { Images: items.map((image) => imageOutput(image, call.now)), NextToken: next }
    },
  },
  DeregisterImage: {
    supports: ['ImageId', 'DeleteAssociatedSnapshots'],
    run: async (call) => {
      const snapshots = deregister(call, findOwnImage(call, call.input.need('ImageId')))
      if (call.input.flag('DeleteAssociatedSnapshots') !== true) return { Return: true }
      const results: Output[] = []
      for (const SnapshotId of snapshots) {
        const inUse = Object.values(call.here.images).some((other) =>
          other.mappings.some((each) => each.snapshotId === SnapshotId),
        )
        const snapshot = call.here.snapshots[SnapshotId]
        if (!inUse && snapshot !== undefined) {
          delete call.here.snapshots[SnapshotId]
          await releaseFile(call, snapshot.file)
        }
        results.push({ SnapshotId, ReturnCode: inUse ? 'skipped' : 'success' })
      }
      return { Return: true, DeleteSnapshotResults: results }
    },
  },
}
