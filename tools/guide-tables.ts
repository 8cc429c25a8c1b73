import { cloud, clouds } from '../src/clouds/index.ts'
import { loadConfig } from '../src/config/load.ts'
import { resolve } from '../src/config/resolve.ts'
import { costOf, type Prices } from '../src/release/cost.ts'
import { featureRows } from './feature-table.ts'
import { replaced } from './page.ts'

/** What the variables hold that a cloud takes its account from; none of it is shown. */
const env = {
  AZURE_SUBSCRIPTION_ID: '11111111-1111-1111-1111-111111111111',
  AZURE_RESOURCE_GROUP: 'images',
  GOOGLE_CLOUD_PROJECT: 'my-project-1',
  OCI_COMPARTMENT_OCID: 'ocid1.compartment.oc1..example',
  OCI_AVAILABILITY_DOMAIN: 'Uocm:PHX-AD-1',
  OCI_SUBNET_OCID: 'ocid1.subnet.oc1.phx.example',
}

/** The guide with its tables made anew. */
export async function withGuideTables(page: string, prices: Prices): Promise<string> {
  const withFeatures = replaced(page, 'features', featureRows())
  return replaced(replaced(withFeatures, 'defaults', await defaultRows()), 'costs', await costRows(prices))
}

async function plain(id: string) {
  const config = loadConfig(
    JSON.stringify({ version: '1.0', name: 'golden', providers: { packer: { cloud: id } } }),
    'sindri.yaml',
  )
  const resolved = resolve(config, {}, { env })
  const { defaults } = (await cloud(id).source())(resolved, undefined)
  return { resolved, machine: String(defaults.instance_type), diskGiB: Number(defaults.volume_size) }
}

async function defaultRows(): Promise<readonly string[]> {
  const rows = clouds.map(async ({ id, title, placement }) => {
    const { resolved, machine, diskGiB } = await plain(id)
    const { region } = placement(resolved)
    return `| ${title} | ${region === '' ? 'that of `~/.oci/config`' : `\`${region}\``} | \`${machine}\` | ${diskGiB} GiB | ${resolved.build.base} |`
  })
  return ['| Cloud | Region | Machine | Disk | Base |', '|---|---|---|---|---|', ...(await Promise.all(rows))]
}

async function costRows(prices: Prices): Promise<readonly string[]> {
  const rows = clouds.map(async ({ id, title }) => {
    const { machine, diskGiB } = await plain(id)
    const { build_usd, storage_usd_per_month } = costOf(prices, { cloud: id, machine, diskGiB })
    const usd = (amount: number | undefined): string => (amount === undefined ? 'unknown' : `$${amount.toFixed(2)}`)
    return `| ${title} | \`${machine}\` | ${usd(build_usd)} | ${usd(storage_usd_per_month)} |`
  })
  const head = `| Cloud | Machine | A build of ${prices.build_minutes} minutes | The image, each month and region |`
  return [head, '|---|---|---|---|', ...(await Promise.all(rows))]
}
