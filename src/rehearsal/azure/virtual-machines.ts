import { randomUUID } from 'node:crypto'
import { type Json, objectIn, objectsIn, textIn } from '../kit/json.ts'
import { azureError, invalid, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok } from './call.ts'
import { disposeOf } from './dispose.ts'
import { latestVersion } from './gallery-versions.ts'
import { checkReady, marketplaceImage } from './images.ts'
import { startMachine, stopMachine } from './instance-machine.ts'
import { publicAddressOf } from './network.ts'
import { begun } from './operations.ts'
import type { MachineRecord, ResourceRecord } from './records.ts'
import { keyOf, partsOf, resourceId } from './resource-ids.ts'
import { findResource, keep, listed, placedIn, resourceOutput } from './resource-store.ts'
import { sizeOf } from './sizes.ts'
import { durationsMs, provisioningState } from './states.ts'

const kind = 'Microsoft.Compute/virtualMachines'

interface Source {
  readonly file: string
  readonly reference: Json
}

/** The image a machine starts from: of the marketplace, managed, or of a gallery. */
function sourceOf(call: Call, profile: Json, location: string): Source {
  const reference = objectIn(profile.imageReference)
  const id = textIn(reference.id)
  if (id === undefined) {
    if (reference.publisher === undefined) throw notImplemented('a virtual machine from anything but an image')
    const { file, version } = marketplaceImage(call, reference)
    return { file, reference: { ...reference, exactVersion: version } }
  }
  const named = findResource(call, id)
  const image = /\/galleries\/images$/i.test(named.type) ? latestVersion(call, id) : named
  checkReady(image, call.now)
  const regions = objectsIn(objectIn(image.properties.publishingProfile).targetRegions).map(({ name }) => name)
  if (![image.location, ...regions].includes(location) || image.file === undefined)
    throw azureError(404, 'ImageNotFound', `The image '${id}' was not found in '${location}' location.`)
  return { file: image.file, reference: { id, ...(image !== named && { exactVersion: image.name }) } }
}

/** Makes a machine with its disk, and starts it; of one that is there, nothing is changed. */
export async function makeVirtualMachine(call: Call, id: string, body: Json): Promise<ResourceRecord> {
  const { world, now } = call
  const earlier = world.records.resources[keyOf(id)]
  const placed = placedIn(call, id, kind, body)
  if (earlier !== undefined) {
    const changed = { ...earlier, tags: placed.tags }
    keep(call, changed)
    return changed
  }
  const asked = objectIn(body.properties)
  const profile = objectIn(asked.storageProfile)
  const osDisk = objectIn(profile.osDisk)
  const os = objectIn(asked.osProfile)
  const linux = objectIn(os.linuxConfiguration)
  const size = sizeOf(textIn(objectIn(asked.hardwareProfile).vmSize) ?? '')
  if (objectsIn(profile.dataDisks).length > 0) throw notImplemented('data disks of a virtual machine')
  const [wire, ...others] = objectsIn(objectIn(asked.networkProfile).networkInterfaces)
  if (wire === undefined) throw invalid('A virtual machine must have a network interface.')
  if (others.length > 0) throw notImplemented('more than one network interface of a virtual machine')
  const card = findResource(call, textIn(wire.id) ?? '')
  call.check('NetworkInterfaces.Join', 'Microsoft.Network/networkInterfaces/join/action')
  if (publicAddressOf(call, card) === undefined)
    throw notImplemented('a virtual machine without a public address: nothing on this machine could reach it')
  const { file, reference } = sourceOf(call, profile, placed.location)
  call.check('Disks.CreateOrUpdate', 'Microsoft.Compute/disks/write')
  const disk = await makeDisk(call, id, { ...placed, osDisk, from: file })
  const machine: MachineRecord = {
    vmId: randomUUID(),
    disk: disk.id,
    networkInterface: card.id,
    deletes: {
      disk: osDisk.deleteOption === 'Delete',
      networkInterface: objectIn(wire.properties).deleteOption === 'Delete',
    },
    memoryMiB: size.memoryMiB,
    user: userIn(os),
    keys: objectsIn(objectIn(linux.ssh).publicKeys).map(({ keyData }) => String(keyData).trim()),
    running: true,
    generalized: false,
  }
  const { adminPassword: _, customData: __, ...shown } = os
  const managedDisk = { ...objectIn(osDisk.managedDisk), id: disk.id }
  const made: ResourceRecord = {
    ...placed,
    readyAt: now + durationsMs.machine,
    properties: {
      ...asked,
      vmId: machine.vmId,
      osProfile: shown,
      storageProfile: {
        imageReference: reference,
        osDisk: { ...osDisk, name: disk.name, osType: 'Linux', managedDisk },
        dataDisks: [],
      },
    },
    machine,
  }
  keep(call, made)
  // Remembered before it runs: a daemon that is killed now finds and ends it.
  world.save()
  try {
    await startMachine(world, made)
  } catch (error) {
    await disposeOf(call, made)
    await disposeOf(call, disk)
    throw error
  }
  return made
}

