import type { AlibabaReleaseSettings } from '../../config/targets/alibaba.ts'
import type { Publication } from '../../release/publication.ts'
import type { DiskPlan } from '../disk-target.ts'
import { copyStep } from './copy.ts'
import type { AlibabaDiskApi } from './disk-port.ts'
import { bootSetting } from './disk-settings.ts'
import { imageName } from './image-name.ts'
import { importRoleStep } from './import-role.ts'
import { importStep, tidyStep } from './import-step.ts'
import type { AlibabaApi } from './port.ts'
import { familySettings, readerSetting } from './share.ts'
import { uploadStep } from './upload-step.ts'

/** What is asked of Alibaba Cloud for a disk: both halves of its API. */
export interface AlibabaApis {
  readonly images: AlibabaApi
  readonly disks: AlibabaDiskApi
}

/** A file in OSS, an image imported from it in the first region, its copies, and what is declared of each. */
export function alibabaDiskPlan(
  apis: AlibabaApis,
  settings: AlibabaReleaseSettings,
  publication: Publication,
): DiskPlan {
  const { images: api, disks } = apis
  const { bucket, nvme, accounts, imageFamily, bestEffortRegions } = settings
  const [home = ''] = settings.regions
  const role = importRoleStep(disks, settings.createImportRole)
  const upload = uploadStep(apis, publication, { region: home, bucket }, [role])
  const image = importStep(apis, publication, upload, { region: home, nvme })
  const tidy = tidyStep(apis, upload, image, home)
  const copies = settings.regions
    .filter((region) => region !== home)
    .map((region) => ({
      region,
      step: copyStep(api, {
        ...{ id: `alibaba/copy/${region}`, region, encrypted: false },
        ...{ original: (got) => got(image), after: [image] },
        ...{ release: publication.key, title: publication.name, name: imageName(publication.name) },
        from: { region: home, fingerprint: publication.disk.digest },
        bestEffort: bestEffortRegions.includes(region),
      }),
    }))
  const images = [{ region: home, step: image }, ...copies]
  const required = images.filter(({ step }) => !step.bestEffort).map(({ step }) => step)
  const places = images.map(({ region, step }) => ({ region, image: step, after: [...new Set([...required, step])] }))
  const readers = { accounts, public: publication.audience !== 'private' }
  return {
    steps: [role, upload, image, tidy, ...copies.map(({ step }) => step)],
    settings: [
      ...places.map((place) => bootSetting(apis, publication, place, nvme)),
      ...places.map((place) => readerSetting(api, `alibaba/readers/${place.region}`, place, readers)),
      ...places.flatMap((place) => familySettings(api, `alibaba/pointer/${place.region}`, place, imageFamily)),
    ],
    images,
  }
}
