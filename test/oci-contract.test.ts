import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MadeImage } from '../src/clouds/cloud.ts'
import { type Account, cloudContract } from '../src/clouds/contract.ts'
import { connect } from '../src/clouds/index.ts'
import { tag } from '../src/clouds/tags.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { installDial } from '../src/rehearsal/dial.ts'
import { openInProcess } from '../src/rehearsal/in-process.ts'
import { ociClient } from './oci-client.ts'

const region = 'eu-frankfurt-1'
const compartmentId = 'ocid1.compartment.oc1..aaaaaaaacompartment'
const availabilityDomain = 'Uocm:EU-FRANKFURT-1-AD-1'
const subnetId = 'ocid1.subnet.oc1.eu-frankfurt-1.aaaaaaaasubnet'
const stepMs = 400

interface Thing {
  readonly id: string
  readonly lifecycleState: string
  readonly compartmentId: string | null
}

/** An empty rehearsed compartment, reached by production endpoints. Its clock moves with every request, so nothing is waited for. */
async function openAccount(): Promise<Account> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-oci-contract-'))
  let now = Date.now()
  const { rehearsal, close } = await openInProcess(
    { home: join(folder, 'home'), cache: join(folder, 'cache') },
    () => (now += stepMs),
  )
  // The last one installed is the first asked, and passes loopback on to those before it.
  installDial(rehearsal)
  const client = ociClient(rehearsal.environment, region)

  async function all(kind: string): Promise<readonly Thing[]> {
    const things = await client.ask<readonly Thing[]>('GET', `${kind}?compartmentId=${compartmentId}`)
    return things.filter((one) => one.compartmentId !== null && one.lifecycleState !== 'TERMINATED')
  }

  /** As Packer does it. */
  async function builder(freeformTags: Record<string, string>): Promise<string> {
    const { id } = await client.ask<Thing>('POST', 'instances', {
      compartmentId,
      availabilityDomain,
      displayName: 'sindri-image-builder',
      shape: 'VM.Standard2.1',
      sourceDetails: { sourceType: 'image', imageId: client.debian, bootVolumeSizeInGBs: 50 },
      createVnicDetails: { subnetId, assignPublicIp: true },
      freeformTags,
    })
    while ((await client.ask<Thing>('GET', `instances/${id}`)).lifecycleState !== 'RUNNING');
    return id
  }

  async function capture(
    instanceId: string,
    displayName: string,
    freeformTags: Record<string, string>,
  ): Promise<string> {
    const body = { compartmentId, instanceId, displayName, freeformTags }
    return (await client.ask<Thing>('POST', 'images', body)).id
  }

  return {
    region,
    others: [],
    instanceType: 'VM.Standard.E4.Flex',
    readers: [],
    withoutDeprecation: true,
    unknownImage: `ocid1.image.oc1.${region}.aaaaaaaaunknown`,
    connect() {
      const section = {
        compartment_ocid: '${env:COMPARTMENT}',
        availability_domain: availabilityDomain,
        subnet_ocid: subnetId,
        region,
      }
      const packer = { cloud: 'oci', oci: section }
      const config = loadConfig(
        JSON.stringify({ version: '1.0', name: 'golden', providers: { packer } }),
        'sindri.yaml',
      )
      const environment = { ...rehearsal.environment, COMPARTMENT: compartmentId }
      return connect(resolve(config, {}, { env: environment }), environment)
    },
    async build({ name, fingerprint }): Promise<MadeImage> {
      const instance = await builder({})
      const tags = { [tag.release]: name, [tag.fingerprint]: fingerprint, [tag.managed]: 'true' }
      const id = await capture(instance, name, tags)
      while ((await client.ask<Thing>('GET', `images/${id}`)).lifecycleState !== 'AVAILABLE');
      await client.ask('DELETE', `instances/${instance}`)
      return { id, region, name }
    },
    async abandonRun({ token, release }) {
      const instance = await builder({ [tag.run]: token, [tag.release]: release, [tag.managed]: 'true' })
      // A run that was killed after its image was begun, without the tags it would have been given.
      if (token.startsWith('a')) {
        const id = await capture(instance, release, {})
        while ((await client.ask<Thing>('GET', `images/${id}`)).lifecycleState !== 'AVAILABLE');
      }
      return []
    },
    async inventory() {
      const kinds = ['instances', 'bootVolumes', 'images', 'networkSecurityGroups']
      const found = await Promise.all(kinds.map(async (kind) => (await all(kind)).map(({ id }) => `${kind} ${id}`)))
      return found.flat().sort()
    },
    async close() {
      await close()
      rmSync(folder, { recursive: true })
    },
  }
}

cloudContract('oci', openAccount)
