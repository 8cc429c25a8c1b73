import { createReadStream } from 'node:fs'
import { familyOf } from '../../packer/version.ts'

/** What a Packer with a googlecompute of its own begins the URL of a disk with. */
const diskUrl = Buffer.from('googleapis.com/compute/v1/projects/')

/**
 * Packer 1.6.6 as Debian builds it links a newer library of Google's than it was written for: it leaves `projects/` out of
 * the URL of the disk an image is to be made from, and Google refuses that when everything else is done.
 * https://github.com/hashicorp/packer/issues/11511 (read 2026-11). HashiCorp's own 1.6.6 has the whole URL in it.
 */
export async function packerProblem(packer: {
  readonly path: string
  readonly version: string
}): Promise<{ readonly message: string; readonly hint: string } | undefined> {
  if (familyOf(packer.version) === 'plugins' || (await holds(packer.path, diskUrl))) return undefined
  return {
    message: `${packer.path} (Packer ${packer.version}) asks Google for an image in a form that it refuses: the build would fail at its end`,
    hint: 'install Packer 1.9 or newer from https://developer.hashicorp.com/packer/install',
  }
}

/** Whether a file has these bytes in it. */
async function holds(path: string, bytes: Buffer): Promise<boolean> {
  let end = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 4 * 1024 * 1024 })) {
    const here = Buffer.concat([end, chunk])
    if (here.includes(bytes)) return true
    end = here.subarray(-bytes.length)
  }
  return false
}
