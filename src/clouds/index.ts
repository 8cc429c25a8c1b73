import { SindriError } from '../core/error.ts'
import { aws } from './aws/index.ts'
import type { Cloud, CloudId } from './cloud.ts'

/** The only list of clouds. */
export const clouds: readonly Cloud[] = [aws]

/** The cloud of this name. @throws SindriError `unsupported` for a cloud that Sindri cannot work on yet */
export function cloud(id: string): Cloud {
  const found = clouds.find((one) => one.id === id)
  if (found !== undefined) return found
  throw new SindriError('unsupported', `this version of Sindri does not build on ${id} yet`, {
    hint: `it works on: ${clouds.map((one) => one.id satisfies CloudId).join(', ')}; its config is checked for every cloud`,
  })
}
