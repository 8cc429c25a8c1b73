import type { DiskTarget } from '../disk-target.ts'
import { unlessGone } from '../gone.ts'
import { tag } from '../tags.ts'
import { accountOfHome, containerName, type DiskHome } from './disk-names.ts'
import { type AzureApis, azureDiskPlan } from './disk-plan.ts'
import { findings } from './disk-preflight.ts'
import { keyOfBlob, nameOfBlob } from './disk-version.ts'

/** Azure with credentials at hand, for finished disks. */
export function azureDiskTarget(apis: AzureApis, home: DiskHome): DiskTarget {
  const { images, disks } = apis
  return {
    identity: async () => `${await images.identity()} (subscription ${home.subscription})`,

    async begunAs(key) {
      const resources = (await unlessGone(images.resources(home.group))) ?? []
      const version = resources.find(
        ({ type, tags }) =>
          /\/versions$/i.test(type) && tags[tag.release] === key && tags[tag.fingerprint] !== undefined,
      )
      if (version !== undefined) return version.tags.Name
      const account = accountOfHome(home)
      if ((await unlessGone(disks.account(account.id))) === undefined) return undefined
      const blobs = (await unlessGone(disks.list({ account: account.name, container: containerName }))) ?? []
      const sent = blobs.find(({ metadata }) => keyOfBlob(metadata) === key)
      return sent && nameOfBlob(sent.metadata)
    },

    preflight: (publication) => findings(apis, home, publication),
    plan: (publication) => azureDiskPlan(apis, home, publication),
  }
}
