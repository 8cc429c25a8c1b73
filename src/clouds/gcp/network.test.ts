import { expect, test } from 'vitest'
import { loadConfig } from '../../config/load.ts'
import { resolve } from '../../config/resolve.ts'
import { networkOf, networkProjectOf } from './network.ts'
import { gcpOf } from './settings.ts'

/** Where a config with this gcp section launches, with a subnetwork of the request or without. */
async function launches(section: Readonly<Record<string, unknown>>, subnetId?: string): Promise<readonly unknown[]> {
  const gcp = { project_id: 'my-project-1', zone: 'europe-west1-b', ...section }
  const config = { version: '1.0', name: 'golden', providers: { packer: { cloud: 'gcp', gcp } } }
  const settings = gcpOf(resolve(loadConfig(JSON.stringify(config), 'sindri.yaml'), {}, { env: {} }))
  const project = networkProjectOf(settings, 'my-project-1')
  const { url, subnetwork } = networkOf({ subnetworkNetwork: async (of) => `the one of ${of}` }, settings, project)
  return [project, await url(subnetId), subnetwork(subnetId)]
}

test('without a word about it, instances go into the default network', async () => {
  const network = 'projects/my-project-1/global/networks/default'
  expect(await launches({})).toEqual(['my-project-1', network, undefined])
})

test('names are completed by the project of the network and the region of the zone', async () => {
  const section = { network: 'builders', subnetwork: 'builders-eu', network_project_id: 'network-host-1' }
  expect(await launches(section)).toEqual([
    'network-host-1',
    'projects/network-host-1/global/networks/builders',
    'projects/network-host-1/regions/europe-west1/subnetworks/builders-eu',
  ])
})

test('a URL is taken as it is, and tells the project', async () => {
  const path = 'projects/network-host-1/global/networks/builders'
  expect(await launches({ network: `https://www.googleapis.com/compute/v1/${path}` })).toEqual([
    'network-host-1',
    path,
    undefined,
  ])
})

test('the network of a subnetwork that stands alone, or that a request names, is asked for', async () => {
  const own = 'projects/my-project-1/regions/europe-west1/subnetworks/own'
  expect(await launches({ subnetwork: 'own' })).toEqual(['my-project-1', `the one of ${own}`, own])
  expect(await launches({ network: 'builders', subnetwork: 'builders-eu' }, 'own')).toEqual([
    'my-project-1',
    `the one of ${own}`,
    own,
  ])
})
