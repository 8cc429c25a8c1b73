import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CloudId } from '../src/clouds/cloud.ts'
import { cloud } from '../src/clouds/index.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { render } from '../src/packer/hcl.ts'
import { sharedTemplate } from '../src/packer/template.ts'
import prices from '../src/release/prices.json' with { type: 'json' }
import { features } from './feature-table.ts'
import { withGuideTables } from './guide-tables.ts'

const root = join(import.meta.dirname, '..')

/** The least that a config of each cloud needs. */
const least: Readonly<Record<CloudId, Readonly<Record<string, unknown>>>> = {
  aws: {},
  azure: { subscription_id: '11111111-1111-1111-1111-111111111111', resource_group: 'images' },
  gcp: { project_id: 'my-project-1' },
  oci: {
    compartment_ocid: 'ocid1.compartment.oc1..aaaaaaaaexample',
    availability_domain: 'Uocm:PHX-AD-1',
    subnet_ocid: 'ocid1.subnet.oc1.phx.aaaaaaaaexample',
  },
  alibaba: {},
}

async function templateOf(id: CloudId, section: Readonly<Record<string, unknown>>): Promise<string> {
  const packer = { cloud: id, [id]: { ...least[id], ...section } }
  const config = loadConfig(JSON.stringify({ version: '1.0', name: 'golden', providers: { packer } }), 'sindri.yaml')
  const { lastScripts: _, ...source } = (await cloud(id).source())(resolve(config, {}, { env: {} }), undefined)
  return render(
    sharedTemplate({
      ...source,
      variables: { imageName: 'golden', sindriVersion: '3.1.0', profile: 'base', extensions: [] },
      provision: [],
      manifest: 'manifest.json',
      custom: {},
    }),
  )
}

const claims = features.flatMap(({ feature, cells }) =>
  Object.entries(cells).flatMap(([id, cell]) =>
    typeof cell === 'string' ? [] : [{ id: id as CloudId, feature, proof: cell.proof }],
  ),
)

test.each(claims)('$id: $feature', async ({ id, proof }) => {
  if ('test' in proof) {
    expect(existsSync(join(root, proof.test))).toBe(true)
    expect(readFileSync(join(root, proof.test), 'utf8')).toContain(proof.says)
    return
  }
  expect(await templateOf(id, proof.section)).toMatch(proof.renders)
  // What nobody asks for is not there.
  if (Object.keys(proof.section).length > 0) expect(await templateOf(id, {})).not.toMatch(proof.renders)
})

test('the tables of the guide are up to date (node tools/generate.ts writes them)', async () => {
  const page = readFileSync(join(root, 'docs/guide.md'), 'utf8')
  expect(page).toBe(await withGuideTables(page, prices))
})
