import type { Setting } from '../../core/setting.ts'
import type { Publication } from '../../release/publication.ts'
import type { AlibabaApis } from './disk-plan.ts'
import type { BootMode } from './disk-port.ts'
import { currentImage, type Opened } from './share.ts'

/** How Alibaba Cloud calls the ways to boot. https://www.alibabacloud.com/help/en/ecs/user-guide/instance-startup-mode (2026-11) */
const bootModes: Readonly<Record<Publication['disk']['firmware'], BootMode>> = {
  uefi: 'UEFI',
  bios: 'BIOS',
  both: 'UEFI-Preferred',
}

/** How instances of the image of a region start; whether a copy takes this over is nowhere promised. */
export function bootSetting(
  { images, disks }: AlibabaApis,
  { disk }: Publication,
  place: Opened,
  nvme: boolean,
): Setting {
  const { region, image, after } = place
  // Instances with Arm know UEFI alone.
  const bootMode = disk.architecture === 'arm64' ? 'UEFI' : bootModes[disk.firmware]
  const text = (mode: string, supported: boolean): string => `${mode}, ${supported ? 'with' : 'without'} NVMe`
  return {
    ...{ id: `alibaba/boot/${region}`, title: `boot mode of the image in ${region}`, after },
    want: text(bootMode, nvme),
    async read(got) {
      const found = await currentImage(images, place, got)
      return text(found.bootMode, found.nvme)
    },
    write: (got) => disks.setBoot(region, got(image).id, { bootMode, nvme }),
  }
}
