import { cloud as cloudOf } from '../clouds/index.ts'
import { SindriError } from '../core/error.ts'
import { render } from '../packer/hcl.ts'
import { type Cost, costOf } from '../release/cost.ts'
import { releaseName } from '../release/name.ts'
import { versionOf } from './build/archive.ts'
import {
  buildable,
  installedPacker,
  localFiles,
  machineOf,
  tellDropped,
  templateBlocks,
  templateInput,
} from './build/template.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'
import type { CloudChoice } from './each-cloud.ts'
import { pricesOf } from './prices.ts'

/** What `build --dry-run --json` prints. */
export interface DryRunResult {
  readonly cloud: string
  /** HCL. */
  readonly template: string
  readonly cost: Cost
}

/** The template `build` would run, as one document. Offline: no cloud is asked, no SDK loaded, nothing written. */
export async function dryRun(
  options: ConfigOptions & { readonly strict: boolean; readonly clouds: CloudChoice | undefined },
  context: Context,
): Promise<DryRunResult> {
  if (options.clouds !== undefined) {
    throw new SindriError('usage', 'a dry run prints the template of one cloud, and several are asked for', {
      hint: 'give one --cloud',
    })
  }
  const configured = await configure({ ...options, partial: true }, context)
  const packer = await installedPacker(context)
  const resolved = await buildable(configured, packer.version, context)
  const archive = resolved.build.sindriVersion === 'latest' ? 'files/sindri.gz' : undefined
  const marks = {
    name: releaseName(resolved.imageName, context.clock.now()),
    fingerprint: 'of-the-build',
    token: 'of-the-build',
  }
  const version = versionOf(resolved, context)
  const input = await templateInput(cloudOf(resolved.cloud), resolved, localFiles(context, archive), {
    marks,
    manifest: 'manifest.json',
    version,
  })
  const { blocks, dropped } = templateBlocks(input, packer.version)
  tellDropped(dropped, packer.version, options.strict, context)
  const cost = costOf(pricesOf(context), { cloud: resolved.cloud, ...machineOf(input) })
  return { cloud: resolved.cloud, template: render(blocks), cost }
}
