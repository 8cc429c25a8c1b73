import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, regionOf } from '../clouds/index.ts'
import { SindriError } from '../core/error.ts'
import { type ConfigOptions, configure } from './configure.ts'
import type { Context } from './context.ts'
import { removeKey } from './deploy.ts'
import { recordsFolder } from './places.ts'

export interface TerminateOptions extends ConfigOptions {
  /** The id of an instance or of a deployment. */
  readonly reference: string
  readonly confirm: (resources: readonly string[]) => Promise<boolean>
}

/** Removes everything a deployment made: the instance, its security group, its key pair, and the key on this machine. */
export async function terminate(
  options: TerminateOptions,
  context: Context,
): Promise<{ readonly deployment: string; readonly removed: readonly string[] }> {
  const resolved = await configure(options, context)
  const target = await connect(resolved, context.environment)
  const { launch } = target
  const region = await regionOf(resolved, target)
  const found = await launch.find(region, options.reference)
  if (found === undefined) {
    throw new SindriError('not-found', `there is no deployment ${options.reference} of Sindri in ${region}`, {
      hint: 'only what sindri vm deploy made is terminated; --region chooses another region',
    })
  }
  if (!(await options.confirm(found.resources))) throw new SindriError('cancelled', 'nothing was terminated')
  await launch.terminate(region, found.deployment, context.signal)
  await removeKey({ privateKeyFile: join(recordsFolder(context), 'keys', `${found.deployment}.pem`) })
  await rm(join(recordsFolder(context), 'deployments', `${found.deployment}.db`), { force: true })
  return { deployment: found.deployment, removed: found.resources }
}
