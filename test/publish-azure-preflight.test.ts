import { expect, test } from 'vitest'
import { publish } from '../src/actions/publish/publish.ts'
import { connectAzure } from '../src/clouds/azure/api.ts'
import { connectAzureDisk } from '../src/clouds/azure/disk-api.ts'
import { diskActions } from '../src/clouds/azure/disk-permissions.ts'
import { roleOf } from '../src/clouds/azure/permissions.ts'
import { askManager } from './azure-manager.ts'
import { smallDisk } from './publishing.ts'
import { usePublishing } from './use-publishing.ts'

const { regions, here, write, context, changing } = usePublishing('azure')
const [home] = regions
const subscription = '5a1d0000-0000-4000-8000-000000000004'
const azureHome = () => ({ subscription, tenant: undefined, environment: here.rehearsal.environment })
const said = (message: string): unknown => expect.objectContaining({ message: expect.stringContaining(message) })
const community = {
  publisher_uri: 'https://example.com',
  publisher_contact: 'images@example.com',
  eula: 'https://example.com/eula',
  public_name_prefix: 'golden',
}

test('a version that holds another disk, or another release whose version comes to the same number, is refused by what it says', async () => {
  write()
  await publish({}, context())
  write({}, {}, smallDisk('two'))
  await expect(publish({}, context('another-machine'))).rejects.toThrow(
    'version 1.4.2 of golden-debian12 was made for golden-1.4.2-debian12 from the disk',
  )
  write({}, { version: 'v1.4.2' })
  await expect(publish({}, context())).rejects.toThrow('was made for golden-1.4.2-debian12')
})

test('what would be refused at the end is refused before the first byte', async () => {
  const images = connectAzure(azureHome())
  const disks = connectAzureDisk(azureHome())
  const group = `/subscriptions/${subscription}/resourceGroups/images`
  const gallery = `${group}/providers/Microsoft.Compute/galleries/golden`
  await images.putGroup({ name: 'images', location: home, tags: {} })
  await images.putGroup({ name: 'others', location: home, tags: {} })
  await disks.putGallery(gallery, { location: home, tags: {}, community: undefined })
  await disks.putDefinition(`${gallery}/images/golden-debian12`, {
    ...{ location: home, tags: {}, publisher: 'golden', offer: 'debian12', sku: 'x64-gen2' },
    ...{ generation: 'V1', architecture: 'x64', features: { DiskControllerTypes: 'NVMe, SCSI' } },
  })
  await disks.putAccount(`${group.replace('images', 'others')}/providers/Microsoft.Storage/storageAccounts/taken`, {
    ...{ location: home, tags: {} },
  })
  const before = changing().length
  write(
    { regions: [home, 'atlantis'], storage_account: 'taken', trusted_launch: true, nvme: true, community },
    { audience: 'public', allow_public: true },
  )
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: [
      said('atlantis is not a location this subscription may use'),
      said('the storage account taken cannot be made: The storage account named taken is already taken.'),
      said('the gallery golden was made to be private, not for the community'),
      said('the image definition golden-debian12 is another: generation is v1, and should be v2'),
      said('is another: SecurityType is not set, and should be trustedlaunchsupported'),
    ],
  })
  expect(changing().length).toBe(before)
})

test('what the principal may not do, and what the subscription is not registered for, is told before the first byte', async () => {
  write()
  const role = roleOf(
    Object.values(diskActions)
      .flat()
      .filter((action) => !action.endsWith('/blobs/write'))
      .map((action) => ({ action, by: 'sindri', purpose: '', late: false }) as const),
    undefined,
  )
  await askManager(
    here.rehearsal.environment,
    'POST',
    `/subscriptions/${subscription}/providers/Microsoft.Storage/unregister`,
  )
  await here.reopen({ policy: { value: role, file: 'role.json' } })
  const before = changing().length
  await expect(publish({}, context())).rejects.toMatchObject({
    complaints: [
      said(
        'may not do all that is needed in images: Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write',
      ),
      said('is not registered for Microsoft.Storage (NotRegistered)'),
    ],
  })
  expect(changing().length).toBe(before)
})
