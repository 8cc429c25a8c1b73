import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GoogleAuth } from 'google-auth-library'
import { vi } from 'vitest'
import type { MadeImage } from '../src/clouds/cloud.ts'
import { type Account, cloudContract } from '../src/clouds/contract.ts'
import { builderName, label, runLabel } from '../src/clouds/gcp/labels.ts'
import { connect } from '../src/clouds/index.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { installDial } from '../src/rehearsal/dial.ts'
import { openInProcess } from '../src/rehearsal/in-process.ts'

const zone = 'us-west1-a'
const project = 'my-project-1'
const stepMs = 400

interface Named {
  readonly name: string
}

/** An empty rehearsed project, reached by production endpoints. Its clock moves with every request, so nothing is waited for. */
async function openAccount(): Promise<Account> {
  const folder = mkdtempSync(join(tmpdir(), 'sindri-gcp-contract-'))
  let now = Date.now()
  const { rehearsal, close } = await openInProcess(
    { home: join(folder, 'home'), cache: join(folder, 'cache') },
    () => (now += stepMs),
  )
  // The last one installed is the first asked, and passes loopback on to those before it.
  installDial(rehearsal)
  vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', rehearsal.environment.GOOGLE_APPLICATION_CREDENTIALS)
  const auth = new GoogleAuth({
    scopes: 'https://www.googleapis.com/auth/cloud-platform',
    clientOptions: { transporterOptions: { fetchImplementation: fetch } },
  })

  async function ask<T>(method: 'GET' | 'POST' | 'DELETE', path: string, data?: object): Promise<T> {
    const url = `https://compute.googleapis.com/compute/v1/projects/${project}/${path}`
    const answer = await auth.request<T & { readonly operationType?: string; readonly name: string }>({
      method,
      url,
      data,
    })
    const { operationType, name } = answer.data
    const place = /^(global|zones\/[^/]+)/.exec(path)?.[0]
    if (operationType !== undefined)
      await auth.request({
        method: 'POST',
        url: `https://compute.googleapis.com/compute/v1/projects/${project}/${place}/operations/${name}/wait`,
      })
    return answer.data
  }

  async function all(path: string): Promise<readonly Named[]> {
    return (await ask<{ items?: readonly Named[] }>('GET', path)).items ?? []
  }

  /** As Packer does it: the disk stays when the instance goes. */
  async function builder(name: string, labels: Record<string, string>): Promise<void> {
    await ask('POST', `zones/${zone}/instances`, {
      name,
      labels,
      machineType: `zones/${zone}/machineTypes/e2-standard-2`,
      disks: [
        {
          boot: true,
          initializeParams: { sourceImage: 'projects/debian-cloud/global/images/family/debian-12', diskName: name },
        },
      ],
      networkInterfaces: [{ network: 'global/networks/default', accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] }],
    })
  }

  return {
    region: zone,
    others: [],
    instanceType: 'e2-small',
    readers: [],
    unknownImage: 'golden-0000000000',
    connect() {
      const section = { project_id: '${env:PROJECT}', zone, deprecate_after_days: 30 }
      const packer = { cloud: 'gcp', gcp: section }
      const config = loadConfig(
        JSON.stringify({ version: '1.0', name: 'golden', providers: { packer } }),
        'sindri.yaml',
      )
      const environment = { PROJECT: project }
      return connect(resolve(config, {}, { env: environment }), environment)
    },
    async build({ name, fingerprint }): Promise<MadeImage> {
      await builder('builder', {})
      await ask('DELETE', `zones/${zone}/instances/builder`)
      await ask('POST', 'global/images', {
        name,
        labels: { [label.release]: name, [label.fingerprint]: fingerprint, [label.managed]: 'true' },
        sourceDisk: `zones/${zone}/disks/builder`,
      })
      while ((await ask<{ status: string }>('GET', `global/images/${name}`)).status !== 'READY');
      await ask('DELETE', `zones/${zone}/disks/builder`)
      return { id: name, region: zone, name }
    },
    async abandonRun({ token, release }) {
      const name = builderName(token)
      await builder(name, { [label.run]: runLabel(token), [label.release]: release, [label.managed]: 'true' })
      if (token.startsWith('b')) return []
      // A run that was killed after its image was begun, by another instance of the same name before.
      await ask('DELETE', `zones/${zone}/instances/${name}`)
      await ask('POST', 'global/images', { name: release, sourceDisk: `zones/${zone}/disks/${name}` })
      return []
    },
    async inventory() {
      const kinds = [`zones/${zone}/instances`, `zones/${zone}/disks`, 'global/images', 'global/firewalls']
      const found = await Promise.all(
        kinds.map(async (kind) => (await all(kind)).map(({ name }) => `${kind.split('/').at(-1)} ${name}`)),
      )
      return found.flat().sort()
    },
    async close() {
      await close()
      vi.unstubAllEnvs()
      rmSync(folder, { recursive: true })
    },
  }
}

cloudContract('gcp', openAccount)
