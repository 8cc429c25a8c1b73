import type { Resolved } from '../config/resolved.ts'
import { SindriError } from '../core/error.ts'
import { aws } from './aws/index.ts'
import type { Cloud, CloudId, Environment, Target } from './cloud.ts'
import { gcp } from './gcp/index.ts'

/** The only list of clouds. */
export const clouds: readonly Cloud[] = [aws, gcp]

/** The cloud of this name. @throws SindriError `unsupported` for a cloud that Sindri cannot work on yet */
export function cloud(id: string): Cloud {
  const found = clouds.find((one) => one.id === id)
  if (found !== undefined) return found
  throw new SindriError('unsupported', `this version of Sindri does not build on ${id} yet`, {
    hint: `it works on: ${clouds.map((one) => one.id satisfies CloudId).join(', ')}; its config is checked for every cloud`,
  })
}

/** The cloud of this config with credentials at hand. @throws SindriError `unsupported` where only templates are made */
export async function connect(resolved: Resolved, environment: Environment): Promise<Target> {
  const { id, title, connect: open } = cloud(resolved.cloud)
  if (open !== undefined) return open(resolved, environment)
  throw new SindriError(
    'unsupported',
    `this version of Sindri makes templates for ${title} and does not work in it yet`,
    {
      hint: `'sindri vm init --cloud ${id}' writes a folder that plain Packer builds`,
    },
  )
}
