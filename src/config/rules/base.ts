import type { CloudName } from '../cloud-name.ts'
import { baseNames } from '../sections/build.ts'
import type { Complain } from './rule.ts'

/** How each cloud writes a reference of one image. */
const references: Readonly<Record<CloudName, { readonly pattern: RegExp; readonly like: string }>> = {
  aws: { pattern: /^ami-[0-9a-f]{8,17}$/, like: 'ami-0123456789abcdef0' },
  azure: {
    pattern: /^([\w.-]+:[\w.-]+:[\w.-]+:[\w.-]+|\/subscriptions\/[\w/.()-]+)$/,
    like: 'Canonical:ubuntu-24_04-lts:server:latest, or the resource id of an image',
  },
  gcp: {
    pattern: /^(projects\/[\w:.-]+\/global\/images\/(family\/)?)?[a-z]([-a-z0-9]*[a-z0-9])?$/,
    like: 'projects/…/global/images/…',
  },
  oci: { pattern: /^ocid1\.image\.[a-z0-9.-]+$/, like: 'ocid1.image.oc1..…' },
  alibaba: {
    pattern: /^(m-[a-z0-9]+|acs:[\w.-]+|[a-z][\w.-]+\.vhd)$/,
    like: 'm-…, or acs:ubuntu_24_04_x64 for a family',
  },
}

/** Whether an image can start from this in a cloud: one of the names known everywhere, or the cloud's own reference. */
export function baseRules(cloud: CloudName, base: string, complain: Complain): void {
  const { pattern, like } = references[cloud]
  if (baseNames.some((name) => name === base)) return
  const looksLikeName = /^(ubuntu|debian)-[\d.]+$/.test(base)
  if (looksLikeName || !pattern.test(base)) {
    complain(
      [],
      `is ${JSON.stringify(base)}, which no image can start from in ${cloud}`,
      `write one of ${baseNames.join(', ')}, or a reference such as ${like}`,
    )
  }
}
