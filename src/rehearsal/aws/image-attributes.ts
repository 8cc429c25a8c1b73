import type { Output } from './answer.ts'
import { awsError } from './aws-error.ts'
import { mappingOutput } from './block-devices.ts'
import type { Call, Operations } from './call.ts'
import { findOwnImage } from './find.ts'
import { changedPermissions } from './permissions.ts'
import type { ImageRecord } from './records.ts'
import { publicImagesQuota } from './service-quotas.ts'

function ownImage(call: Call): ImageRecord {
  return findOwnImage(call, call.input.need('ImageId'))
}

const attributes: Readonly<Record<string, (image: ImageRecord) => Readonly<Record<string, Output>>>> = {
  blockDeviceMapping: (image) => ({ BlockDeviceMappings: image.mappings.map(mappingOutput) }),
  bootMode: (image) => ({ BootMode: { Value: image.bootMode } }),
  deregistrationProtection: (image) => ({ DeregistrationProtection: { Value: image.protection ?? 'disabled' } }),
  description: (image) => ({ Description: { Value: image.description } }),
  imdsSupport: (image) => ({ ImdsSupport: { Value: image.imds } }),
  kernel: () => ({ KernelId: {} }),
  lastLaunchedTime: (image) => ({
    LastLaunchedTime: {
      Value: image.lastLaunchedAt === undefined ? undefined : new Date(image.lastLaunchedAt).toISOString(),
    },
  }),
  launchPermission: (image) => ({ LaunchPermissions: image.permissions.map((each) => ({ ...each })) }),
  productCodes: () => ({ ProductCodes: [] }),
  ramdisk: () => ({ RamdiskId: {} }),
  sriovNetSupport: (image) => ({ SriovNetSupport: { Value: image.sriov } }),
  tpmSupport: (image) => ({ TpmSupport: { Value: image.tpm } }),
  uefiData: (image) => ({ UefiData: { Value: image.uefiData } }),
}

function changeLaunchPermissions(call: Call, image: ImageRecord): void {
  const snapshots = image.mappings.flatMap((each) => call.here.snapshots[each.snapshotId ?? ''] ?? [])
  const permissions = changedPermissions(call, image.permissions, {
    changes: 'LaunchPermission',
    groups: 'UserGroups',
    snapshots,
    unknown: 'InvalidAMIAttributeItemValue',
  })
  if (isPublic({ permissions }) && !isPublic(image)) checkPublishing(call)
  image.permissions = permissions
}

function isPublic({ permissions }: Pick<ImageRecord, 'permissions'>): boolean {
  return permissions.some((each) => each.Group === 'all')
}

/** What stands against one more public image in the region. */
function checkPublishing(call: Call): void {
  if (call.here.publicImages !== 'unblocked') {
    throw awsError(
      'OperationNotPermitted',
      "You can't publicly share this image because block public access for AMIs is enabled for this account. To publicly share the image, you must call the DisableImageBlockPublicAccess API.",
    )
  }
  if (Object.values(call.here.images).filter(isPublic).length >= publicImagesQuota) {
    throw awsError(
      'ResourceLimitExceeded',
      `You have reached your quota of ${publicImagesQuota} for the number of public images allowed in this Region. Deregister unused public images or make them private, or request an increase in your public AMIs quota.`,
    )
  }
}

/** The new value of a one-value attribute: in a structure of its own, or as `Attribute` and `Value`. */
function newValue({ input }: Call, member: string): string | undefined {
  const attribute = member.charAt(0).toLowerCase() + member.slice(1)
  return input.one(member)?.text('Value') ?? (input.text('Attribute') === attribute ? input.text('Value') : undefined)
}

function modify(call: Call): void {
  const image = ownImage(call)
  const description = newValue(call, 'Description')
  const imds = newValue(call, 'ImdsSupport')
  if (imds !== undefined && imds !== 'v2.0') {
    throw awsError('InvalidParameterValue', `Value (${imds}) for parameter imdsSupport is invalid.`)
  }
  if (description === undefined && imds === undefined) changeLaunchPermissions(call, image)
  if (description !== undefined) image.description = description
  if (imds !== undefined) image.imds = imds
}

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyImageAttribute.html and its neighbours. */
export const imageAttributeOperations: Operations = {
  DescribeImageAttribute: {
    supports: ['ImageId', 'Attribute'],
    run: (call) => {
      const image = ownImage(call)
      return { ImageId: image.id, ...attributes[call.input.need('Attribute')]?.(image) }
    },
  },
  ModifyImageAttribute: {
    supports: [
      'ImageId',
      'Attribute',
      'Value',
      'Description',
      'ImdsSupport',
      'LaunchPermission',
      'OperationType',
      'UserIds',
      'UserGroups',
      'OrganizationArns',
      'OrganizationalUnitArns',
    ],
    run: (call) => {
      modify(call)
      return undefined
    },
  },
  ResetImageAttribute: {
    supports: ['ImageId', 'Attribute'],
    run: (call) => {
      ownImage(call).permissions = []
      return undefined
    },
  },
  EnableImageDeprecation: {
    supports: ['ImageId', 'DeprecateAt'],
    run: (call) => {
      const image = ownImage(call)
      const at = Date.parse(call.input.need('DeprecateAt'))
      if (at < call.now) throw awsError('InvalidParameterValue', 'The deprecation time must be in the future.')
      // EC2 rounds to the minute.
      image.deprecateAt = Math.round(at / 60_000) * 60_000
      return { Return: true }
    },
  },
  DisableImageDeprecation: {
    supports: ['ImageId'],
    run: (call) => {
      delete ownImage(call).deprecateAt
      return { Return: true }
    },
  },
  EnableImageDeregistrationProtection: {
    supports: ['ImageId', 'WithCooldown'],
    run: (call) => {
      const image = ownImage(call)
      image.protection = call.input.flag('WithCooldown') ? 'enabled-with-cooldown' : 'enabled-without-cooldown'
      return { Return: image.protection }
    },
  },
  DisableImageDeregistrationProtection: {
    supports: ['ImageId'],
    run: (call) => {
      delete ownImage(call).protection
      return { Return: 'disabled' }
    },
  },
  GetImageBlockPublicAccessState: {
    supports: [],
    run: (call) => ({ ImageBlockPublicAccessState: call.here.publicImages, ManagedBy: 'account' }),
  },
  EnableImageBlockPublicAccess: {
    supports: ['ImageBlockPublicAccessState'],
    run: (call) => {
      call.here.publicImages = 'block-new-sharing'
      return { ImageBlockPublicAccessState: call.here.publicImages }
    },
  },
  DisableImageBlockPublicAccess: {
    supports: [],
    run: (call) => {
      call.here.publicImages = 'unblocked'
      return { ImageBlockPublicAccessState: call.here.publicImages }
    },
  },
}
