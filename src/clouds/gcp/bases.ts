/** A base image as its publisher offers it: the newest image of a family in a public project. */
export interface GcpBase {
  readonly project: string
  readonly family: Readonly<Record<'x86_64' | 'arm64', string>>
  readonly sshUser: string
}

/**
 * https://documentation.ubuntu.com/gcp/google-how-to/gce/find-ubuntu-images/ and
 * https://cloud.google.com/compute/docs/images/os-details (read 2026-11). None of them has a password, and each makes
 * whatever user a key in the instance's metadata is for; these are the users that the images themselves begin with.
 */
const gcpBases: Readonly<Record<string, GcpBase>> = {
  'ubuntu-24.04': {
    project: 'ubuntu-os-cloud',
    family: { x86_64: 'ubuntu-2404-lts-amd64', arm64: 'ubuntu-2404-lts-arm64' },
    sshUser: 'ubuntu',
  },
  'ubuntu-22.04': {
    project: 'ubuntu-os-cloud',
    family: { x86_64: 'ubuntu-2204-lts', arm64: 'ubuntu-2204-lts-arm64' },
    sshUser: 'ubuntu',
  },
  'debian-12': {
    project: 'debian-cloud',
    family: { x86_64: 'debian-12', arm64: 'debian-12-arm64' },
    sshUser: 'debian',
  },
}

/** Where an image begins: a family or one image, in a project or wherever Packer looks for it. */
export interface GcpSource {
  readonly project: string | undefined
  readonly family?: string
  readonly image?: string
  readonly sshUser: string
}

/** What `build.base` means: a name known everywhere, `projects/…/global/images/[family/]…`, or the name of an image. */
export function sourceOf(base: string, arch: 'x86_64' | 'arm64'): GcpSource {
  const known = gcpBases[base]
  if (known !== undefined) return { project: known.project, family: known.family[arch], sshUser: known.sshUser }
  const [, project, family, name = base] = /^projects\/([^/]+)\/global\/images\/(family\/)?(.+)$/.exec(base) ?? []
  // An image the user names is taken to be built like Ubuntu's, as on every cloud.
  return { project, ...(family === undefined ? { image: name } : { family: name }), sshUser: 'ubuntu' }
}
