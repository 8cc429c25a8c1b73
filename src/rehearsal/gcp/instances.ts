import { randomBytes } from 'node:crypto'
import { type Json, objectIn, objectsIn, textIn, textsIn } from '../kit/json.ts'
import type { Call, Operations } from './call.ts'
import { findImage } from './find-image.ts'
import { gcpError, notFound, notImplemented } from './gcp-error.ts'
import { labelsIn, nameIn, pathIn } from './input.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { listed, listQuery, urlOf } from './listing.ts'
import { machineTypeOf } from './machine-types.ts'
import { freePrivateAddress, freePublicAddress, networkIn, subnetworkIn } from './network.ts'
import { begun, newId } from './operations.ts'
import { regionOf } from './places.ts'
import type { DiskRecord, InstanceRecord } from './records.ts'
import { imageStatus, instanceStatus } from './states.ts'

const diskTypes = ['pd-standard', 'pd-balanced', 'pd-ssd']

/** The boot disk the body asks for, with the file still to be made. */
function wantedDisk(
  call: Call,
  name: string,
  path: string,
): { readonly record: Omit<DiskRecord, 'file'>; readonly from: string } {
  const { at, body, world, now } = call
  const { project = '', zone = '' } = at
  const [disk = {}, ...others] = objectsIn(body.disks)
  if (others.length > 0) throw notImplemented('more than one disk of an instance')
  const wanted = objectIn(disk.initializeParams)
  const image = findImage(call, pathIn(wanted.sourceImage, project))
  if (imageStatus(image, now) !== 'READY')
    throw gcpError('resourceNotReady', `The resource '${image.path}' is not ready`)
  const sizeGb = Number(wanted.diskSizeGb ?? image.sizeGb)
  if (sizeGb < image.sizeGb)
    throw gcpError('invalid', `Requested disk size cannot be smaller than the image size (${image.sizeGb} GB)`)
  const type = textIn(wanted.diskType)?.replace(/.*\//, '') ?? 'pd-standard'
  if (!diskTypes.includes(type)) throw notImplemented(`the disk type ${type}; it offers ${diskTypes.join(', ')}`)
  const diskName = textIn(wanted.diskName) ?? name
  const own = `projects/${project}/zones/${zone}/disks/${diskName}`
  if (world.records.disks[own] !== undefined) throw gcpError('alreadyExists', `The resource '${own}' already exists`)
  const { architecture, guestOsFeatures } = image
  const record = {
    ...{ id: newId(), path: own, name: diskName, project, zone, createdAt: now },
    labels: labelsIn(wanted.labels),
    ...{ sizeGb, type, architecture, guestOsFeatures },
    sourceImage: image.path,
    user: path,
    autoDelete: disk.autoDelete === true,
  }
  return { record, from: image.file }
}

async function insert(call: Call): Promise<InstanceRecord> {
  const { at, body, world, now } = call
  const { project = '', zone = '' } = at
  const region = regionOf(zone)
  const name = nameIn(body)
  const path = `${call.path}/${name}`
  if (world.records.instances[path] !== undefined)
    throw gcpError('alreadyExists', `The resource '${path}' already exists`)
  const machineType = String(body.machineType ?? '').replace(/.*\//, '')
  const type = machineTypeOf(machineType)
  if (type === undefined)
    throw gcpError(
      'invalid',
      `Invalid value for field 'resource.machineType': 'zones/${zone}/machineTypes/${machineType}'. Machine type with name '${machineType}' does not exist in zone '${zone}'.`,
    )
  const [card = {}, ...cards] = objectsIn(body.networkInterfaces)
  if (cards.length > 0) throw notImplemented('more than one network interface')
  networkIn(card.network, project)
  subnetworkIn(card.subnetwork, project, region)
  if (objectsIn(card.accessConfigs).length === 0)
    throw notImplemented('an instance without an external address: nothing on this machine could reach it')
  const { record, from } = wantedDisk(call, name, path)
  if (record.architecture !== type.architecture)
    throw gcpError(
      'invalid',
      `The machine type ${machineType} has the architecture ${type.architecture}, and the image ${record.architecture}.`,
    )
  const metadata = objectsIn(objectIn(body.metadata).items).map(({ key, value }) => [String(key), String(value ?? '')])
  const instance: InstanceRecord = {
    ...{ id: newId(), path, name, project, zone, createdAt: now },
    labels: labelsIn(body.labels),
    machineType,
    memoryMiB: type.memoryMiB,
    disk: record.path,
    networkTags: textsIn(objectIn(body.tags).items),
    metadata: Object.fromEntries(metadata),
    serviceAccounts: objectsIn(body.serviceAccounts).filter(({ email }) => textIn(email) !== undefined),
    scheduling: objectIn(body.scheduling),
    shielded: objectIn(body.shieldedInstanceConfig),
    privateAddress: freePrivateAddress(call, region),
    publicAddress: freePublicAddress(call),
    mac: `42:01:${[...randomBytes(4)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`,
  }
  world.records.disks[record.path] = { ...record, file: await world.disks.copy(from, record.sizeGb) }
  world.records.instances[path] = instance
  // Remembered before it runs: a daemon that is killed now finds and ends it.
  world.save()
  try {
    await startMachine(world, instance)
  } catch (error) {
    await removeInstance(call, instance)
    throw error
  }
  return instance
}

/** Ends the instance, and removes its disk where it is to go with it. */
async function removeInstance({ world }: Pick<Call, 'world'>, instance: InstanceRecord): Promise<void> {
  await stopMachine(world, instance)
  delete world.records.instances[instance.path]
  const disk = world.records.disks[instance.disk]
  if (disk === undefined) return
  delete disk.user
  if (!disk.autoDelete) return
  delete world.records.disks[disk.path]
  await world.disks.remove(disk.file)
}

function instanceOutput(instance: InstanceRecord, call: Call): Json {
  const { id, name, path, project, zone, labels, machineType, metadata, networkTags, disk } = instance
  const place = `projects/${project}/zones/${zone}`
  const region = regionOf(zone)
  return {
    kind: 'compute#instance',
    id,
    name,
    creationTimestamp: new Date(instance.createdAt).toISOString(),
    status: instanceStatus(instance, call.now),
    zone: urlOf(place),
    machineType: urlOf(`${place}/machineTypes/${machineType}`),
    labels,
    labelFingerprint: '42WmSpB8rSM=',
    tags: { items: networkTags, fingerprint: '42WmSpB8rSM=' },
    metadata: {
      kind: 'compute#metadata',
      fingerprint: '42WmSpB8rSM=',
      items: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    },
    disks: [
      {
        ...{ kind: 'compute#attachedDisk', type: 'PERSISTENT', mode: 'READ_WRITE', boot: true, index: 0 },
        source: urlOf(disk),
        deviceName: 'persistent-disk-0',
        autoDelete: call.world.records.disks[disk]?.autoDelete ?? false,
      },
    ],
    networkInterfaces: [
      {
        kind: 'compute#networkInterface',
        name: 'nic0',
        network: urlOf(`projects/${project}/global/networks/default`),
        subnetwork: urlOf(`projects/${project}/regions/${region}/subnetworks/default`),
        networkIP: instance.privateAddress,
        accessConfigs: [
          { kind: 'compute#accessConfig', type: 'ONE_TO_ONE_NAT', name: 'External NAT', natIP: instance.publicAddress },
        ],
      },
    ],
    scheduling: instance.scheduling,
    serviceAccounts: instance.serviceAccounts,
    shieldedInstanceConfig: instance.shielded,
    selfLink: urlOf(path),
  }
}

function find({ world, path }: Call): InstanceRecord {
  const instance = world.records.instances[path]
  if (instance === undefined) throw notFound(path)
  return instance
}

const instances = 'projects/:project/zones/:zone/instances'

/** https://cloud.google.com/compute/docs/reference/rest/v1/instances */
export const instanceOperations: Operations = {
  'compute.instances.list': {
    pattern: `GET ${instances}`,
    permissions: ['compute.instances.list'],
    query: listQuery,
    run: (call) =>
      listed(call, 'compute#instanceList', Object.values(call.world.records.instances), (one) =>
        instanceOutput(one, call),
      ),
  },
  'compute.instances.get': {
    pattern: `GET ${instances}/:name`,
    permissions: ['compute.instances.get'],
    run: (call) => instanceOutput(find(call), call),
  },
  'compute.instances.insert': {
    pattern: `POST ${instances}`,
    permissions: [
      ...['compute.instances.create', 'compute.instances.setMetadata', 'compute.disks.create'],
      ...['compute.images.useReadOnly', 'compute.subnetworks.use', 'compute.subnetworks.useExternalIp'],
    ],
    query: ['requestId'],
    body: [
      ...['name', 'description', 'labels', 'machineType', 'metadata', 'tags', 'scheduling', 'serviceAccounts'],
      ...['shieldedInstanceConfig', 'minCpuPlatform', 'networkInterfaces.network', 'networkInterfaces.subnetwork'],
      ...['networkInterfaces.accessConfigs.name', 'networkInterfaces.accessConfigs.type'],
      ...['disks.boot', 'disks.autoDelete', 'disks.type', 'disks.mode', 'disks.kind', 'disks.initializeParams'],
    ],
    run: (call) => begun(call, 'insert', () => insert(call)),
  },
  'compute.instances.delete': {
    pattern: `DELETE ${instances}/:name`,
    permissions: ['compute.instances.delete'],
    query: ['requestId'],
    run: (call) =>
      begun(call, 'delete', async () => {
        const instance = find(call)
        await removeInstance(call, instance)
        return instance
      }),
  },
  'compute.instances.getSerialPortOutput': {
    pattern: `GET ${instances}/:name/serialPort`,
    permissions: ['compute.instances.getSerialPortOutput'],
    query: ['port', 'start'],
    run: async (call) => {
      const contents = await call.world.machines.console(find(call).id)
      return { kind: 'compute#serialPortOutput', contents, start: '0', next: String(contents.length) }
    },
  },
}
