import { type Json, objectIn, objectsIn, textIn } from '../kit/json.ts'
import { azureError, invalid, notFound, notImplemented } from './azure-error.ts'
import { type Call, type Operations, ok, type Reply } from './call.ts'
import { removed } from './dispose.ts'
import { checkReady, generalizedDisk } from './images.ts'
import { begun } from './operations.ts'
import { blobKey, diskOfVhd } from './page-blobs.ts'
import { accountOfHost, displayName, locationIn } from './places.ts'
import type { ReplicaRecord, ResourceRecord } from './records.ts'
import { keyOf } from './resource-ids.ts'
import { findResource, keep, listed, placedIn, resourceOutput, resourcesOf } from './resource-store.ts'
import { durationsMs, provisioningState } from './states.ts'

const kind = 'Microsoft.Compute/galleries/images/versions'

/** The highest version of a gallery image that may be the latest. */
export function latestVersion(call: Pick<Call, 'world' | 'now'>, definition: string): ResourceRecord {
  const numbers = ({ name }: ResourceRecord): number =>
    name.split('.').reduce((total, part) => total * 1e6 + Number(part), 0)
  const [newest] = resourcesOf(call, { type: kind, below: definition })
    .filter((one) => objectIn(one.properties.publishingProfile).excludeFromLatest !== true)
    .filter((one) => provisioningState(one, call.now) === 'Succeeded')
    .sort((a, b) => numbers(b) - numbers(a))
  if (newest === undefined) throw notFound(`${definition}/versions/latest`)
  return newest
}

/** The file of a VHD in a blob, which Azure reads with the keys of the account. */
async function vhdFile(call: Call, source: Json): Promise<string> {
  const [account, uri] = [textIn(source.storageAccountId), textIn(source.uri)]
  if (account === undefined || uri === undefined || !URL.canParse(uri))
    throw invalid('The source of the OS disk image must have a storageAccountId and a uri.')
  // https://learn.microsoft.com/azure/virtual-machines/shared-image-galleries (2026-11), on what a VHD as source asks for.
  const storage = 'Microsoft.Storage/storageAccounts'
  call.check('GalleryImageVersions.ReadSource', `${storage}/listKeys/action`, `${storage}/write`)
  const found = findResource(call, account)
  const { hostname, pathname } = new URL(uri)
  if (accountOfHost(hostname) !== found.name) throw invalid(`The blob ${uri} is not in the storage account ${account}.`)
  const location = locationIn(call.body.location)
  if (found.location !== location) throw invalid(`The storage account ${account} is not in the location ${location}.`)
  const [, container = '', ...rest] = pathname.split('/')
  const blob = call.world.records.blobs[blobKey(found.name, container, decodeURIComponent(rest.join('/')))]
  if (blob === undefined) throw azureError(404, 'NotFound', `The source blob ${uri} does not exist.`)
  return diskOfVhd(call.world, blob)
}

/** A copy of whatever a version is made of: a blob, a managed image, another version or a generalized machine. */
async function copiedSource(call: Call, properties: Json): Promise<string> {
  const profile = objectIn(properties.storageProfile)
  const vhd = objectIn(objectIn(profile.osDiskImage).source)
  if (textIn(vhd.uri) !== undefined) return vhdFile(call, vhd)
  const source = objectIn(profile.source)
  // The older form, in which Packer 1.6.6 asks.
  const managed = textIn(objectIn(objectIn(objectIn(properties.publishingProfile).source).managedImage).id)
  const id = textIn(source.id) ?? textIn(source.virtualMachineId) ?? managed
  if (id === undefined)
    throw notImplemented('a gallery version from anything but a blob, an image, a version or a virtual machine')
  const found = findResource(call, id)
  if (found.machine !== undefined) return call.world.disks.copy(generalizedDisk(call, id).file)
  checkReady(found, call.now)
  if (found.file === undefined) throw invalid(`Nothing can be published from ${id}.`)
  return call.world.disks.copy(found.file)
}

