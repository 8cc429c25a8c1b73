import type { Context } from './context.ts'

/** Variables of the user that would lead a rehearsed Packer to a real account. */
const userCredentials = /^(AWS_|ARM_|AZURE_|GOOGLE_|GCLOUD_|CLOUDSDK_|OCI_|ALICLOUD_|ALIBABA_CLOUD_)/

/**
 * The environment Packer runs in. Secrets of the config reach it only here, never by argument or file. A rehearsed
 * Packer has no credentials but the rehearsal's, trusts no authority and has no proxy but the rehearsal's.
 */
export function packerEnvironment(context: Context): Record<string, string | undefined> {
  if (context.rehearsal === undefined) return { ...context.environment }
  const own = Object.entries(context.environment).filter(([name]) => !userCredentials.test(name))
  return { ...Object.fromEntries(own), ...context.rehearsal.environment }
}
