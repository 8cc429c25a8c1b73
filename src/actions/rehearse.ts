import { installDial } from '../rehearsal/index.ts'
import type { Context } from './context.ts'
import { rehearsalUp } from './rehearsal.ts'

/** Variables a rehearsing process must not take from its user: they lead to real accounts or around the dial. */
const leftOut = /^(AWS_|GOOGLE_|GCLOUD_|CLOUDSDK_|(HTTPS?|ALL|NO)_PROXY$)/i

/** What the SDKs of a rehearsing process see: throw-away credentials, and production endpoints that the dial leads home. */
const passedOn = new Set([
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_EC2_METADATA_DISABLED',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'GOOGLE_CLOUD_PROJECT',
])

/**
 * The same context with the clouds rehearsed on this machine. From now on this process connects to loopback only.
 * `replaceEnvironment` gives the process the environment its SDKs read.
 */
export async function rehearse(
  context: Context,
  replaceEnvironment: (environment: Readonly<Record<string, string | undefined>>) => void,
): Promise<Context> {
  const rehearsal = await rehearsalUp({}, context)
  const own = Object.entries(context.environment).filter(([name]) => !leftOut.test(name))
  const given = Object.entries(rehearsal.environment).filter(([name]) => passedOn.has(name))
  const environment = Object.fromEntries([...own, ...given])
  replaceEnvironment(environment)
  installDial(rehearsal)
  return { ...context, environment, rehearsal }
}