async function putVersion(call: Call): Promise<{ readonly version: ResourceRecord; readonly isNew: boolean }> {
  const { id, at, body, world, now } = call
  const name = at.version ?? ''
  const numbers = name.split('.')
  if (numbers.length !== 3 || !numbers.every((one) => /^\d{1,10}$/.test(one) && Number(one) < 2 ** 31))
    throw invalid(`The gallery image version name '${name}' is invalid.`)
  findResource(call, id.replace(/\/versions\/[^/]+$/i, ''))
  const earlier = world.records.resources[keyOf(id)]
  const properties = objectIn(body.properties)
  const profile = objectIn(properties.publishingProfile)
  const placed = placedIn(call, id, kind, body)
  if (earlier !== undefined && ['Creating', 'Updating'].includes(provisioningState(earlier, now)))
    throw azureError(409, 'Conflict', `The gallery image version ${name} is being changed by another operation.`)
  const asked = objectsIn(profile.targetRegions).map((target) => ({ ...target, name: locationIn(target.name) }))
  const targets = asked.length > 0 ? asked : [{ name: placed.location, regionalReplicaCount: 1 }]
  if (!targets.some((target) => target.name === placed.location))
    throw invalid(`The target regions of ${name} must contain its own location ${placed.location}.`)
  checkStorage(earlier, targets)
  const names = targets.map((target) => target.name)
  const version: ResourceRecord = {
    ...placed,
    readyAt: earlier?.readyAt ?? now + durationsMs.image,
    replicas: Object.fromEntries(
      names.map((target) => [target, earlier?.replicas?.[target] ?? replicaIn(call, target)]),
    ),
    file: earlier?.file ?? (await copiedSource(call, properties)),
    properties: {
      ...properties,
      publishingProfile: {
        replicaCount: 1,
        storageAccountType: 'Standard_LRS',
        ...profile,
        targetRegions: targets,
        excludeFromLatest: profile.excludeFromLatest === true,
        publishedDate: new Date(earlier?.createdAt ?? now).toISOString(),
      },
    },
  }
  return { version, isNew: keep(call, version) }
}

/** A copy that is begun now; a fault of `GalleryImageVersions.Replicate` in its location makes it fail. */
function replicaIn(call: Call, location: string): ReplicaRecord {
  const code = call.fault('GalleryImageVersions.Replicate', location)
  return {
    readyAt: call.now + durationsMs.image,
    ...(code && { error: `${code}: an internal error occurred while replicating to ${displayName(location)}.` }),
  }
}

/** The storage of a region cannot be changed, says https://learn.microsoft.com/rest/api/compute/gallery-image-versions (2026-11). */
function checkStorage(earlier: ResourceRecord | undefined, targets: readonly Json[]): void {
  const before = objectsIn(objectIn(earlier?.properties.publishingProfile).targetRegions)
  for (const { name, storageAccountType: now } of targets) {
    const was = before.find((one) => one.name === name)?.storageAccountType
    if (was !== undefined && now !== undefined && was !== now)
      throw azureError(
        409,
        'PropertyChangeNotAllowed',
        `Changing property 'targetRegions.storageAccountType' is not allowed.`,
      )
  }
}

/** How far a version is in each of its locations. */
function replicationStatus({ createdAt, replicas = {} }: ResourceRecord, now: number): Json {
  const summary = Object.entries(replicas).map(([location, { readyAt, error }]) => {
    const done = now >= readyAt
    const state = !done ? 'Replicating' : error === undefined ? 'Completed' : 'Failed'
    const begunAt = Math.max(createdAt, readyAt - durationsMs.image)
    const progress = done ? 100 : Math.floor((100 * (now - begunAt)) / durationsMs.image)
    return { region: displayName(location), state, progress, ...(done && error !== undefined && { details: error }) }
  })
  const is = (state: string) => summary.some((one) => one.state === state)
  return { aggregatedState: is('Replicating') ? 'InProgress' : is('Failed') ? 'Failed' : 'Completed', summary }
}

/** How long the change that was just begun goes on, and how it will end. */
function ending({ replicas = {} }: ResourceRecord, now: number) {
  const left = Object.values(replicas).map(({ readyAt }) => readyAt - now)
  const [failure] = Object.values(replicas).flatMap(({ error }) => error ?? [])
  return {
    lastsMs: Math.max(durationsMs.operation, ...left),
    ...(failure !== undefined && { error: { code: 'ReplicationJobsNotCompleted', message: failure } }),
  }
}

const all =
  'subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.Compute/galleries/:gallery/images/:image/versions'

/** https://learn.microsoft.com/rest/api/compute/gallery-image-versions (2026-11) */
export const galleryVersionOperations: Operations = {
  'GalleryImageVersions.ListByGalleryImage': {
    pattern: `GET ${all}`,
    actions: [`${kind}/read`],
    run(call) {
      const definition = call.id.replace(/\/versions$/i, '')
      findResource(call, definition)
      return listed(call, { type: kind, below: definition })
    },
  },
  'GalleryImageVersions.Get': {
    pattern: `GET ${all}/:version`,
    actions: [`${kind}/read`],
    query: ['$expand'],
    run(call) {
      const found = findResource(call, call.id)
      const wanted = call.query.get('$expand') === 'ReplicationStatus'
      return ok(
        resourceOutput(found, call.now, wanted ? { replicationStatus: replicationStatus(found, call.now) } : {}),
      )
    },
  },
  'GalleryImageVersions.CreateOrUpdate': {
    pattern: `PUT ${all}/:version`,
    actions: [`${kind}/write`],
    async run(call): Promise<Reply> {
      const { version, isNew } = await putVersion(call)
      const body = resourceOutput(version, call.now)
      return begun(call, { status: isNew ? 201 : 200, body, ...ending(version, call.now) })
    },
  },
  'GalleryImageVersions.Delete': {
    pattern: `DELETE ${all}/:version`,
    actions: [`${kind}/delete`],
    run: removed,
  },
}
