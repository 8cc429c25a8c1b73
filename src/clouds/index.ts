import type { Resolved } from '../config/resolved.ts'
import { SindriError } from '../core/error.ts'
import { alibaba } from './alibaba/index.ts'
import { aws } from './aws/index.ts'
import { azure } from './azure/index.ts'
import type { Cloud, CloudId, Environment, Target } from './cloud.ts'
import { gcp } from './gcp/index.ts'
import { oci } from './oci/index.ts'

/** The only list of clouds. */
export const clouds: readonly Cloud[] = [aws, azure, gcp, oci, alibaba]

/** The cloud of this name. @throws SindriError `unsupported` for a cloud that Sindri cannot work on yet */
export function cloud(id: string): Cloud {
  const found = clouds.find((one) => one.id === id)
  if (found !== undefined) return found
  throw new SindriError('unsupported', `this version of Sindri does not build on ${id} yet`, {
    hint: `it works on: ${clouds.map((one) => one.id satisfies CloudId).join(', ')}; its config is checked for every cloud`,
  })
}

/** Fails for a cloud that only templates are made for, before anything else is asked. @throws SindriError `unsupported` */
export function checkWorks(id: string): void {
  opening(cloud(id))
}

/** The cloud of this config with credentials at hand. @throws SindriError `unsupported` where only templates are made */
export async function connect(resolved: Resolved, environment: Environment): Promise<Target> {
  return opening(cloud(resolved.cloud))(resolved, environment)
}

/** Where this config works: in the region it names, else in the one its credentials lead to. */
export async function regionOf(resolved: Resolved, target: Pick<Target, 'home'>): Promise<string> {
  const { region } = cloud(resolved.cloud).placement(resolved)
  return region === '' && target.home !== undefined ? target.home() : region
}

function opening({ id, title, connect: open }: Cloud): NonNullable<Cloud['connect']> {
  if (open !== undefined) return open
  throw new SindriError(
    'unsupported',
    `this version of Sindri makes templates for ${title} and does not work in it yet`,
    { hint: `'sindri vm init --cloud ${id}' writes a folder that plain Packer builds` },
  )
}
