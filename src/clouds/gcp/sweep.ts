import type { RunMarks } from '../cloud.ts'
import { unlessGone } from '../gone.ts'
import { builderName, label, runLabel } from './labels.ts'
import type { GcpApi } from './port.ts'

/**
 * Removes what a Packer run that is gone left behind. The instance carries the run's label and its name, the disk (which
 * Packer gives no labels) its name, the unfinished image the name of the release.
 */
export async function sweepRun(api: GcpApi, marks: RunMarks): Promise<readonly string[]> {
  const zone = marks.region
  const name = builderName(marks.token)
  const removed: string[] = []
  const [labelled, named] = await Promise.all([
    api.instances(zone, { labels: { [label.run]: runLabel(marks.token) } }),
    api.instances(zone, { name }),
  ])
  for (const instance of new Set([...labelled, ...named].map((one) => one.name))) {
    await unlessGone(api.deleteInstance(zone, instance))
    removed.push(instance)
  }
  for (const disk of await api.disks(zone, { name })) {
    await unlessGone(api.deleteDisk(zone, disk.name))
    removed.push(`disk ${disk.name}`)
  }
  for (const image of await api.images({ name: marks.release })) {
    if (image.labels[label.release] === marks.release && image.status === 'READY') continue
    await unlessGone(api.deleteImage(image.name))
    removed.push(image.name)
  }
  return removed
}
