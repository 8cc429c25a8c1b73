import type { OciReleaseSettings } from '../../config/targets/oci.ts'
import type { Setting } from '../../core/setting.ts'
import type { Step } from '../../core/step.ts'
import type { Publication } from '../../release/publication.ts'
import type { MadeImage } from '../cloud.ts'
import { bucketOf } from './disk-object.ts'
import type { LaunchOptions, OciDiskApi } from './disk-port.ts'
import { removeTemporary, temporaryOf } from './temporary.ts'

/** An image of a region, and all that has to exist before anything of it is changed. */
export interface Place {
  readonly region: string
  readonly image: Step<MadeImage>
  readonly after: readonly Step<unknown>[]
}

/** Oracle's words: https://docs.oracle.com/iaas/Content/Compute/Tasks/configuringimagecapabilities.htm (2026-11). */
const firmwares: Readonly<Record<Publication['disk']['firmware'], readonly string[]>> = {
  uefi: ['UEFI_64'],
  bios: ['BIOS'],
  both: ['UEFI_64', 'BIOS'],
}

/** How instances are launched. Without it Oracle Cloud takes every imported disk for one that boots by BIOS. */
export function launchSetting(
  api: OciDiskApi,
  { compartmentOcid }: OciReleaseSettings,
  { disk }: Publication,
  { region, image, after }: Place,
): Setting {
  const paravirtualized = 'PARAVIRTUALIZED'
  const wanted: LaunchOptions = {
    firmware: firmwares[disk.firmware],
    launchMode: paravirtualized,
    network: paravirtualized,
    bootVolume: paravirtualized,
  }
  return {
    id: `oci/launch/${region}`,
    title: `how instances of the image in ${region} are launched`,
    after,
    want: launchText(wanted),
    async read(got) {
      const [schema] = await api.capabilities(region, compartmentOcid, got(image).id)
      return schema === undefined ? 'not said' : launchText(schema.options)
    },
    async write(got) {
      const { id } = got(image)
      const [schema] = await api.capabilities(region, compartmentOcid, id)
      if (schema === undefined) await api.createCapabilities(region, compartmentOcid, id, wanted)
      else await api.updateCapabilities(region, schema.id, wanted)
    },
  }
}

function launchText({ firmware, launchMode, network, bootVolume }: LaunchOptions): string {
  return `firmware ${firmware.join(' or ')}, mode ${launchMode}, network ${network}, boot volume ${bootVolume}`
}

/** Imported images are for x86 shapes unless they are said to be for others. */
const armShapes: readonly string[] = ['VM.Standard.A1.Flex']

/** The shapes that are noted as fit for the image; none where nothing has to be noted. */
export function shapeSettings(
  api: OciDiskApi,
  { shapes }: OciReleaseSettings,
  { disk }: Publication,
  { region, image, after }: Place,
): readonly Setting[] {
  const wanted = [...new Set([...(disk.architecture === 'arm64' ? armShapes : []), ...shapes])].sort()
  if (wanted.length === 0) return []
  return [
    {
      id: `oci/shapes/${region}`,
      title: `shapes fit for the image in ${region}`,
      after,
      want: wanted.join(', '),
      async read(got) {
        const known = await api.shapes(region, got(image).id)
        return wanted.filter((shape) => known.includes(shape)).join(', ') || 'none of them'
      },
      async write(got) {
        const { id } = got(image)
        const known = await api.shapes(region, id)
        for (const shape of wanted) if (!known.includes(shape)) await api.addShape(region, id, shape)
      },
    },
  ]
}

/** What the disk passed through on its way goes when every image stands. */
export function temporarySetting(
  api: OciDiskApi,
  settings: OciReleaseSettings,
  { key }: Publication,
  after: readonly Step<unknown>[],
): Setting {
  const [home = ''] = settings.regions
  const nothing = 'nothing'
  return {
    id: `oci/temporary/${home}`,
    title: `left over in the bucket ${settings.bucket} in ${home}`,
    after,
    want: nothing,
    async read() {
      const { objects, uploads, accesses } = await temporaryOf(api, await bucketOf(api, settings), key)
      const left = [
        ...objects,
        ...uploads.map(({ object }) => `an upload of ${object}`),
        ...accesses.map(({ object }) => `a pre-authenticated request for ${object}`),
      ]
      return left.join(', ') || nothing
    },
    write: async () => removeTemporary(api, await bucketOf(api, settings), key),
  }
}