/** https://learn.microsoft.com/azure/virtual-machines/linux/faq (user names, 2026-11) */
function userIn(os: Json): string {
  const user = textIn(os.adminUsername) ?? ''
  if (
    /^(admin|administrator|root|guest|test|user|console|backup)?$/i.test(user) ||
    !/^[a-z_][a-z0-9_-]{0,31}$/.test(user)
  )
    throw invalid(`The Admin Username specified is not allowed: '${user}'.`)
  return user
}

async function makeDisk(
  call: Call,
  machine: string,
  wanted: Pick<ResourceRecord, 'location' | 'name'> & { readonly osDisk: Json; readonly from: string },
): Promise<ResourceRecord> {
  const { subscription, group } = partsOf(machine)
  const { osDisk, from, location } = wanted
  const name = textIn(osDisk.name) ?? `${wanted.name}_OsDisk_1_${randomUUID().replaceAll('-', '')}`
  const size = typeof osDisk.diskSizeGB === 'number' ? osDisk.diskSizeGB : undefined
  const type = 'Microsoft.Compute/disks'
  const disk: ResourceRecord = {
    ...{ id: resourceId(subscription, group, type, name), type, name, location, tags: {} },
    createdAt: call.now,
    readyAt: call.now,
    sku: { name: textIn(objectIn(osDisk.managedDisk).storageAccountType) ?? 'Premium_LRS' },
    file: await call.world.disks.copy(from, size),
    properties: {
      osType: 'Linux',
      diskSizeGB: size ?? 30,
      diskState: 'Attached',
      creationData: { createOption: 'FromImage' },
    },
  }
  keep(call, disk)
  return disk
}

/** Ends the machine, and removes of its disk and interface what is to go with it. */
async function remove(call: Call, resource: ResourceRecord, machine: MachineRecord): Promise<void> {
  await disposeOf(call, resource)
  const { deletes, disk, networkInterface } = machine
  for (const [id, goes] of [[disk, deletes.disk] as const, [networkInterface, deletes.networkInterface] as const]) {
    const found = call.world.records.resources[keyOf(id)]
    if (goes && found !== undefined) await disposeOf(call, found)
  }
}

function machineOf(call: Call): { readonly resource: ResourceRecord; readonly machine: MachineRecord } {
  const resource = findResource(call, call.id)
  if (resource.machine === undefined) throw invalid(`${call.id} is no virtual machine.`)
  return { resource, machine: resource.machine }
}

function powerState(machine: MachineRecord): Json {
  const running = machine.running ? ['PowerState/running', 'VM running'] : ['PowerState/deallocated', 'VM deallocated']
  return { code: running[0], level: 'Info', displayStatus: running[1] }
}

