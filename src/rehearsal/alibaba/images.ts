import type { Json } from '../kit/json.ts'
import { wildcardMatch } from '../kit/wildcard.ts'
import { alibabaError, notImplemented } from './alibaba-error.ts'
import type { Call, Operations } from './call.ts'
import { listed, listParameters, tagsOutput, timeOf } from './listing.ts'
import { checkRegion, newId } from './places.ts'
import type { ImageRecord, SnapshotRecord } from './records.ts'
import { account } from './signature.ts'
import { imageStatus, instanceStatus, readyAt } from './states.ts'
import { stockImages } from './stock.ts'
import { oncePerToken } from './tokens.ts'

function ownImage({ world, region }: Call, id: string): ImageRecord {
  const image = world.records.images[id]
  if (image !== undefined && image.region === region) return image
  throw alibabaError('InvalidImageId.NotFound', 'The specified ImageId does not exist.')
}

/** An image that instances can be made from, by id or as the newest of its family, with the file of its disk. */
export function launchable(call: Call): { readonly image: ImageRecord; readonly file: string } {
  const { input, region, world, now } = call
  const id = input.text('ImageId') ?? newestOf(call, input.need('ImageFamily'))?.id ?? ''
  const stock = stockImages(world.stock).find((one) => one.region === region && one.id === id)
  if (stock !== undefined) return { image: stock, file: stock.file }
  const image = ownImage(call, id)
  if (imageStatus(image, world.records, now) !== 'Available')
    throw alibabaError('InvalidImageId.NotReady', 'The specified image is not available yet.')
  return { image, file: world.records.snapshots[image.snapshotId]?.file ?? '' }
}

function newestOf({ world, region, now }: Call, family: string): ImageRecord | undefined {
  return [...Object.values(world.records.images), ...stockImages(world.stock)]
    .filter(
      (image) =>
        image.region === region && image.family === family && imageStatus(image, world.records, now) === 'Available',
    )
    .sort((a, b) => b.createdAt - a.createdAt)[0]
}

function imageOutput(image: ImageRecord, { world, now }: Call): Json {
  const { id, name, description, family, owner, architecture, snapshotId, sizeGb, tags, createdAt } = image
  const status = imageStatus(image, world.records, now)
  const used = Object.values(world.records.instances).some((one) => one.imageId === id)
  const nvme = image.nvme === true ? 'supported' : 'unsupported'
  const disk = { SnapshotId: snapshotId, Size: String(sizeGb), Device: '/dev/xvda', Type: 'system', Format: '' }
  return {
    ...{ ImageId: id, ImageName: name, Description: description ?? '', ImageFamily: family ?? '', ImageVersion: '' },
    ...{ ImageOwnerAlias: owner, Status: status, Progress: status === 'Available' ? '100%' : '50%' },
    ...{
      CreationTime: timeOf(createdAt),
      Architecture: architecture,
      Size: sizeGb,
      OSType: 'linux',
      Platform: image.platform ?? 'Others Linux',
    },
    ...{
      IsCopied: image.copyOf !== undefined,
      IsPublic: owner === 'system' || image.open === true,
      IsSupportCloudinit: true,
    },
    ...{ IsSupportIoOptimized: true, IsSubscribed: false, Usage: used ? 'instance' : 'none' },
    ...{ BootMode: image.bootMode ?? 'BIOS', Features: { NvmeSupport: nvme } },
    ...{ IsSelfShared: image.sharedWith.length > 0 ? 'True' : 'False', ResourceGroupId: image.resourceGroupId ?? '' },
    ...(owner === 'self' && { ImageOwnerId: Number(account) }),
    DiskDeviceMappings: { DiskDeviceMapping: owner === 'self' ? [disk] : [] },
    Tags: tagsOutput(tags),
  }
}

