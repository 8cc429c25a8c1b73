import type { Publication } from '../../release/publication.ts'
import type { Finding } from '../disk-target.ts'
import { unlessGone } from '../gone.ts'
import { definitionOf, differences } from './disk-definition.ts'
import { type DiskHome, type DiskNames, diskNames } from './disk-names.ts'
import { diskPermissionsOf } from './disk-permissions.ts'
import type { AzureApis } from './disk-plan.ts'
import { allows } from './missing.ts'

/** https://learn.microsoft.com/azure/virtual-machines/azure-compute-gallery#limits (2026-11) */
const mostGalleries = 100
const mostReplicas = 100
/** The largest disk an operating system may be on. https://learn.microsoft.com/azure/virtual-machines/managed-disks-overview#os-disk (2026-11) */
const mostGiB = 4095
const gib = 1024 ** 3

/** Everything that Azure would refuse when much is done already. */
export async function findings(apis: AzureApis, home: DiskHome, publication: Publication): Promise<readonly Finding[]> {
  const names = diskNames(home, publication)
  const found = await Promise.allSettled([
    ofPermissions(apis, home, names, publication),
    ofProviders(apis),
    ofRegions(apis, home),
    ofAccount(apis, home, names),
    ofGallery(apis, home, names, publication),
    ofDefinition(apis, home, names, publication),
  ])
  const told = found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  const refused = found.find((one) => one.status === 'rejected')
  // What may not be done explains why something could not be asked.
  if (refused !== undefined && !told.some(({ level }) => level === 'error')) throw refused.reason
  return [...ofDisk(home, publication), ...told]
}

function error(message: string, hint: string): Finding {
  return { level: 'error', message, hint }
}

function ofDisk({ settings }: DiskHome, { disk }: Publication): readonly Finding[] {
  const found: Finding[] = []
  const gen1 = disk.firmware === 'bios'
  if (gen1 && settings.trustedLaunch)
    found.push(
      error(
        'Secure Boot and a virtual TPM need UEFI, and the disk boots by BIOS',
        'set release.firmware: uefi, or release.targets.azure.trusted_launch: false',
      ),
    )
  if (gen1 && disk.architecture === 'arm64')
    found.push(
      error(
        'machines with arm64 are of generation 2, and the disk has no UEFI boot loader',
        'put one on its EFI system partition',
      ),
    )
  if (disk.sizeBytes > mostGiB * gib)
    found.push(
      error(
        `the disk has ${Math.ceil(disk.sizeBytes / gib)} GiB, and Azure starts from none above ${mostGiB}`,
        'make it smaller',
      ),
    )
  if (settings.replicas * settings.regions.length > mostReplicas)
    found.push(
      error(
        `${settings.replicas} replicas in ${settings.regions.length} regions are more than the ${mostReplicas} of a version`,
        'lower release.targets.azure.replicas',
      ),
    )
  return found
}

/** What the principal may not do, as far as Azure tells; on what exists already it may be granted apart. */
async function ofPermissions(
  { images, disks }: AzureApis,
  { group, settings }: DiskHome,
  names: DiskNames,
  publication: Publication,
): Promise<readonly Finding[]> {
  const [everywhere, here] = await Promise.all([images.grants(undefined), images.grants(group)])
  if (everywhere === undefined && here === undefined) return []
  const grants = [...(everywhere ?? []), ...(here ?? [])]
  const lacking = diskPermissionsOf(settings, publication)
    .map(({ action }) => action)
    .filter((action) => !grants.some((grant) => allows(grant, action)))
  if (lacking.length === 0) return []
  const places = await Promise.all([
    unlessGone(disks.account(names.account)).catch(() => true),
    unlessGone(disks.gallery(names.gallery)).catch(() => true),
  ])
  return [
    {
      level: places.some((place) => place !== undefined) ? 'warning' : 'error',
      message: `the principal may not do all that is needed in ${group}: ${lacking.join(', ')}`,
      hint: "'sindri vm permissions --publish --cloud azure' prints a role with all that is needed",
    },
  ]
}

async function ofProviders({ disks }: AzureApis): Promise<readonly Finding[]> {
  const needed = ['Microsoft.Compute', 'Microsoft.Storage']
  const states = await Promise.all(needed.map((name) => disks.providerState(name)))
  return needed.flatMap((name, index) =>
    states[index] === 'Registered'
      ? []
      : [
          error(
            `the subscription is not registered for ${name} (${states[index]})`,
            `az provider register --namespace ${name} --wait`,
          ),
        ],
  )
}

