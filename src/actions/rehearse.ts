import { installDial } from '../rehearsal/index.ts'
import type { Context } from './context.ts'
import { rehearsalUp } from './rehearsal.ts'

/** Variables that lead around the dial. */
const proxies = /^(HTTPS?|ALL|NO)_PROXY$/i

/**
 * The same context with the clouds rehearsed on this machine. From now on this process connects to loopback only.
 * `replaceEnvironment` gives the process the environment its SDKs read.
 */
export async function rehearse(
  context: Context,
  replaceEnvironment: (environment: Readonly<Record<string, string | undefined>>) => void,
): Promise<Context> {
  const rehearsal = await rehearsalUp({}, context)
  const direct = Object.entries(context.environment).filter(([name]) => !proxies.test(name))
  const environment = rehearsal.over(Object.fromEntries(direct), 'sindri')
  replaceEnvironment(environment)
  installDial(rehearsal)
  return { ...context, environment, rehearsal }
}