function describe(call: Call): Json {
  const { input, world, now } = call
  const ids = input.listed('ImageId')
  const name = input.text('ImageName')
  const family = input.text('ImageFamily')
  const owner = input.text('ImageOwnerAlias')
  const statuses = input.listed('Status')
  const found = [...Object.values(world.records.images), ...stockImages(world.stock)]
    .filter((image) => ids.length === 0 || ids.includes(image.id))
    .filter((image) => name === undefined || wildcardMatch(name, image.name))
    .filter((image) => family === undefined || image.family === family)
    .filter((image) => owner === undefined || image.owner === owner)
    .filter((image) =>
      (statuses.length === 0 ? ['Available'] : statuses).includes(imageStatus(image, world.records, now)),
    )
  return { RegionId: call.region, ...listed(call, 'Images', 'Image', found, (image) => imageOutput(image, call)) }
}

/** A name that no other image of the region has. */
export function checkName({ world }: Call, region: string, name: string): void {
  if (name.length < 2 || name.length > 128 || /^https?:\/\/|^(acs:|aliyun)/.test(name))
    throw alibabaError('InvalidImageName.Malformed', 'The specified Image name is wrongly formed.')
  if (Object.values(world.records.images).some((one) => one.region === region && one.name === name))
    throw alibabaError('InvalidImageName.Duplicated', 'The specified Image name has already existed.')
}

async function create(call: Call): Promise<Json> {
  const { input, region, world, now } = call
  const { records } = world
  const instance = records.instances[input.need('InstanceId')]
  if (instance === undefined || instance.region !== region)
    throw alibabaError('InvalidInstanceId.NotFound', 'The specified InstanceId does not exist.')
  if (instanceStatus(instance, now) !== 'Stopped') throw notImplemented('an image of an instance that is not stopped')
  const name = input.text('ImageName') ?? newId('image', region)
  checkName(call, region, name)
  const disk = records.disks[instance.diskId]
  if (disk === undefined) throw alibabaError('InvalidDiskId.NotFound', 'The specified disk does not exist.')
  const tags = input.tags()
  const source = { ...disk, architecture: architectureOf(call, instance.imageId) }
  return add(call, region, name, { source, tags, encrypted: false, at: now })
}

function architectureOf({ world, region }: Call, id: string): ImageRecord['architecture'] {
  const known = [...Object.values(world.records.images), ...stockImages(world.stock)]
  return known.find((image) => image.id === id && image.region === region)?.architecture ?? 'x86_64'
}

interface Making {
  readonly source: {
    readonly id: string
    readonly file: string
    readonly sizeGb: number
    readonly architecture: ImageRecord['architecture']
  }
  readonly tags: ImageRecord['tags']
  readonly encrypted: boolean
  readonly copyOf?: string
  readonly description?: string
  readonly boot?: Pick<ImageRecord, 'bootMode' | 'nvme' | 'platform'>
  /** When it begins. */
  readonly at: number
}

/** Makes an image and the snapshot it stands on. */
async function add({ input, world, now }: Call, region: string, name: string, making: Making): Promise<Json> {
  const { source, tags, encrypted, copyOf, at } = making
  const description = input.text('Description') ?? input.text('DestinationDescription') ?? making.description
  const family = copyOf === undefined ? input.text('ImageFamily') : undefined
  const kmsKeyId = input.text('KMSKeyId')
  const resourceGroupId = input.text('ResourceGroupId')
  const common = { region, createdAt: now, readyAt: readyAt(at), sizeGb: source.sizeGb, tags }
  const snapshot: SnapshotRecord = {
    ...{
      id: newId('s', region),
      name: `SnapshotForImage-${name}`,
      ...common,
      diskId: copyOf === undefined ? source.id : '',
    },
    ...{ file: await world.disks.copy(source.file), encrypted, ...(kmsKeyId && { kmsKeyId }) },
  }
  const image: ImageRecord = {
    ...{ id: newId('m', region), name, ...common, owner: 'self', architecture: source.architecture },
    ...{ snapshotId: snapshot.id, sharedWith: [], ...(description && { description }), ...(family && { family }) },
    ...{ ...(copyOf && { copyOf }), ...(resourceGroupId && { resourceGroupId }) },
    ...{ ...making.boot, ...(at > now && { startsAt: at }) },
  }
  world.records.snapshots[snapshot.id] = snapshot
  world.records.images[image.id] = image
  return { ImageId: image.id }
}

