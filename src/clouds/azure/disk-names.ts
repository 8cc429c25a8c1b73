import { createHash } from 'node:crypto'
import type { AzureReleaseSettings } from '../../config/targets/azure.ts'
import { SindriError } from '../../core/error.ts'
import type { Publication } from '../../release/publication.ts'

/** What is made of a publication, and where: ids of resources, and names in the storage account. */
export interface DiskNames {
  readonly group: string
  readonly account: string
  readonly accountName: string
  readonly container: string
  readonly blob: string
  readonly gallery: string
  readonly definition: string
  readonly definitionName: string
  readonly version: string
  readonly versionName: string
}

/** Where a release goes, as far as it is the same for all of them. */
export interface DiskHome {
  readonly subscription: string
  readonly group: string
  readonly settings: AzureReleaseSettings
}

/** The storage account the disks of a group are sent to: names of accounts are those of all Azure. */
export function accountOfHome({ subscription, group, settings }: DiskHome): {
  readonly id: string
  readonly name: string
} {
  const [region = ''] = settings.regions
  const own = createHash('sha256').update(`${subscription}/${group}/${region}`.toLowerCase()).digest('hex')
  const name = settings.storageAccount ?? `sindri${own.slice(0, 18)}`
  return { id: `${inGroup(subscription, group)}/providers/Microsoft.Storage/storageAccounts/${name}`, name }
}

/** The container of disks on their way. */
export const containerName = 'sindri-disks'

/**
 * Names by Azure's rules; what they leave no room for is told apart by a piece of its digest.
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules (2026-11)
 * @throws SindriError `config` for a version that is no gallery version
 */
export function diskNames(home: DiskHome, publication: Publication): DiskNames {
  const { subscription, group, settings } = home
  const { key, project, os, version, disk } = publication
  const account = accountOfHome(home)
  const galleryName = settings.gallery ?? fitting(project, /[^A-Za-z0-9.]/g, '_')
  const definitionName = settings.image ?? fitting(`${project}-${os}`, /[^A-Za-z0-9._-]/g, '-')
  const gallery = `${inGroup(subscription, group)}/providers/Microsoft.Compute/galleries/${galleryName}`
  const definition = `${gallery}/images/${definitionName}`
  const versionName = settings.imageVersion ?? galleryVersion(version)
  return {
    group,
    account: account.id,
    accountName: account.name,
    container: containerName,
    blob: `${key}-${disk.digest.slice(0, 12)}.vhd`,
    gallery,
    definition,
    definitionName,
    version: `${definition}/versions/${versionName}`,
    versionName,
  }
}

/**
 * Three numbers of 32 bits, says https://learn.microsoft.com/rest/api/compute/gallery-image-versions/create-or-update
 * (2026-11). What has fewer is filled up; a version that comes to the same numbers is refused by what is there.
 */
export function galleryVersion(version: string): string {
  const numbers = version.replace(/^v(?=\d)/, '').split('.')
  const fits = numbers.length <= 3 && numbers.every((one) => /^\d+$/.test(one) && Number(one) < 2 ** 31)
  if (fits) return [...numbers, '0', '0'].slice(0, 3).map(Number).join('.')
  throw new SindriError('config', `a gallery version is three numbers, and ${version} cannot be written as such`, {
    hint: 'set release.targets.azure.image_version, as in "1.0.0"; the release keeps its own version in the tags',
  })
}

const longest = 80

/** A name with other characters in place of those that are not allowed; one that had to be changed says so. */
function fitting(name: string, forbidden: RegExp, instead: string): string {
  const made = name.replaceAll(forbidden, instead)
  const ends = /^[A-Za-z0-9].*[A-Za-z0-9]$|^[A-Za-z0-9]$/.test(made)
  if (made === name && ends && name.length <= longest) return name
  const own = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${made.slice(0, longest - 9)}${instead}${own}`
}

function inGroup(subscription: string, group: string): string {
  return `/subscriptions/${subscription}/resourceGroups/${group}`
}