async function ofRegions({ disks }: AzureApis, { settings }: DiskHome): Promise<readonly Finding[]> {
  const open = await disks.locations()
  return settings.regions
    .filter((region) => !open.includes(region))
    .map((region) => ({
      level: settings.bestEffortRegions.includes(region) ? 'warning' : 'error',
      message: `${region} is not a location this subscription may use`,
      hint: "'az account list-locations' shows them; leave it out of release.targets.azure.regions",
    }))
}

async function ofAccount({ disks }: AzureApis, { settings }: DiskHome, names: DiskNames): Promise<readonly Finding[]> {
  const [region = ''] = settings.regions
  const { accountName } = names
  const account = await unlessGone(disks.account(names.account))
  const other = 'name another in release.targets.azure.storage_account'
  if (account === undefined) {
    const problem = await disks.accountNameProblem(accountName)
    return problem === undefined ? [] : [error(`the storage account ${accountName} cannot be made: ${problem}`, other)]
  }
  const found: Finding[] = []
  if (account.location !== region)
    found.push(error(`the storage account ${accountName} is in ${account.location}, not in ${region}`, other))
  if (!['Storage', 'StorageV2'].includes(account.kind) || account.hierarchical)
    found.push(error(`the storage account ${accountName} takes no page blobs`, other))
  if (!account.reachable) found.push(error(`the storage account ${accountName} is closed to public networks`, other))
  if (!account.keys)
    found.push({
      level: 'warning',
      message: `the storage account ${accountName} is not opened by its keys, which Azure asks for to read the disk`,
      hint: 'allow shared keys, if the version cannot be made',
    })
  if (account.walled)
    found.push({
      level: 'warning',
      message: `the firewall of the storage account ${accountName} refuses networks that it does not list`,
      hint: 'list the address this machine has, and let trusted Azure services through',
    })
  return found
}

async function ofGallery(
  { disks }: AzureApis,
  { settings }: DiskHome,
  names: DiskNames,
  { audience }: Publication,
): Promise<readonly Finding[]> {
  const [region = ''] = settings.regions
  const name = names.gallery.replace(/.*\//, '')
  const gallery = await unlessGone(disks.gallery(names.gallery))
  if (gallery === undefined) {
    const all = await disks.galleries()
    const found: Finding[] = []
    if (all.filter(({ location }) => location === region).length >= mostGalleries)
      found.push(
        error(
          `the subscription has its ${mostGalleries} galleries in ${region}`,
          'name one of them in release.targets.azure.gallery',
        ),
      )
    if (all.some(({ id }) => id.toLowerCase().endsWith(`/galleries/${name.toLowerCase()}`)))
      found.push(
        error(
          `a gallery ${name} is in another resource group of the subscription, and there can be one of a name`,
          'name that group in release.targets.azure.resource_group, or another gallery',
        ),
      )
    if (audience !== 'private' && settings.community === undefined)
      found.push(
        error(
          'a gallery for everybody tells who publishes it',
          'set release.targets.azure.community: publisher_uri, publisher_contact, eula and public_name_prefix',
        ),
      )
    return found
  }
  if (audience === 'private' && gallery.open)
    return [
      error(
        `the gallery ${name} is open to everybody with all its images, and the audience is private`,
        'name another in release.targets.azure.gallery, or close it: az sig share reset',
      ),
    ]
  if (audience !== 'private' && gallery.sharing !== 'Community')
    return [
      error(
        `the gallery ${name} was made to be ${gallery.sharing === 'Groups' ? 'shared with some' : 'private'}, not for the community`,
        'name another in release.targets.azure.gallery',
      ),
    ]
  return []
}

async function ofDefinition(
  { disks }: AzureApis,
  { settings }: DiskHome,
  names: DiskNames,
  publication: Publication,
): Promise<readonly Finding[]> {
  const found = await unlessGone(disks.definition(names.definition))
  if (found === undefined) return []
  return differences(found, definitionOf(settings, publication)).map((difference) =>
    error(
      `the image definition ${names.definitionName} is another: ${difference}`,
      'name another in release.targets.azure.image, or change the settings; a definition is never changed',
    ),
  )
}