/** So many copies out of a region are carried out at once; the others wait. */
const mostCopies = 5

/** When it is this copy's turn. https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-copyimage (2026-11) */
function turnOf({ world, region, now }: Call): number {
  const { images } = world.records
  const ends = Object.values(images)
    .filter(({ copyOf, readyAt: end }) => images[copyOf ?? '']?.region === region && now < end)
    .map(({ readyAt: end }) => end)
    .sort((a, b) => b - a)
  return ends[mostCopies - 1] ?? now
}

async function copy(call: Call): Promise<Json> {
  const { input, world, now } = call
  const image = ownImage(call, input.need('ImageId'))
  if (imageStatus(image, world.records, now) !== 'Available')
    throw alibabaError('IncorrectImageStatus', 'The status of the specified image does not support this operation.')
  const to = input.text('DestinationRegionId') ?? call.region
  checkRegion(to)
  const name = input.text('DestinationImageName') ?? `${image.name}-copy`
  checkName(call, to, name)
  const snapshot = world.records.snapshots[image.snapshotId]
  if (snapshot === undefined) throw alibabaError('InvalidSnapshotId.NotFound', 'The snapshot of the image is gone.')
  const source = { ...snapshot, architecture: image.architecture }
  const encrypted = input.flag('Encrypted') || snapshot.encrypted
  const described = image.description === undefined ? {} : { description: image.description }
  const { bootMode, nvme, platform } = image
  const boot = { ...(bootMode && { bootMode }), ...(nvme && { nvme }), ...(platform && { platform }) }
  const at = turnOf(call)
  return add(call, to, name, { source, tags: input.tags(), encrypted, copyOf: image.id, at, ...described, boot })
}

async function cancel(call: Call): Promise<Json> {
  const { input, world, now } = call
  const image = ownImage(call, input.need('ImageId'))
  if (image.copyOf === undefined || imageStatus(image, world.records, now) === 'Available')
    throw alibabaError('IncorrectImageStatus', 'The specified image is not being copied.')
  delete world.records.images[image.id]
  const snapshot = world.records.snapshots[image.snapshotId]
  delete world.records.snapshots[image.snapshotId]
  if (snapshot !== undefined) await world.disks.remove(snapshot.file)
  return {}
}

function remove(call: Call): Json {
  const { input, world, now } = call
  const image = ownImage(call, input.need('ImageId'))
  if (image.copyOf !== undefined && imageStatus(image, world.records, now) !== 'Available')
    throw alibabaError('IncorrectImageStatus', 'An image that is being copied cannot be deleted.')
  if (image.importedBy !== undefined && now < image.readyAt)
    throw alibabaError('ImageIsImporting', 'The specified Image is importing.')
  if (image.open === true)
    throw alibabaError('OperationDenied', 'A community image is taken back before it is deleted.')
  const used = Object.values(world.records.instances).some((one) => one.imageId === image.id)
  if (used && !input.flag('Force'))
    throw alibabaError('ImageUsingByInstance', 'The specified image has been used to create instances.')
  // Its snapshot stays.
  delete world.records.images[image.id]
  return {}
}