function instanceView(resource: ResourceRecord, machine: MachineRecord, now: number): Json {
  const state = provisioningState(resource, now).toLowerCase()
  const generalized = machine.generalized
    ? [{ code: 'OSState/generalized', level: 'Info', displayStatus: 'VM generalized' }]
    : []
  const provisioned = { code: `ProvisioningState/${state}`, level: 'Info', displayStatus: `Provisioning ${state}` }
  return { computerName: resource.name, statuses: [provisioned, ...generalized, powerState(machine)] }
}

async function halt(call: Call): Promise<ReturnType<typeof begun>> {
  const { machine } = machineOf(call)
  if (machine.running) await stopMachine(call.world, machine)
  machine.running = false
  return begun(call, { status: 202 })
}

const all = `subscriptions/:subscription/resourceGroups/:group/providers/${kind}`

/** https://learn.microsoft.com/rest/api/compute/virtual-machines (2026-11) */
export const virtualMachineOperations: Operations = {
  'VirtualMachines.List': {
    pattern: `GET ${all}`,
    actions: [`${kind}/read`],
    run: (call) => listed(call, { group: call.at.group ?? '', type: kind }),
  },
  'VirtualMachines.ListAll': {
    pattern: `GET subscriptions/:subscription/providers/${kind}`,
    actions: [`${kind}/read`],
    query: ['statusOnly'],
    run: (call) => listed(call, { subscription: call.at.subscription ?? '', type: kind }),
  },
  'VirtualMachines.Get': {
    pattern: `GET ${all}/:name`,
    actions: [`${kind}/read`],
    query: ['$expand'],
    run: (call) => {
      const { resource, machine } = machineOf(call)
      const view = call.query.get('$expand')?.toLowerCase() === 'instanceview'
      return ok(
        resourceOutput(resource, call.now, view ? { instanceView: instanceView(resource, machine, call.now) } : {}),
      )
    },
  },
  'VirtualMachines.InstanceView': {
    pattern: `GET ${all}/:name/instanceView`,
    actions: [`${kind}/instanceView/read`],
    run: (call) => {
      const { resource, machine } = machineOf(call)
      return ok(instanceView(resource, machine, call.now))
    },
  },
  'VirtualMachines.CreateOrUpdate': {
    pattern: `PUT ${all}/:name`,
    actions: [`${kind}/write`],
    async run(call) {
      const isNew = call.world.records.resources[keyOf(call.id)] === undefined
      const made = await makeVirtualMachine(call, call.id, call.body)
      const body = resourceOutput(made, call.now)
      return begun(call, { status: isNew ? 201 : 200, body, lastsMs: durationsMs.machine })
    },
  },
  'VirtualMachines.Deallocate': {
    pattern: `POST ${all}/:name/deallocate`,
    actions: [`${kind}/deallocate/action`],
    query: ['hibernate'],
    run: (call) => {
      if (call.query.get('hibernate') === 'true') throw notImplemented('hibernation')
      return halt(call)
    },
  },
  'VirtualMachines.PowerOff': {
    pattern: `POST ${all}/:name/powerOff`,
    actions: [`${kind}/powerOff/action`],
    query: ['skipShutdown'],
    run: halt,
  },
  'VirtualMachines.Generalize': {
    pattern: `POST ${all}/:name/generalize`,
    actions: [`${kind}/generalize/action`],
    run: (call) => {
      const { machine } = machineOf(call)
      if (machine.running)
        throw azureError(409, 'OperationNotAllowed', 'VM must be stopped or deallocated before it can be generalized.')
      machine.generalized = true
      return { status: 200 }
    },
  },
  'VirtualMachines.Delete': {
    pattern: `DELETE ${all}/:name`,
    actions: [`${kind}/delete`],
    query: ['forceDeletion'],
    async run(call) {
      const found = call.world.records.resources[keyOf(call.id)]
      if (found?.machine === undefined) return { status: 204 }
      await remove(call, found, found.machine)
      return begun(call, { status: 202 })
    },
  },
}
