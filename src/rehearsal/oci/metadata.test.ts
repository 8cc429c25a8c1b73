import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { metadataHandler } from './metadata.ts'
import type { InstanceRecord } from './records.ts'

const instance: InstanceRecord = {
  id: 'ocid1.instance.oc1.phx.aaaaaaaainstance',
  region: 'us-phoenix-1',
  compartmentId: 'ocid1.compartment.oc1..aaaaaaaacompartment',
  displayName: 'builder',
  createdAt: 0,
  freeformTags: {},
  definedTags: {},
  availabilityDomain: 'Uocm:PHX-AD-1',
  shape: 'VM.Standard2.1',
  ocpus: 1,
  memoryInGBs: 15,
  imageId: 'ocid1.image.oc1.phx.aaaaaaaaimage',
  user: 'debian',
  metadata: { ssh_authorized_keys: 'ssh-ed25519 AAAA' },
  legacyImdsDisabled: true,
  hostname: 'builder',
  subnetId: 'ocid1.subnet.oc1.phx.aaaaaaaasubnet',
  nsgIds: [],
  vnicId: 'ocid1.vnic.oc1.phx.aaaaaaaavnic',
  vnicName: 'builder',
  vnicTags: {},
  privateAddress: '10.0.0.2',
  publicAddress: '127.77.220.2',
  mac: '02:00:17:00:00:01',
  bootVolumeId: 'ocid1.bootvolume.oc1.phx.aaaaaaaavolume',
}

let server: Server
afterEach(() => {
  server.close()
})

async function open(of: InstanceRecord): Promise<(path: string, headers?: Record<string, string>) => Promise<string>> {
  server = createServer(metadataHandler(of))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a string
  return async (path, headers = { authorization: 'Bearer Oracle' }) => {
    const response = await fetch(`http://127.0.0.1:${port}/opc/${path}`, { headers })
    return response.ok ? response.text() : `${response.status}`
  }
}

test('version 2 tells what cloud-init reads, whole or by its parts', async () => {
  const read = await open(instance)
  expect(JSON.parse(await read('v2/instance/'))).toMatchObject({
    ociAdName: 'Uocm:PHX-AD-1',
    id: instance.id,
    hostname: 'builder',
    displayName: 'builder',
    metadata: { ssh_authorized_keys: 'ssh-ed25519 AAAA' },
  })
  expect(await read('v2/instance/shape')).toBe('VM.Standard2.1')
  expect(JSON.parse(await read('v2/vnics/'))).toMatchObject([
    { macAddr: instance.mac, privateIp: '10.0.0.2', subnetCidrBlock: '10.0.0.0/24' },
  ])
})

test('a request without the header, forwarded, of version 1 or for what is not there is refused', async () => {
  const read = await open(instance)
  expect(await read('v2/instance/', {})).toBe('401')
  expect(await read('v2/instance/', { authorization: 'Bearer Oracle', 'x-forwarded-for': '192.0.2.1' })).toBe('403')
  expect(await read('v1/instance/')).toBe('404')
  expect(await read('v2/identity/')).toBe('404')
  expect(await read('v2/instance/constructor')).toBe('404')
})

test('version 1 answers where it was left on', async () => {
  const read = await open({ ...instance, legacyImdsDisabled: false })
  expect(await read('v1/instance/id', {})).toBe(instance.id)
})