function share(call: Call): Json {
  const { input } = call
  const image = ownImage(call, input.need('ImageId'))
  const add = input.texts('AddAccount')
  const taken = input.texts('RemoveAccount')
  if (add.length > 10 || taken.length > 10)
    throw alibabaError('InvalidAccount.ExceededLimit', 'The number of accounts exceeds the limit of 10.')
  const open = input.text('IsPublic')
  if (open !== undefined) image.open = open.toLowerCase() === 'true'
  image.sharedWith = [...new Set([...image.sharedWith, ...add])].filter((one) => !taken.includes(one))
  return {}
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-modifyimageattribute (2026-11) */
function modify(call: Call): Json {
  const { input } = call
  const image = ownImage(call, input.need('ImageId'))
  const family = input.text('ImageFamily')
  const bootMode = input.text('BootMode')
  const nvme = input.text('Features.NvmeSupport')
  if (family !== undefined && !/^(?!acs:|aliyun|https?:)\p{L}[\p{L}\d:_.-]{1,127}$/u.test(family))
    throw alibabaError('InvalidImageFamily.Malformed', 'The specified ImageFamily is not valid.')
  if (bootMode !== undefined && !['BIOS', 'UEFI', 'UEFI-Preferred'].includes(bootMode))
    throw alibabaError('InvalidParameter', 'The specified parameter "BootMode" is not valid.')
  if (family !== undefined) image.family = family
  if (bootMode !== undefined) image.bootMode = bootMode
  if (nvme !== undefined) image.nvme = nvme === 'supported'
  return {}
}

/** https://www.alibabacloud.com/help/en/ecs/developer-reference/api-ecs-2014-05-26-describeimages and its neighbours. */
export const imageOperations: Operations = {
  DescribeImages: {
    actions: ['ecs:DescribeImages'],
    supports: [...listParameters, 'ImageId', 'ImageName', 'ImageFamily', 'ImageOwnerAlias', 'Status', 'ShowExpired'],
    reads: true,
    run: describe,
  },
  DescribeImageFromFamily: {
    actions: ['ecs:DescribeImageFromFamily'],
    supports: ['ImageFamily'],
    reads: true,
    run: (call) => {
      const image = newestOf(call, call.input.need('ImageFamily'))
      return { Image: image === undefined ? {} : imageOutput(image, call) }
    },
  },
  CreateImage: {
    actions: ['ecs:CreateImage'],
    supports: [
      ...['InstanceId', 'ImageName', 'Description', 'ImageFamily', 'ResourceGroupId', 'ClientToken', 'Tag'],
      ...['ImageVersion', 'BootMode'],
    ],
    run: (call) => oncePerToken('CreateImage', call, () => create(call)),
  },
  CopyImage: {
    actions: ['ecs:CopyImage'],
    supports: [
      ...['ImageId', 'DestinationRegionId', 'DestinationImageName', 'DestinationDescription', 'ResourceGroupId'],
      ...['Encrypted', 'KMSKeyId', 'ClientToken', 'Tag'],
    ],
    run: (call) => oncePerToken('CopyImage', call, () => copy(call)),
  },
  CancelCopyImage: { actions: ['ecs:CancelCopyImage'], supports: ['ImageId'], run: cancel },
  DeleteImage: { actions: ['ecs:DeleteImage'], supports: ['ImageId', 'Force'], run: remove },
  DescribeImageSharePermission: {
    actions: ['ecs:DescribeImageSharePermission'],
    supports: ['ImageId', 'PageNumber', 'PageSize'],
    reads: true,
    run: (call) => {
      const image = ownImage(call, call.input.need('ImageId'))
      const Account = image.sharedWith.map((AliyunId) => ({ AliyunId, SharedTime: timeOf(image.createdAt) }))
      const counts = { PageNumber: 1, PageSize: 100, TotalCount: Account.length }
      return { ...counts, ImageId: image.id, Accounts: { Account }, ShareGroups: { ShareGroup: [] } }
    },
  },
  ModifyImageAttribute: {
    actions: ['ecs:ModifyImageAttribute'],
    supports: ['ImageId', 'ImageFamily', 'BootMode', 'Features.NvmeSupport'],
    run: modify,
  },
  ModifyImageSharePermission: {
    actions: ['ecs:ModifyImageSharePermission'],
    supports: ['ImageId', 'AddAccount', 'RemoveAccount', 'IsPublic'],
    run: share,
  },
}
